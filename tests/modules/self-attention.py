# No checkpoint here has attention of one head without a mask: the published numbers of two texts that build it by hand,
# chapter 3 of Build a Large Language Model (From Scratch) and the article on self-attention by the same author.
import json


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


goldens = json.load(open("../goldens/attention-goldens.json"))["raschka"]
for text in ["ch03.v1", "article.self"]:
    q, k, v, expected_weights, expected_contexts = [
        torch.tensor(goldens[f"{text}.{name}"]["data"]).view(goldens[f"{text}.{name}"]["shape"])
        for name in ("queries", "keys", "values", "weights", "context")
    ]
    contexts, weights = self_attention(q, k, v, 1 / q.shape[-1]**0.5)
    # The values are float32, given with eight digits.
    report("golden", f"{text}.weights", weights, expected_weights, 1e-5)
    report("golden", f"{text}.context", contexts, expected_contexts, 1e-5)
