# %% [markdown]
# # DeepSeek-V4
#
# A token keeps one vector, its key and its value for all heads, and [attention](compressed_attention.py) keeps only the last 128 of them; what is older survives in entries that stand for blocks of tokens.
# In compressed sparse attention an entry stands for 4 tokens, overlaps the block before, and an indexer picks the few entries that a query reads; in heavily compressed attention an entry stands for 128 tokens, and all entries are read.
# Blocks are pooled channel by channel: a softmax over the tokens of the block says whose number counts.
#
# **Special** is also the residual stream: it is four streams, and [hyper-connections](hyper_connections.py) compute from them what a part reads, how much of its result each stream gets, and how the streams mix, by a matrix whose rows and columns sum to one.
# Since keys are values, what attention finds is turned by positions; it is turned back by the position of the query.
# The first layers choose experts by the token's number alone.
#
# **Used by** DeepSeek-V4-Flash and V4-Pro
#
# Sources: [DeepSeek-AI 2026](https://arxiv.org/abs/2606.19348), section 2; [DeepSeek's own code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash), `inference/model.py`; [Xie et al. 2025](https://arxiv.org/abs/2512.24880) for the hyper-connections; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/deepseek_v4/modeling_deepseek_v4.py).

# %%
import torch.nn.functional as F

from cache import empty_cache
from compressed_attention import HEAVY, SLIDING, SPARSE, attention, attention_shapes, rope_of
from configuration import check_layer_types, gated_feed_forward_shapes, mixture_shapes, model_shapes, shapes_at
from configuration import with_defaults
from experts import choose, gated_experts, in_shares
from hyper_connections import connect, connection_shapes, give, read_out
from layers import embed, gated_feed_forward, linear, normed_and_unembedded, rms_norm
from positions import rotary

EXPERT = ("w1", "w3", "w2")   # how the checkpoint names an expert's gate, up and down


def complete(config):
    config = with_defaults(config, "deepseek_v4")
    L = config["num_hidden_layers"]
    assert config["num_key_value_heads"] == 1, "all heads read the same key, which is also the value"
    assert config["n_shared_experts"] == 1, "one expert is shared by all tokens"
    scoring = config["scoring_func"]
    assert scoring in ("sqrtsoftplus", "sigmoid"), f"scores of type {scoring} are not known"
    assert config["norm_topk_prob"], "the shares of the chosen experts sum to one"
    config["compress_rates"] = config["compress_rates"] or {SPARSE: 4, HEAVY: 128}
    if config["layer_types"] is None:
        # Published files give the tokens of an entry; without them every second layer from the third on is heavy.
        ratios = config["compress_ratios"] or [128, 128] + [4 if n % 2 else 128 for n in range(L - 2)]
        config["layer_types"] = [{0: SLIDING, 4: SPARSE, 128: HEAVY}[ratio] for ratio in ratios]
    if config["mlp_layer_types"] is None:
        config["mlp_layer_types"] = ["hash_moe" if n < config["num_hash_layers"] else "moe" for n in range(L)]
    for field, known in (("layer_types", (SLIDING, SPARSE, HEAVY)), ("mlp_layer_types", ("hash_moe", "moe"))):
        config[field] = config[field][:L]   # the files also list the layers that predict further tokens
        check_layer_types(config, known, field)
    share = config["partial_rotary_factor"] or config["qk_rope_head_dim"] / config["head_dim"]
    config["turned"] = int(config["head_dim"] * share)
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, E, N, C = (config[key] for key in ("hidden_size", "n_routed_experts", "moe_intermediate_size", "hc_mult"))
    shapes = {**model_shapes(config, "head"), "model.hc_head.hc_fn": [C, C * M], "model.hc_head.hc_base": [C],
              "model.hc_head.hc_scale": [1]}
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, attn_norm=[M], ffn_norm=[M]))
        shapes.update({**connection_shapes(f"{at}.hc_attn", C, M), **connection_shapes(f"{at}.hc_ffn", C, M)})
        shapes.update(attention_shapes(f"{at}.attn", config, kind))
        shapes.update(mixture_shapes(f"{at}.ffn", M, E, N, EXPERT))
        shapes.update(gated_feed_forward_shapes(f"{at}.ffn.shared_experts", M, N, EXPERT, config["mlp_bias"]))
        if config["mlp_layer_types"][layer] == "hash_moe":
            shapes[f"{at}.ffn.gate.tid2eid"] = [config["vocab_size"], config["num_experts_per_tok"]]
        else:
            shapes[f"{at}.ffn.gate.bias"] = [E]
    return shapes


# %% [markdown]
# ## Experts

# %%
def experts(x, weights, name, config, kind, input_ids):
    # `gate.bias` is no bias of this product: it keeps experts evenly used, and counts only when they are chosen.
    logits = linear(x.flatten(0, 1), weights[f"{name}.gate.weight"])
    scores = logits.sigmoid() if config["scoring_func"] == "sigmoid" else F.softplus(logits).sqrt()      # [B · T, E]
    if kind == "hash_moe":
        chosen = weights[f"{name}.gate.tid2eid"][input_ids.flatten()]  # [B · T, K]
        scores = scores.gather(1, chosen)
    else:
        chosen, scores = choose(scores, config["num_experts_per_tok"], weights[f"{name}.gate.bias"])
    shares = in_shares(scores) * config["routed_scaling_factor"]
    act, limit = config["hidden_act"], config["swiglu_limit"]
    routed = gated_experts(x, weights, f"{name}.experts", act, chosen, shares, EXPERT, limit)
    return routed + gated_feed_forward(x, weights, f"{name}.shared_experts", act, EXPERT, limit)


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def unembed(weights, config, streams):
    """The streams [B, T, C, M] -> logits [B, T, V], and what the final norm makes of what is read of them [B, T, M]."""
    config = complete(config)
    return normed_and_unembedded(read_out(streams, weights, "model.hc_head.hc", config), weights, config, head="head")


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the streams before each layer [B, T, C, M], at last the one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    kinds = set(config["layer_types"])
    rotations = {kind: rotary(rope_of(config, kind), config["turned"], start, T, device) for kind in kinds}

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    streams = x[:, :, None].repeat(1, 1, config["hc_mult"], 1)         # [B, T, C, M]
    hidden_states = []
    for layer, (kind, kept) in enumerate(zip(config["layer_types"], cache["layers"])):
        hidden_states.append(streams)
        at = f"model.layers.{layer}"
        read, gives, mixing = connect(streams, weights, f"{at}.hc_attn", config)
        read = rms_norm(read, weights, f"{at}.attn_norm", eps)
        found = attention(read, weights, f"{at}.attn", config, kind, rotations[kind], start, kept)
        streams = give(found, streams, gives, mixing)
        read, gives, mixing = connect(streams, weights, f"{at}.hc_ffn", config)
        read = rms_norm(read, weights, f"{at}.ffn_norm", eps)
        found = experts(read, weights, f"{at}.ffn", config, config["mlp_layer_types"][layer], input_ids)
        streams = give(found, streams, gives, mixing)
    logits, x = unembed(weights, config, streams)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states
