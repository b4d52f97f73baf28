# torch.nn.parallel, in one process.
import torch

__name__ = "torch.nn.parallel.distributed"


class DistributedDataParallel(torch.nn.Module):
    def __init__(self, module, *args, **kwargs):
        torch.distributed.get_rank()


DataParallel = torch.nn.DataParallel
