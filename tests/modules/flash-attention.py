# The attention modules of gpt2, in tiles that do not divide the text, and golden values.
from checking import compare_gpt2, fixture, load_goldens, report_golden

compare_gpt2(lambda q, k, v: flash_attention(q, k, v, 7, 6)[0].transpose(0, 1).flatten(1))

golden = load_goldens("attention")["mechanisms"]["A3_mha_causal"]
q, k, v = fixture(1, 4, 5, 4), fixture(7, 4, 5, 4), fixture(8, 4, 5, 4)
found, _ = flash_attention(q, k, v, 2, 3)
report_golden("A3_mha_causal", found, golden)
