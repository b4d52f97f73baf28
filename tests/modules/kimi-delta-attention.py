

import json
import math

from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("kimi_linear/config.json"))
model = {name: tensor.float() for name, tensor in load_file("kimi_linear/model.safetensors").items()}
expected = load_file("kimi_linear/expected.safetensors")
H, D = config["linear_num_heads"], config["linear_head_dim"]

for layer, kind in enumerate(config["layer_types"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]                                        # [T, M]
    W = {name[len(path) + 1:]: tensor for name, tensor in model.items() if name.startswith(f"{path}.")}
    columns = torch.cat([x @ W[f"{part}_proj.weight"].T for part in "qkv"], dim=-1)
    filters = torch.cat([W[f"{part}_conv1d.weight"][:, 0] for part in "qkv"])
    before = torch.zeros(config["linear_conv_kernel_dim"] - 1, columns.shape[1])
    columns, _ = short_convolution(columns, filters, before)
    f = (x @ W["f_a_proj.weight"].T @ W["f_b_proj.weight"].T).view(-1, H, D)
    log_decay = channel_decay(f, W["A_log"].flatten(), W["dt_bias"].view(H, D))
    inputs = *split_heads(columns, H, D), log_decay, torch.sigmoid(x @ W["b_proj.weight"].T)
    heads, _ = chunked_delta_attention(*inputs, 16)
    recurrent, _ = delta_attention(*inputs)
    assert torch.allclose(heads, recurrent, atol=1e-5), "chunked and recurrent differ"
    gate = (x @ W["g_a_proj.weight"].T @ W["g_b_proj.weight"].T).view(-1, H, D)
    normed = gated_norm(heads.transpose(0, 1), gate, W["o_norm.weight"], config["rms_norm_eps"])
    out = normed.flatten(1) @ W["o_proj.weight"].T
    report("module", f"kimi_linear {path}", out, expected[f"module.{path}.out"][0], 1e-4)

goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


columns = torch.cat([fixture(50, 6, 8), fixture(51, 6, 8), fixture(52, 6, 6)], dim=-1)
f, bias, rate = fixture(53, 6, 2, 4), fixture(54, 2, 4), fixture(55, 2)
log_decay, beta = channel_decay(f, rate, bias), torch.sigmoid(fixture(56, 6, 2))
# Six tokens in chunks of four: one full chunk and one that is not. Keys are four wide, values three.
heads, state = chunked_delta_attention(*split_heads(columns, 2, 4), log_decay, beta, 4)
heads = heads.transpose(0, 1)
results = {
    "K0_kda_g": log_decay,
    "K1_kda_out": heads,
    "K2_kda_state": state,
    "K3_kda_lowerbound_g": channel_decay(f, rate, bias, -5.0),
    "K4_kda_rmsnorm_sigmoid_gate": gated_norm(heads, fixture(57, 6, 2, 3), 1 + fixture(48, 3) / 4),
}
for name, result in results.items():
    golden = torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"])
    # The golden values are float64 and ours float32, whose rounding in sums as short as these is some 1e-6.
    report("golden", name, result, golden, 1e-5)
