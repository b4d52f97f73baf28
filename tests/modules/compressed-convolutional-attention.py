# The attention modules of zaya, and golden values.
from checking import (
    hashed, load_checkpoint, load_goldens, matrix, module_weights, recorded, report_golden, report_module,
)

config, weights, expected = load_checkpoint("zaya")
for number, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{number}.self_attn"
    x, wanted = recorded(expected, path)
    W = module_weights(weights, path)
    rope = config["rope_parameters"][kind]
    names = ("q_proj", "k_proj", "v_proj_current", "v_proj_delayed")
    both = [W[f"qkv_proj.conv_qk_{which}{part}"] for which in ("depthwise", "grouped") for part in ("", ".bias")]
    asked = project(x, {}, *[W[f"qkv_proj.{name}"].T for name in names], both,
                    W["qk_norm.temp"], rope["rope_theta"], int(config["head_dim"] * rope["partial_rotary_factor"]))
    result, _ = attend(*asked, W["o_proj"].T)
    report_module("zaya", path, result, wanted)

goldens = load_goldens("frontier")["cca"]
both = [hashed(505, 36, 1, 2), hashed(506, 36) * 0.3, hashed(507, 36, 6, 2) / 12**0.5, hashed(508, 36) * 0.3]
W = [matrix(500 + place, wide, 12) for place, wide in enumerate((24, 12, 6, 6))]
q, k, v = project(hashed(20, 6, 12), {}, *W, both, torch.tensor([1.3, 0.7]), 5e6, 2)
result, _ = attend(q, k, v, matrix(504, 12, 24))
results = {"q_last": q[:, -1].flatten(), "k0": k[:, 0].flatten(), "k_last": k[:, -1].flatten(),
           "v_last": v[:, -1].flatten(), "out": result}
for key, result in results.items():
    report_golden(f"cca.{key}", result, goldens[key])
