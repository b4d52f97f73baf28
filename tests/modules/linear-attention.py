

import json
import math

# No checkpoint here has this mechanism: golden values alone.
goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


def report(kind, name, actual, expected):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    # The golden values are float64 and ours float32, whose rounding in sums as short as these is some 1e-6.
    assert error <= 1e-5, f"{name} is off by {error:.1e}"


name = "L3_linear_attn_elu1_causal_normalised"
expected = torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"])
q, k, v = fixture(70, 1, 5, 4), fixture(71, 1, 5, 4), fixture(72, 1, 5, 4)
quadratic, _ = linear_attention(q, k, v)
report("golden", name, quadratic[0], expected)

state, total, steps = torch.zeros(1, 4, 4), torch.zeros(1, 4), []
for t in range(5):
    y, state, total = linear_attention_step(q[:, t], k[:, t], v[:, t], state, total)
    steps.append(y)
assert torch.allclose(torch.cat(steps), expected, atol=1e-5), "the state form is off where the quadratic form is not"
