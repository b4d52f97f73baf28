# The attention modules of gpt2, keys in 7 pieces, and golden values.
from checking import compare_gpt2, fixture, load_goldens, report_golden


def in_seven(q, k, v):
    found, _ = split_attention(q, k, v, visible_keys(q.shape[1]), 7)
    return found.transpose(0, 1).flatten(1)


compare_gpt2(in_seven)

golden = load_goldens("attention")["mechanisms"]["A3_mha_causal"]
q, k, v = fixture(1, 4, 5, 4), fixture(7, 4, 5, 4), fixture(8, 4, 5, 4)
found, _ = split_attention(q, k, v, visible_keys(5), 3)
report_golden("A3_mha_causal", found, golden)
