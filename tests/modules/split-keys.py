# The attention modules of gpt2, keys in 7 pieces, and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("gpt2/config.json"))
tensors = {name: t.float() for name, t in load_file("gpt2/model.safetensors").items()}
expected = load_file("gpt2/expected.safetensors")
for number in range(config["n_layer"]):
    path = f"transformer.h.{number}.attn"
    W = {name[len(path) + 1:]: t for name, t in tensors.items() if name.startswith(path)}
    joined = expected[f"module.{path}.in"][0] @ W["c_attn.weight"] + W["c_attn.bias"]           # [T, 3·H·D]
    q, k, v = joined.view(len(joined), 3, config["n_head"], -1).permute(1, 2, 0, 3)             # [H, T, D] each
    found, _ = split_attention(q, k, v, visible_keys(len(joined)), 7)
    found = found.transpose(0, 1).reshape(len(joined), -1)
    result = found @ W["c_proj.weight"] + W["c_proj.bias"]
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"gpt2 {path}", result, expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A3_mha_causal"]
q, k, v = fixture(1, 4, 5, 4), fixture(7, 4, 5, 4), fixture(8, 4, 5, 4)
found, _ = split_attention(q, k, v, visible_keys(5), 3)
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "A3_mha_causal", found, torch.tensor(golden["data"]).view(golden["shape"]), 1e-5)
