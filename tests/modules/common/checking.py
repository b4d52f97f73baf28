"""What the comparisons in the folder above share: recorded modules, golden values, and the lines that say how far off.

A comparison is appended to its program and runs in the folder of checkpoints. Under PyTorch, in tests/checkpoints:
cat ../../www/programs/attention/NAME.py ../modules/NAME.py | PYTHONPATH=../modules/common python -B -
"""
import json

import torch
from safetensors.torch import load_file

# A module computed in another order of sums: float32 rounding over some hundred terms, some 1e-6, stays far below this.
MODULE_BOUND = 1e-4
# Golden values are float64, or float32 with eight digits, and their sums are short: float32 rounding is below 1e-6.
GOLDEN_BOUND = 1e-5


def relative_error(actual, expected):
    """The largest difference over the largest |expected|; actual may be a stack [..., *expected.shape] of several"""
    stacked = actual.dim() - expected.dim()
    assert actual.shape[stacked:] == expected.shape, f"{list(actual.shape)} is compared with {list(expected.shape)}"
    return ((actual - expected).abs().max() / expected.abs().max()).item()


def report(what, actual, expected, bound):
    """Prints `what` and the relative error of actual against expected, and refuses an error above the bound"""
    error = relative_error(actual, expected)
    print(what, f"{error:.1e}")
    assert error <= bound, f"{what} is off by {error:.1e}"


def report_module(checkpoint, path, actual, expected):
    """Prints the line `module CHECKPOINT PATH ERROR`"""
    report(f"module {checkpoint} {path}", actual, expected, MODULE_BOUND)


def report_golden(key, actual, golden, bound=GOLDEN_BOUND):
    """Prints the line `golden KEY ERROR`; `golden` is a tensor or as `as_tensor` takes it"""
    report(f"golden {key}", actual, as_tensor(golden), bound)


def report_choice(key, chosen, golden):
    """Prints the line `golden KEY ERROR` for nested lists of integers: no error if they are equal, else 1"""
    print(f"golden {key}", "0.0e+00" if chosen == golden else "1.0e+00")
    assert chosen == golden, f"{key} is another choice"


def load_checkpoint(name):
    """The configuration, the weights by their published names in float32, and what the reference model recorded"""
    weights = {key: tensor.float() for key, tensor in load_file(f"{name}/model.safetensors").items()}
    return json.load(open(f"{name}/config.json")), weights, load_file(f"{name}/expected.safetensors")


def recorded(expected, path):
    """What went into the module at `path` and what came out of it, [T, M] both"""
    return expected[f"module.{path}.in"][0], expected[f"module.{path}.out"][0]


def module_weights(weights, path):
    """The weights under `path`, named from there and without a last `.weight`; matrices are [out, in], as stored"""
    inside = {name[len(path) + 1:]: tensor for name, tensor in weights.items() if name.startswith(f"{path}.")}
    return {name.removesuffix(".weight"): tensor for name, tensor in inside.items()}


def projections(weights, path, names="qkvo"):
    """The matrices NAME_proj at `path` as [in, out], by their letters"""
    return {name: weights[f"{path}.{name}_proj.weight"].T for name in names}


def compare_gpt2(attend):
    """Compares gpt2's attention modules: `attend` takes q, k, v [H, T, D] each to the heads side by side [T, H·D]"""
    config, weights, expected = load_checkpoint("gpt2")
    for layer in range(config["n_layer"]):
        path = f"transformer.h.{layer}.attn"
        x, wanted = recorded(expected, path)
        W = module_weights(weights, path)
        # GPT-2 keeps its matrices as [in, out], those of queries, keys and values side by side in one.
        joined = x @ W["c_attn"] + W["c_attn.bias"]                                             # [T, 3·H·D]
        q, k, v = joined.view(len(x), 3, config["n_head"], -1).permute(1, 2, 0, 3)
        report_module("gpt2", path, attend(q, k, v) @ W["c_proj"] + W["c_proj.bias"], wanted)


def rms_norm(t, epsilon):
    """[..., D] over its root mean square, without a scale"""
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon)


def rotary_speeds(width, base):
    """By how much a token turns each pair of `width` channels further than the token before: [width / 2], radians"""
    return base ** (-torch.arange(0, width, 2) / width)


def rotate(t, speeds):
    """[..., T, D] -> [..., T, D]: of the first R = 2·len(speeds) channels, i is turned against i + R/2; others stay"""
    angles = torch.arange(t.shape[-2])[:, None] * speeds                                        # [T, R/2]
    first, second, rest = t.split([len(speeds), len(speeds), t.shape[-1] - 2 * len(speeds)], dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], dim=-1)


def load_goldens(name):
    """The golden values of NAME-goldens.json (attention or frontier) as the file nests them"""
    return json.load(open(f"../goldens/{name}-goldens.json"))


def as_tensor(golden):
    """A golden value, {"shape": ..., "data": ...} or nested lists, as a tensor of that shape; a tensor as it is"""
    return torch.tensor(golden["data"]).view(golden["shape"]) if isinstance(golden, dict) else torch.as_tensor(golden)


def fixture(seed, *shape):
    """The inputs of attention-goldens.json, [*shape]: multiples of 1/128 between -1 and 1, exact in every format"""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


def hashed(seed, *shape):
    """The inputs of frontier-goldens.json, [*shape]: a hash of the seed and the index, as a number between -1 and 1"""
    def times(a, b):  # modulo 2**32, without a product of more than 48 bits
        return (a * (b % 65536) + a * (b // 65536) % 65536 * 65536) % 2**32

    numbers = []
    for i in range(torch.Size(shape).numel()):
        h = (times(i + 1, 2654435761) + times(seed + 1, 2246822519)) % 2**32
        h = times(h ^ h >> 16, 2246822519)
        h = times(h ^ h >> 13, 3266489917)
        numbers.append((h ^ h >> 16) / 2**31 - 1)
    return torch.tensor(numbers).view(shape)


def matrix(seed, wide, narrow):
    """A matrix of frontier-goldens.json, kept there as [wide, narrow], which is [out, in], and here as [in, out]"""
    return hashed(seed, wide, narrow).T / narrow**0.5
