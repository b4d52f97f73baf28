# No checkpoint here has attention of one head without a mask: the published numbers of two texts that build it by hand,
# chapter 3 of Build a Large Language Model (From Scratch) and the article on self-attention by the same author.
from checking import as_tensor, load_goldens, report_golden

goldens = load_goldens("attention")["raschka"]
for text in ["ch03.v1", "article.self"]:
    q, k, v, expected_weights, expected_contexts = [
        as_tensor(goldens[f"{text}.{name}"]) for name in ("queries", "keys", "values", "weights", "context")
    ]
    contexts, weights = self_attention(q, k, v, 1 / q.shape[-1]**0.5)
    report_golden(f"{text}.weights", weights, expected_weights)
    report_golden(f"{text}.context", contexts, expected_contexts)
