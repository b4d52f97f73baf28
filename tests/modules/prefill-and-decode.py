# The attention modules of gpt2, read in chunks of 7 tokens, and golden values, token by token.
from checking import compare_gpt2, fixture, load_goldens, report_golden


def in_chunks(q, k, v):
    kept = {}
    chunks = zip(*[t.split(7, dim=1) for t in (q, k, v)])
    return torch.cat([attend(*chunk, kept)[0] for chunk in chunks])


compare_gpt2(in_chunks)

golden = load_goldens("attention")["mechanisms"]["A1_gqa_causal"]
q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
kept = {}
steps = [attend(q[:, [t]], k[:, [t]], v[:, [t]], kept)[0] for t in range(5)]
found = torch.cat(steps).view(5, 4, 4).transpose(0, 1)
report_golden("A1_gqa_causal", found, golden)
