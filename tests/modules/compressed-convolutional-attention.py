# The attention modules of zaya, and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("zaya/config.json"))
tensors = load_file("zaya/model.safetensors")
expected = load_file("zaya/expected.safetensors")
for number, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{number}.self_attn"
    W = {name[len(path) + 1:]: t.float() for name, t in tensors.items() if name.startswith(path)}
    rope = config["rope_parameters"][kind]
    names = ("q_proj", "k_proj", "v_proj_current", "v_proj_delayed")
    both = [W[f"qkv_proj.conv_qk_{which}.{part}"] for which in ("depthwise", "grouped") for part in ("weight", "bias")]
    asked = project(expected[f"module.{path}.in"][0], {}, *[W[f"qkv_proj.{name}.weight"].T for name in names], both,
                    W["qk_norm.temp"], rope["rope_theta"], int(config["head_dim"] * rope["partial_rotary_factor"]))
    result, _ = attend(*asked, W["o_proj.weight"].T)
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"zaya {path}", result, expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: a hash of the seed and the index, as a number between -1 and 1."""
    def times(a, b):  # modulo 2**32, without a product of more than 48 bits
        return (a * (b % 65536) + a * (b // 65536) % 65536 * 65536) % 2**32

    numbers = []
    for i in range(torch.Size(shape).numel()):
        h = (times(i + 1, 2654435761) + times(seed + 1, 2246822519)) % 2**32
        h = times(h ^ h >> 16, 2246822519)
        h = times(h ^ h >> 13, 3266489917)
        numbers.append((h ^ h >> 16) / 2**31 - 1)
    return torch.tensor(numbers).view(shape)


def matrix(seed, wide, narrow):  # kept as [out, in], used as [in, out]
    return fixture(seed, wide, narrow).T / narrow**0.5


goldens = json.load(open("../goldens/frontier-goldens.json"))["cca"]
both = [fixture(505, 36, 1, 2), fixture(506, 36) * 0.3, fixture(507, 36, 6, 2) / 12**0.5, fixture(508, 36) * 0.3]
W = [matrix(500 + place, wide, 12) for place, wide in enumerate((24, 12, 6, 6))]
q, k, v = project(fixture(20, 6, 12), {}, *W, both, torch.tensor([1.3, 0.7]), 5e6, 2)
result, _ = attend(q, k, v, matrix(504, 12, 24))
results = {"q_last": q[:, -1].flatten(), "k0": k[:, 0].flatten(), "k_last": k[:, -1].flatten(),
           "v_last": v[:, -1].flatten(), "out": result}
for key, result in results.items():
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", f"cca.{key}", result, torch.tensor(goldens[key]), 1e-5)
