

import json
import math

from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("qwen3_next/config.json"))
model = {name: tensor.float() for name, tensor in load_file("qwen3_next/model.safetensors").items()}
expected = load_file("qwen3_next/expected.safetensors")
G, H = config["linear_num_key_heads"], config["linear_num_value_heads"]
D, Dv, r = config["linear_key_head_dim"], config["linear_value_head_dim"], H // G

for layer, kind in enumerate(config["layer_types"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.linear_attn"
    x = expected[f"module.{path}.in"][0]                                        # [T, M]
    W = {name: model[f"{path}.{name}.weight"] for name in ["in_proj_qkvz", "in_proj_ba", "conv1d", "norm", "out_proj"]}
    # One projection, its columns grouped by key head.
    q, k, v, gate = (x @ W["in_proj_qkvz"].T).view(len(x), G, -1).split([D, D, r * Dv, r * Dv], dim=-1)
    b, a = (x @ W["in_proj_ba"].T).view(len(x), G, -1).split([r, r], dim=-1)
    columns = torch.cat([q.flatten(1), k.flatten(1), v.flatten(1)], dim=-1)
    before = torch.zeros(config["linear_conv_kernel_dim"] - 1, columns.shape[1])
    columns, _ = short_convolution(columns, W["conv1d"][:, 0], before)
    log_decay, beta = gates(a.flatten(1), b.flatten(1), model[f"{path}.A_log"], model[f"{path}.dt_bias"])
    inputs = *split_heads(columns, G, H, D), log_decay, beta
    heads, _ = chunked_gated_delta_rule(*inputs, 64)
    recurrent, _ = gated_delta_rule(*inputs)
    assert torch.allclose(heads, recurrent, atol=1e-5), "chunked and recurrent differ"
    normed = gated_norm(heads.transpose(0, 1), gate.reshape(len(x), H, Dv), W["norm"], config["rms_norm_eps"])
    report("module", f"qwen3_next {path}", normed.flatten(1) @ W["out_proj"].T, expected[f"module.{path}.out"][0], 1e-4)

goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


columns = torch.cat([fixture(40, 6, 4), fixture(41, 6, 4), fixture(42, 6, 6)], dim=-1)
log_decay, beta = gates(fixture(43, 6, 2), fixture(44, 6, 2), fixture(45, 2), fixture(46, 2))
# Six tokens in chunks of four: one full chunk and one that is not. Keys are four wide, values three.
heads, state = chunked_gated_delta_rule(*split_heads(columns, 1, 2, 4), log_decay, beta, 4)
heads = heads.transpose(0, 1)
results = {
    "G0_gdn_g": log_decay,
    "G0_gdn_beta": beta,
    "G1_gdn_out": heads,
    "G2_gdn_state": state,
    "G3_gdn_rmsnorm_silu_gate": gated_norm(heads, fixture(47, 6, 2, 3), 1 + fixture(48, 3) / 4),
}
for name, result in results.items():
    golden = torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"])
    # The golden values are float64 and ours float32, whose rounding in sums as short as these is some 1e-6.
    report("golden", name, result, golden, 1e-5)
