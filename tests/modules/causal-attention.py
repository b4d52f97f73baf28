# No checkpoint here has a single head: the published numbers of chapter 3 of Build a Large Language Model
# (From Scratch) and of the article on self-attention by the same author.
from checking import as_tensor, load_goldens, report_golden

goldens = load_goldens("attention")["raschka"]
goldens = {name: as_tensor(golden) for name, golden in goldens.items() if isinstance(golden, dict)}
article = [goldens[f"article.self.{name}"] for name in ("queries", "keys", "values")]
# The chapter's layers keep their matrices as [out, in].
chapter = [goldens["ch03.inputs"] @ goldens[f"ch03.v2.W{name}(d_out,d_in)"].T for name in "qkv"]
for text, parts in [("article.self", article), ("ch03.v2", chapter)]:
    found, shares = causal_attention(*parts, visible_keys(6))
    report_golden(f"{text}.causal_weights", shares, goldens[f"{text}.causal_weights"])
    report_golden(f"{text}.causal_context", found, goldens[f"{text}.causal_context_NOT_PRINTED"])
