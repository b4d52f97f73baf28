# No checkpoint here has cross-attention: the published numbers of an article that builds it by hand.
import json


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


goldens = json.load(open("../goldens/attention-goldens.json"))["raschka"]
asking, answering, W_query, W_key, W_value, expected_weights, expected_contexts = [
    torch.tensor(goldens[f"article.{name}"]["data"]).view(goldens[f"article.{name}"]["shape"])
    for name in ("embedded", "cross.x2", "Wq", "Wk", "Wv", "cross.weights_NOT_PRINTED", "cross.context")
]
contexts, weights = cross_attention(asking @ W_query, answering @ W_key, answering @ W_value)
# The values are float32, given with eight digits.
report("golden", "article.cross.weights", weights, expected_weights, 1e-5)
report("golden", "article.cross.context", contexts, expected_contexts, 1e-5)
