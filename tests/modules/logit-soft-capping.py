# No checkpoint here caps its scores: golden values.
import json


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A6_gqa_causal_softcap0.5"]
q = fixture(1, 4, 5, 4)
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
found, _ = capped_attention(q, k, v, visible_keys(5), 0.5)
# The golden values are float64, ours float32: their rounding is below 1e-6.
golden = torch.tensor(golden["data"]).view(golden["shape"])
report("golden", "A6_gqa_causal_softcap0.5", split_heads(found, 4), golden, 1e-5)
