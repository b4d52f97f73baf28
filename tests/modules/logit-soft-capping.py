# No checkpoint here caps its scores: golden values.
from checking import fixture, load_goldens, report_golden

golden = load_goldens("attention")["mechanisms"]["A6_gqa_causal_softcap0.5"]
q = fixture(1, 4, 5, 4)
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
found, _ = capped_attention(q, k, v, visible_keys(5), 0.5)
report_golden("A6_gqa_causal_softcap0.5", split_heads(found, 4), golden)
