

import json
import math

from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("nemotron_h/config.json"))
model = {name: tensor.float() for name, tensor in load_file("nemotron_h/model.safetensors").items()}
expected = load_file("nemotron_h/expected.safetensors")
H, G, N = config["mamba_num_heads"], config["n_groups"], config["ssm_state_size"]
inner = H * config["mamba_head_dim"]

for layer, kind in enumerate(config["layers_block_type"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.mixer"
    x = expected[f"module.{path}.in"][0]                                        # [T, M]
    W = {name.split("mixer.")[1]: tensor for name, tensor in model.items() if f"layers.{layer}.mixer." in name}
    gate, columns, raw = (x @ W["in_proj.weight"].T).split([inner, inner + 2 * G * N, H], dim=-1)
    before = torch.zeros(config["conv_kernel"] - 1, columns.shape[1])
    columns, _ = short_convolution(columns, W["conv1d.weight"][:, 0], W["conv1d.bias"], before)
    q, k, v = split_heads(columns, H, G, N)
    step, log_decay = steps(raw, W["dt_bias"], W["A_log"], config["time_step_min"])
    heads, _ = chunked_state_space(q, k, v, step, log_decay, config["chunk_size"])
    recurrent, _ = recurrent_state_space(q, k, v, step, log_decay)
    assert torch.allclose(heads, recurrent, atol=1e-5), "chunked and recurrent differ"
    normed = layer_output(heads, v, gate, W["D"], W["norm.weight"], G, config["layer_norm_epsilon"])
    report("module", f"nemotron_h {path}", normed @ W["out_proj.weight"].T, expected[f"module.{path}.out"][0], 1e-4)

goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


columns = torch.cat([fixture(80, 6, 6), fixture(82, 6, 4), fixture(83, 6, 4)], dim=-1)
q, k, v = split_heads(columns, 2, 1, 4)
step, log_decay = steps(fixture(81, 6, 2), fixture(85, 2), fixture(84, 2))
# Six tokens in chunks of four: one full chunk and one that is not. Keys are four wide, values three.
heads, state = chunked_state_space(q, k, v, step, log_decay, 4)
results = {
    "S0_ssd_dt": step,
    "S1_ssd_out": (heads + fixture(86, 2)[:, None, None] * v).transpose(0, 1),
    "S2_ssd_state": state.transpose(1, 2),
}
for name, result in results.items():
    golden = torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"])
    # The golden values are float64 and ours float32, whose rounding in sums as short as these is some 1e-6.
    report("golden", name, result, golden, 1e-5)
