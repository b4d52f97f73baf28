# What stands at the top of training scripts, before the model: imports, switches, devices, mixed precision.
import time
from contextlib import nullcontext

import torch
import torch.backends.cudnn as cudnn
import torch.distributed as dist
import torch.nn as nn
from torch.cuda.amp import GradScaler, autocast
from torch.nn.modules.transformer import _get_clones
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.data import dataset

torch.manual_seed(1337)
torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.allow_tf32 = True
cudnn.benchmark, cudnn.deterministic = True, False
torch.set_float32_matmul_precision("high")
torch.autograd.set_detect_anomaly(False)
print(torch.backends.cudnn.benchmark, torch.backends.cuda.flash_sdp_enabled(), torch.get_float32_matmul_precision())
device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
device_type = "cuda" if "cuda" in device else "cpu"
print(device, torch.cuda.device_count(), torch.cuda.memory_allocated(), torch.device("cuda", 1).index)
rank = dist.get_rank() if dist.is_available() and dist.is_initialized() else 0
ctx = nullcontext() if device_type == "cpu" else torch.amp.autocast(device_type=device_type, dtype=torch.bfloat16)
scaler = GradScaler(enabled=False)


class RotaryEmbedding(nn.Module):
    def __init__(self, dim, base=10000):
        super().__init__()
        self.register_buffer("inv_freq", 1.0 / base ** (torch.arange(0, dim, 2).float() / dim), persistent=False)

    @torch.no_grad()
    def forward(self, x, position_ids):
        freqs = position_ids[:, :, None].float() * self.inv_freq
        with torch.autocast(device_type=x.device.type, enabled=False):
            emb = torch.cat((freqs, freqs), dim=-1)
            return emb.cos().to(x.dtype), emb.sin().to(x.dtype)


with torch.device("meta"):
    skeleton = nn.Linear(1000, 1000)
print(skeleton.weight.device, skeleton.weight.shape, torch.zeros(1).device)
with torch.device(device):
    x = torch.randn(1, 3, 4)
with ctx:
    cos, sin = RotaryEmbedding(4)(x, torch.arange(3)[None])
print(cos, sin[0, 2])


@autocast(enabled=False)
def forward(layers, x):
    for layer in layers:
        x = layer(x)
    return x


layers = _get_clones(nn.Linear(4, 4), 2)
with profile(activities=[ProfilerActivity.CPU]) as prof:
    with record_function("forward"):
        started = time.time()
        y = forward(layers, x)
print(scaler.scale(y.mean()), scaler.get_scale(), scaler.is_enabled(), time.time() >= started, rank)
print(tree_map(lambda leaf: leaf * 2, {"a": [1, (2, 3)], "b": 4}), tree_flatten([1, {"k": (2, 3)}])[0])
print(issubclass(dataset.TensorDataset, dataset.Dataset), nn.modules.linear.Linear is nn.Linear, torch.compiler.is_compiling())
with torch.backends.cuda.sdp_kernel(enable_flash=False, enable_math=True, enable_mem_efficient=False):
    print(nn.functional.scaled_dot_product_attention(x, x, x).shape, torch.backends.cuda.flash_sdp_enabled())
