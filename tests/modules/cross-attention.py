# No checkpoint here has cross-attention: the published numbers of an article that builds it by hand.
from checking import as_tensor, load_goldens, report_golden

goldens = load_goldens("attention")["raschka"]
asking, answering, W_query, W_key, W_value, expected_weights, expected_contexts = [
    as_tensor(goldens[f"article.{name}"])
    for name in ("embedded", "cross.x2", "Wq", "Wk", "Wv", "cross.weights_NOT_PRINTED", "cross.context")
]
contexts, weights = cross_attention(asking @ W_query, answering @ W_key, answering @ W_value)
report_golden("article.cross.weights", weights, expected_weights)
report_golden("article.cross.context", contexts, expected_contexts)
