

import itertools
import json
import math

from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


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
    inputs = (q, rotate(q_turned, positions, True), rms_norm(latent) * norm_scales[1], rotate(k_turned, positions, True),
              up[:, :, :D], up[:, :, D:])

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


config = json.load(open("deepseek_v32/config.json"))
model = {name: tensor.float() for name, tensor in load_file("deepseek_v32/model.safetensors").items()}
expected = load_file("deepseek_v32/expected.safetensors")
names = {"q_down": "q_a_proj", "q_up": "q_b_proj", "kv_down": "kv_a_proj_with_mqa", "kv_up": "kv_b_proj",
         "index_query": "indexer.wq_b", "index_key": "indexer.wk", "index_head": "indexer.weights_proj"}

for layer in range(config["num_hidden_layers"]):
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]                                                # [T, M]
    W = {name: model[f"{path}.{published}.weight"] for name, published in names.items()}
    norm_scales = [model[f"{path}.{norm}_a_layernorm.weight"] for norm in ["q", "kv"]]
    index_norm = [model[f"{path}.indexer.k_norm.{part}"] for part in ["weight", "bias"]]
    top_k = config["index_topk"]
    attend, scores, selected = sparse_layer(
        x, W, config["num_attention_heads"], config["qk_nope_head_dim"], config["qk_rope_head_dim"],
        config["index_n_heads"], top_k, norm_scales, index_norm)
    assert selected.sum(dim=-1).max() == top_k < len(x), "there is nothing to choose"
    W_out, wanted = model[f"{path}.o_proj.weight"].T, expected[f"module.{path}.out"][0]
    out = attend(selected) @ W_out
    # ReLU makes scores of exactly zero. The reference's torch.topk took any of equal ones, so in such a row every choice
    # among equals is right, and the reference must have made one of them.
    for t, choice in other_choices(scores, top_k):
        trial = selected.clone()
        trial[t] = choice
        chosen_otherwise = (attend(trial) @ W_out)[t]
        if (chosen_otherwise - wanted[t]).abs().max() < (out[t] - wanted[t]).abs().max():
            out[t] = chosen_otherwise
    report("module", f"deepseek_v32 {path}", out, wanted, 1e-4)

goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


W = {"q_down": fixture(21, 6, 8), "q_up": fixture(22, 16, 6), "kv_down": fixture(23, 9, 8), "kv_up": fixture(24, 14, 5),
     "index_query": fixture(30, 12, 6), "index_key": fixture(31, 6, 8), "index_head": fixture(32, 2, 8)}
attend, scores, selected = sparse_layer(fixture(20, 4, 8), W, 2, 4, 4, 2, 2, [1, 1], [None, None])
rows = torch.cat([scores[t, :t + 1] for t in range(4)])
results = {
    "D1_index_scores_causal_rows": (rows, [score for row in goldens["D1_index_scores_causal_rows"] for score in row]),
    "D2_selected": (selected.flatten().float(), [float(is_chosen) for row in goldens["D2_selected"] for is_chosen in row]),
    "D3_dsa_out": (attend(selected).flatten(), goldens["D3_dsa_out"]["data"]),
}
for name, (result, golden) in results.items():
    # The golden values are float64 and ours float32, whose rounding in sums as short as these is some 1e-6.
    report("golden", name, result, torch.tensor(golden), 1e-5)
