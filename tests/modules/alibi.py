# No checkpoint here uses ALiBi: golden values, and the slopes of the released code for six heads.
import json


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A7_gqa_causal_alibi"]
q = fixture(1, 4, 5, 4)
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
bias = alibi_bias(alibi_slopes(4), torch.arange(5), torch.arange(5))
found, _ = attention(q, k, v, bias, visible_keys(5))
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "A7_gqa_causal_alibi", split_heads(found, 4), torch.tensor(golden["data"]).view(golden["shape"]), 1e-5)
report("golden", "A7_gqa_causal_alibi.slopes", alibi_slopes(4), torch.tensor(golden["slopes"]), 1e-5)
# The four slopes of four heads, then the first and third of eight.
report("golden", "six-slopes", alibi_slopes(6), torch.tensor([2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3]), 1e-5)
