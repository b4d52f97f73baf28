# GPT-2's attention modules, and golden values.
from checking import compare_gpt2, fixture, load_goldens, report_golden

compare_gpt2(lambda q, k, v: multi_head_attention(q, k, v, visible_keys(q.shape[1]))[0])

golden = load_goldens("attention")["mechanisms"]["A3_mha_causal"]
found, _ = multi_head_attention(fixture(1, 4, 5, 4), fixture(7, 4, 5, 4), fixture(8, 4, 5, 4), visible_keys(5))
report_golden("A3_mha_causal", split_heads(found, 4), golden)
