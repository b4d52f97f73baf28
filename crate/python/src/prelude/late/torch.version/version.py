# torch.version: a build for the CPU.
import torch

__version__ = torch.__version__
cuda = None
hip = None
xpu = None
debug = False
