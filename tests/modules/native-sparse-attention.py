# No checkpoint here has this mechanism: golden values alone.
from checking import fixture, load_goldens, report_golden

goldens = load_goldens("attention")["mechanisms"]
q, k, v = [t.transpose(0, 1) for t in (fixture(90, 12, 2, 4), fixture(91, 12, 1, 4), fixture(92, 12, 1, 4))]
gates = torch.sigmoid(torch.stack([fixture(seed, 12, 2).T for seed in (93, 94, 95)]))       # [3, H, T]
heads, (block_weights, _, _), _ = native_sparse_attention(q, k, v, gates, 2, 4, 3)
name = "N1_nsa_out_bs2_sel4_w3"
report_golden(name, heads.transpose(0, 1), goldens[name])

places = torch.arange(12)
chosen = choose_blocks(block_weights, places, 2, 4, 1)[0]                                   # [T, N]
number = torch.arange(6)
taken = (number == chosen[:, :, None]).any(dim=1) & (number <= places[:, None] // 2)        # [T, blocks]
wanted = torch.tensor([[block in row for block in range(6)] for row in goldens["N2_nsa_selected_blocks"]])
report_golden("N2_nsa_selected_blocks", taken.float(), wanted.float())
