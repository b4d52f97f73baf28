# No checkpoint here uses ALiBi: golden values, and the slopes of the released code for six heads.
from checking import fixture, load_goldens, report_golden

golden = load_goldens("attention")["mechanisms"]["A7_gqa_causal_alibi"]
q = fixture(1, 4, 5, 4)
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
bias = alibi_bias(alibi_slopes(4), torch.arange(5), torch.arange(5))
found, _ = attention(q, k, v, bias, visible_keys(5))
report_golden("A7_gqa_causal_alibi", split_heads(found, 4), golden)
report_golden("A7_gqa_causal_alibi.slopes", alibi_slopes(4), golden["slopes"])
# The four slopes of four heads, then the first and third of eight.
report_golden("six-slopes", alibi_slopes(6), [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3])
