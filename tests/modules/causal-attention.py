# No checkpoint here has a single head: the published numbers of chapter 3 of Build a Large Language Model
# (From Scratch) and of the article on self-attention by the same author.
import json


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


goldens = json.load(open("../goldens/attention-goldens.json"))["raschka"]
goldens = {
    name: torch.tensor(golden["data"]).view(golden["shape"])
    for name, golden in goldens.items() if isinstance(golden, dict)
}
article = [goldens[f"article.self.{name}"] for name in ("queries", "keys", "values")]
# The chapter's layers keep their matrices as [out, in].
chapter = [goldens["ch03.inputs"] @ goldens[f"ch03.v2.W{name}(d_out,d_in)"].T for name in "qkv"]
# The values are float32, given with eight digits.
for text, parts in [("article.self", article), ("ch03.v2", chapter)]:
    found, shares = causal_attention(*parts, visible_keys(6))
    report("golden", f"{text}.causal_weights", shares, goldens[f"{text}.causal_weights"], 1e-5)
    report("golden", f"{text}.causal_context", found, goldens[f"{text}.causal_context_NOT_PRINTED"], 1e-5)
