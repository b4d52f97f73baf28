# Nemotron's attention layers, whose heads share keys in groups (see grouped-query-attention).
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("nemotron_h/config.json"))
weights = load_file("nemotron_h/model.safetensors")
expected = load_file("nemotron_h/expected.safetensors")
H, G = config["num_attention_heads"], config["num_key_value_heads"]
for number, kind in enumerate(config["layers_block_type"]):
    if kind != "full_attention":
        continue
    x = expected[f"module.model.layers.{number}.mixer.in"][0]
    W = {name: weights[f"backbone.layers.{number}.mixer.{name}_proj.weight"].float().T for name in "qkvo"}
    q = split_heads(x @ W["q"], H)
    k, v = [split_heads(x @ W[name], G).repeat_interleave(H // G, dim=0) for name in "kv"]
    found, _ = attention(q, k, v, visible_keys(len(x)))
    path = f"model.layers.{number}.mixer"
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"nemotron_h {path}", found @ W["o"], expected[f"module.{path}.out"][0], 1e-4)
