# LoRA as a parametrization, models as functions of their parameters, and hooks that see keyword arguments.
import torch
import torch.nn as nn
import torch.nn.utils.parametrize as parametrize
from torch.func import functional_call, stack_module_state, vmap

torch.manual_seed(0)


class LoRAParametrization(nn.Module):
    def __init__(self, features_in, features_out, rank=1, alpha=1):
        super().__init__()
        self.lora_A = nn.Parameter(torch.randn(rank, features_out))
        self.lora_B = nn.Parameter(torch.zeros(features_in, rank))
        self.scale = alpha / rank
        self.enabled = True

    def forward(self, original_weights):
        if self.enabled:
            return original_weights + (self.lora_B @ self.lora_A).view(original_weights.shape) * self.scale
        return original_weights


net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
parametrize.register_parametrization(net[0], "weight", LoRAParametrization(3, 4))
print(net)
for name, parameter in net.named_parameters():
    parameter.requires_grad_("lora" in name)
    print(name, tuple(parameter.shape), parameter.requires_grad)
x = torch.randn(2, 4)
before = net(x)
with torch.no_grad():
    net[0].parametrizations["weight"][0].lora_B.fill_(0.5)
print(torch.equal(net[0].parametrizations.weight.original, net[0].weight), net(x) - before)
net[0].parametrizations["weight"][0].enabled = False
print(torch.equal(net(x), before), parametrize.is_parametrized(net[0]), parametrize.is_parametrized(net[2]))

models = [nn.Linear(4, 2) for _ in range(3)]
params, buffers = stack_module_state(models)
ensemble = vmap(lambda p, x: functional_call(models[0], p, (x,)), in_dims=(0, None))(params, x)
print(ensemble.shape, torch.allclose(ensemble[2], models[2](x)), {k: tuple(v.shape) for k, v in params.items()})
print(functional_call(models[0], {"bias": torch.zeros(2)}, (x,)) + models[0].bias - models[0](x))

checkpoint = {"model": models[1].state_dict(), "step": 7}
print(models[0].load_state_dict(checkpoint["model"]), torch.equal(models[0].weight, models[1].weight), checkpoint["step"])


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.wqkv = nn.Linear(dim, 3 * dim, bias=False)
        self._register_load_state_dict_pre_hook(self.load_hook)

    def load_hook(self, state_dict, prefix, *args):
        if prefix + "wq.weight" in state_dict:
            parts = [state_dict.pop(f"{prefix}w{name}.weight") for name in "qkv"]
            state_dict[prefix + "wqkv.weight"] = torch.cat(parts)

    def forward(self, x, *, scale=1.0):
        q, k, v = self.wqkv(x).chunk(3, -1)
        return (q @ k.mT * scale).softmax(-1) @ v


block = nn.ModuleDict({"attention": Attention(2)})
print(block.load_state_dict({f"attention.w{name}.weight": torch.eye(2) * i for i, name in enumerate("qkv")}))
seen = []
handle = block["attention"].register_forward_hook(
    lambda module, args, kwargs, output: seen.append((len(args), kwargs, output.shape)), with_kwargs=True)
halve = block["attention"].register_forward_pre_hook(
    lambda module, args, kwargs: (args, {**kwargs, "scale": 0.5}), with_kwargs=True)
print(block["attention"](torch.ones(2, 2), scale=2.0), seen)
