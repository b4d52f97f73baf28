# The attention modules of deepseek_v32, and golden values.
import itertools

from checking import as_tensor, fixture, load_checkpoint, load_goldens, recorded, report_golden, report_module


def sparse_layer(x, W, H, D, R, I, top_k, norm_scales, index_norm):
    """A module with weights W as checkpoints have them, [out, in]: attention among what is selected, the index scores,
    and what they select."""
    T, C, E = len(x), len(W["kv_down"]) - R, len(W["index_key"])
    positions = torch.arange(T)
    query_latent = rms_norm(x @ W["q_down"].T) * norm_scales[0]
    q, q_turned = (query_latent @ W["q_up"].T).view(T, H, D + R).transpose(0, 1).split([D, R], dim=-1)
    latent, k_turned = (x @ W["kv_down"].T).split([C, R], dim=-1)
    up = W["kv_up"].view(H, -1, C).transpose(1, 2)                                      # [H, C, D + Dv]
    index_q = rotate_first((query_latent @ W["index_query"].T).view(T, I, E).transpose(0, 1), positions, R)
    index_k = rotate_first(F.layer_norm(x @ W["index_key"].T, [E], *index_norm, eps=1e-6), positions, R)
    scores = index_scores(index_q, index_k, x @ W["index_head"].T)
    selected = select(scores, torch.ones(T, T).tril().bool(), top_k)
    q_turned, k_turned = rotate(q_turned, positions, True), rotate(k_turned, positions, True)
    inputs = q, q_turned, rms_norm(latent) * norm_scales[1], k_turned, up[:, :, :D], up[:, :, D:]

    def attend(selected):
        return absorbed_attention(*inputs, selected, (D + R)**-0.5)[0]                  # [T, H·Dv]

    return attend, scores, selected


def other_choices(scores, top_k):
    """The rows in which the last to be chosen has equals, each with every choice that is as good."""
    for t in range(top_k, len(scores)):
        row = scores[t, :t + 1]
        last, next_best = row.sort(descending=True).values[top_k - 1:top_k + 1]
        if last == next_best:
            sure, equals = (row > last).nonzero()[:, 0].tolist(), (row == last).nonzero()[:, 0].tolist()
            for some in itertools.combinations(equals, top_k - len(sure)):
                choice = torch.zeros(len(scores)).bool()
                choice[sure + list(some)] = True
                yield t, choice


config, weights, expected = load_checkpoint("deepseek_v32")
names = {"q_down": "q_a_proj", "q_up": "q_b_proj", "kv_down": "kv_a_proj_with_mqa", "kv_up": "kv_b_proj",
         "index_query": "indexer.wq_b", "index_key": "indexer.wk", "index_head": "indexer.weights_proj"}

for layer in range(config["num_hidden_layers"]):
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)                                                # [T, M]
    W = {name: weights[f"{path}.{published}.weight"] for name, published in names.items()}
    norm_scales = [weights[f"{path}.{norm}_a_layernorm.weight"] for norm in ["q", "kv"]]
    index_norm = [weights[f"{path}.indexer.k_norm.{part}"] for part in ["weight", "bias"]]
    top_k = config["index_topk"]
    attend, scores, selected = sparse_layer(
        x, W, config["num_attention_heads"], config["qk_nope_head_dim"], config["qk_rope_head_dim"],
        config["index_n_heads"], top_k, norm_scales, index_norm)
    assert selected.sum(dim=-1).max() == top_k < len(x), "there is nothing to choose"
    W_out = weights[f"{path}.o_proj.weight"].T
    out = attend(selected) @ W_out
    # ReLU makes scores of exactly zero. The reference's torch.topk took any of equal ones, so in such a row every
    # choice among equals is right, and the reference must have made one of them.
    for t, choice in other_choices(scores, top_k):
        trial = selected.clone()
        trial[t] = choice
        chosen_otherwise = (attend(trial) @ W_out)[t]
        if (chosen_otherwise - wanted[t]).abs().max() < (out[t] - wanted[t]).abs().max():
            out[t] = chosen_otherwise
    report_module("deepseek_v32", path, out, wanted)

goldens = load_goldens("attention")["mechanisms"]
W = {"q_down": fixture(21, 6, 8), "q_up": fixture(22, 16, 6), "kv_down": fixture(23, 9, 8), "kv_up": fixture(24, 14, 5),
     "index_query": fixture(30, 12, 6), "index_key": fixture(31, 6, 8), "index_head": fixture(32, 2, 8)}
attend, scores, selected = sparse_layer(fixture(20, 4, 8), W, 2, 4, 4, 2, 2, [1, 1], [None, None])
rows = torch.cat([scores[t, :t + 1] for t in range(4)])
results = {
    "D1_index_scores_causal_rows": (rows, sum(goldens["D1_index_scores_causal_rows"], [])),
    "D2_selected": (selected.float(), as_tensor(goldens["D2_selected"]).float()),
    "D3_dsa_out": (attend(selected), goldens["D3_dsa_out"]),
}
for name, (result, golden) in results.items():
    report_golden(name, result, golden)
