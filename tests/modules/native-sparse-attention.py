

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


q, k, v = [t.transpose(0, 1) for t in (fixture(90, 12, 2, 4), fixture(91, 12, 1, 4), fixture(92, 12, 1, 4))]
gates = torch.sigmoid(torch.stack([fixture(seed, 12, 2).T for seed in (93, 94, 95)]))       # [3, H, T]
heads, (block_weights, _, _), _ = native_sparse_attention(q, k, v, gates, 2, 4, 3)
name = "N1_nsa_out_bs2_sel4_w3"
report("golden", name, heads.transpose(0, 1), torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"]))

places = torch.arange(12)
chosen = choose_blocks(block_weights, places, 2, 4, 1)[0]                                   # [T, N]
number = torch.arange(6)
taken = (number == chosen[:, :, None]).any(dim=1) & (number <= places[:, None] // 2)        # [T, blocks]
wanted = torch.tensor([[block in row for block in range(6)] for row in goldens["N2_nsa_selected_blocks"]])
report("golden", "N2_nsa_selected_blocks", taken.float(), wanted.float())
