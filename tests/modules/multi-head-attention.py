# GPT-2's attention modules, and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("gpt2/config.json"))
weights = {name: tensor.float() for name, tensor in load_file("gpt2/model.safetensors").items()}
expected = load_file("gpt2/expected.safetensors")
for layer in range(config["n_layer"]):
    path = f"transformer.h.{layer}.attn"
    x = expected[f"module.{path}.in"][0]
    # GPT-2 keeps its matrices as [in, out], those of queries, keys and values side by side in one.
    joined = x @ weights[f"{path}.c_attn.weight"] + weights[f"{path}.c_attn.bias"]
    q, k, v = [split_heads(part, config["n_head"]) for part in joined.split(config["n_embd"], dim=-1)]
    found, _ = multi_head_attention(q, k, v, visible_keys(len(x)))
    found = found @ weights[f"{path}.c_proj.weight"] + weights[f"{path}.c_proj.bias"]
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"gpt2 {path}", found, expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A3_mha_causal"]
golden = torch.tensor(golden["data"]).view(golden["shape"])
found, _ = multi_head_attention(fixture(1, 4, 5, 4), fixture(7, 4, 5, 4), fixture(8, 4, 5, 4), visible_keys(5))
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "A3_mha_causal", split_heads(found, 4), golden, 1e-5)
