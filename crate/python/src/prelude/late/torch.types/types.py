# torch.types: names for annotations.
import torch

Number = (int, float, bool)
Device = Tensor = torch.Tensor
_int, _float, _bool, _size, _dtype, _device = int, float, bool, torch.Size, torch.dtype, torch.device
