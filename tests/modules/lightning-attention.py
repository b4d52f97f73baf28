

import json
import math

from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("minimax/config.json"))
model = {name: tensor.float() for name, tensor in load_file("minimax/model.safetensors").items()}
expected = load_file("minimax/expected.safetensors")
H, D = config["num_attention_heads"], config["head_dim"]

for layer, kind in enumerate(config["layer_types"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]                                            # [T, M]
    W = {name: model[f"{path}.{name}.weight"] for name in ["qkv_proj", "norm", "output_gate", "out_proj"]}
    qkv = F.silu(x @ W["qkv_proj"].T).view(-1, H, 3 * D).transpose(0, 1)            # [H, T, 3·D]
    # The checkpoint holds the fading as tables rounded to bfloat16, which the model that made it used.
    slope = model[f"{path}.slope_rate"].flatten()                                   # [H]
    fading = [model[f"{path}.{table}_decay"] for table in ["diagonal", "query", "key"]]
    for table, exact in zip(fading, block_fading(slopes(H, layer, len(config["layer_types"])), config["block_size"])):
        # Rounding to the 8 bits of bfloat16 moves a number by at most 2⁻⁸ of it.
        assert torch.allclose(table, exact, rtol=2**-8, atol=1e-7), f"{path} fades otherwise"
    fading[0] = fading[0][0]                                                        # without its batch
    heads, _ = lightning_attention(*qkv.split(D, dim=-1), slope, fading)
    out = gated_output(heads, x, W["norm"], W["output_gate"].T, W["out_proj"].T)
    report("module", f"minimax {path}", out, expected[f"module.{path}.out"][0], 1e-4)

goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


# Six tokens in blocks of four: one full block and one that is not.
q, k, v = [F.silu(fixture(seed, 6, 4, 4)).transpose(0, 1) for seed in (60, 61, 62)]  # [H, T, D] each
heads, state = lightning_attention(q, k, v, slopes(4, 1, 4), block_fading(slopes(4, 1, 4), 4))
results = {"L1_lightning_out(layer1of4,HF factor)": heads.transpose(0, 1), "L2_lightning_state": state}
for name, result in results.items():
    golden = torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"])
    # The golden values are float64 and ours float32, whose rounding in sums as short as these is some 1e-6.
    report("golden", name, result, golden, 1e-5)
