# %% [markdown]
# # DeepSeek-V4
#
# A token keeps one vector, its key and its value for all heads, and attention keeps only the last 128 of them; what is older survives in entries that stand for blocks of tokens.
# In compressed sparse attention an entry stands for 4 tokens, overlaps the block before, and an indexer picks the few entries that a query reads; in heavily compressed attention an entry stands for 128 tokens, and all entries are read.
# Blocks are pooled channel by channel: a softmax over the tokens of the block says whose number counts.
#
# **Special** is also the residual stream: it is four streams, and *hyper-connections* compute from them what a part reads, how much of its result each stream gets, and how the streams mix, by a matrix whose rows and columns sum to one.
# Since keys are values, what attention finds is turned by positions; it is turned back by the position of the query.
# The first layers choose experts by the token's number alone.
#
# **Used by** DeepSeek-V4-Flash and V4-Pro
#
# Sources: [DeepSeek-AI 2026](https://arxiv.org/abs/2606.19348), section 2; [DeepSeek's own code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash), `inference/model.py`; [Xie et al. 2025](https://arxiv.org/abs/2512.24880) for the hyper-connections; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/deepseek_v4/modeling_deepseek_v4.py).

# %%
import torch
import torch.nn.functional as F

from layers import activation, append, attend, causal_mask, check_layer_types, embed, gated_feed_forward_shapes
from layers import linear, linear_shapes, mixture, project, rms_norm, rms_norm_unweighted, rope_parameters, rotary
from layers import rotate_pairs, split_heads

# What a configuration may leave out, as transformers' DeepseekV4Config has it.
DEFAULTS = {
    "vocab_size": 129280, "hidden_size": 4096, "moe_intermediate_size": 2048, "num_hidden_layers": 43,
    "num_attention_heads": 64, "num_key_value_heads": 1, "head_dim": 512, "q_lora_rank": 1024, "o_groups": 8,
    "o_lora_rank": 1024, "sliding_window": 128, "index_n_heads": 64, "index_head_dim": 128, "index_topk": 512,
    "layer_types": None, "compress_ratios": None, "compress_rates": None, "mlp_layer_types": None,
    "num_hash_layers": 3, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 6,
    "scoring_func": "sqrtsoftplus", "norm_topk_prob": True, "routed_scaling_factor": 1.5, "swiglu_limit": 10.0,
    "hc_mult": 4, "hc_sinkhorn_iters": 20, "hc_eps": 1e-6, "max_position_embeddings": 1048576,
    "rope_theta": 10000.0, "compress_rope_theta": 160000.0, "partial_rotary_factor": None, "qk_rope_head_dim": 64,
    "hidden_act": "silu", "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "mlp_bias": False,
}
SLIDING, SPARSE, HEAVY = "sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"
EXPERT = {"gate": "w1", "up": "w3", "down": "w2"}   # how the checkpoint names an expert's three weights


def complete(config):
    config = {**DEFAULTS, **config}
    L = config["num_hidden_layers"]
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    assert config["num_key_value_heads"] == 1, "all heads read the same key, which is also the value"
    assert config["n_shared_experts"] == 1, "one expert is shared by all tokens"
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


def rope_of(config, kind):
    """Layers with a window alone turn as in short texts, the others by a larger base, in long texts slowed by YaRN."""
    given, limit = config.get("rope_parameters") or {}, config["max_position_embeddings"]
    if "main" in given:
        rope = given["main" if kind == SLIDING else "compress"]
    elif kind == SLIDING:
        rope = {"rope_theta": config["rope_theta"]}
    else:
        rope = {**given, **(config.get("rope_scaling") or {}), "rope_theta": config["compress_rope_theta"]}
    # The model was trained without the factor that YaRN adds to cosine and sine.
    return {"attention_factor": 1.0, **rope_parameters({"rope_parameters": rope, "max_position_embeddings": limit})}


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, C = config["vocab_size"], config["hidden_size"], config["hc_mult"]
    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M], "model.hc_head.hc_fn": [C, C * M],
              "model.hc_head.hc_base": [C], "model.hc_head.hc_scale": [1]}
    if not config["tie_word_embeddings"]:
        shapes["head.weight"] = [V, M]
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        for part in ("attn", "ffn"):
            shapes.update({f"{at}.{part}_norm.weight": [M], f"{at}.hc_{part}_fn": [(2 + C) * C, C * M],
                           f"{at}.hc_{part}_base": [(2 + C) * C], f"{at}.hc_{part}_scale": [3]})
        shapes.update(attention_shapes(f"{at}.attn", config, kind))
        shapes.update(expert_shapes(f"{at}.ffn", config, config["mlp_layer_types"][layer]))
    return shapes


def attention_shapes(name, config, kind):
    M, H, D, R = (config[key] for key in ("hidden_size", "num_attention_heads", "head_dim", "q_lora_rank"))
    groups, rank = config["o_groups"], config["o_lora_rank"]
    shapes = {f"{name}.wq_a.weight": [R, M], f"{name}.q_norm.weight": [R], f"{name}.wq_b.weight": [H * D, R],
              f"{name}.wkv.weight": [D, M], f"{name}.norm.weight": [D], f"{name}.attn_sink": [H],
              f"{name}.wo_a.weight": [groups * rank, H * D // groups], f"{name}.wo_b.weight": [M, groups * rank]}
    if kind == HEAVY:
        shapes.update(compressor_shapes(f"{name}.compressor", M, D, D, config["compress_rates"][kind]))
    if kind == SPARSE:
        I, DI, ratio = config["index_n_heads"], config["index_head_dim"], config["compress_rates"][kind]
        shapes.update(compressor_shapes(f"{name}.compressor", M, 2 * D, D, ratio))
        shapes.update(compressor_shapes(f"{name}.indexer.compressor", M, 2 * DI, DI, ratio))
        shapes.update({f"{name}.indexer.wq_b.weight": [I * DI, R], f"{name}.indexer.weights_proj.weight": [I, M]})
    return shapes


def compressor_shapes(name, M, height, D, ratio):
    return {f"{name}.wkv.weight": [height, M], f"{name}.wgate.weight": [height, M], f"{name}.ape": [ratio, height],
            f"{name}.norm.weight": [D]}


def expert_shapes(name, config, kind):
    M, N, E = config["hidden_size"], config["moe_intermediate_size"], config["n_routed_experts"]
    shapes = {f"{name}.gate.weight": [E, M]}
    if kind == "hash_moe":
        shapes[f"{name}.gate.tid2eid"] = [config["vocab_size"], config["num_experts_per_tok"]]
    else:
        shapes[f"{name}.gate.bias"] = [E]
    for e in range(E):
        shapes.update(gated_feed_forward_shapes(f"{name}.experts.{e}", M, N, **EXPERT))
    for part, height, width in (("w1", N, M), ("w3", N, M), ("w2", M, N)):
        shapes.update(linear_shapes(f"{name}.shared_experts.{part}", height, width, config["mlp_bias"]))
    return shapes


# %% [markdown]
# ## Entries that stand for blocks of tokens
#
# Overlapping, an entry pools twice as many tokens as it stands for: each token has one vector for the block after its own and one for its own.
# Before the first block stands one that weighs nothing. The cache holds the entries, and of the tokens only those that a later entry still needs.
#
# - **N** entries
# - **R** width of the latent that queries come from
# - **I** heads of the indexer, **DI** their width

# %%
def rotate_tail(x, cos, sin):
    """x [..., T, D], cos and sin [T, R / 2] -> [..., T, D]: the last R numbers are turned, in neighbouring pairs."""
    still = x.shape[-1] - 2 * cos.shape[-1]
    return torch.cat([x[..., :still], rotate_pairs(x[..., still:], cos, sin)], dim=-1)


def compress(x, weights, name, config, rope, ratio, start, kept, entries):
    """x [B, T, M], tokens from `start` on -> all entries so far [B, N, D], kept under the name `entries`."""
    B, T, _ = x.shape
    values, norm = project(x, weights, f"{name}.wkv"), weights[f"{name}.norm.weight"]            # [B, T, D or 2 · D]
    places = torch.arange(start, start + T, device=x.device) % ratio
    gates = project(x, weights, f"{name}.wgate") + weights[f"{name}.ape"].float()[places]
    D = norm.shape[0]
    overlap = 1 if values.shape[-1] == 2 * D else 0
    if entries not in kept:
        kept[entries] = torch.zeros(B, 0, D, device=x.device)
        kept[f"{entries}_values"] = torch.zeros(B, overlap * ratio, values.shape[-1], device=x.device)
        kept[f"{entries}_gates"] = torch.full((B, overlap * ratio, values.shape[-1]), -torch.inf, device=x.device)
    values = torch.cat([kept[f"{entries}_values"], values], dim=1)
    gates = torch.cat([kept[f"{entries}_gates"], gates], dim=1)
    new = values.shape[1] // ratio - overlap                           # blocks that are complete now
    kept[f"{entries}_values"] = values[:, new * ratio:].clone()
    kept[f"{entries}_gates"] = gates[:, new * ratio:].clone()
    if new == 0:
        return kept[entries]

    blocks = [part[:, :(new + overlap) * ratio].unflatten(1, (-1, ratio)) for part in (values, gates)]
    if overlap:
        blocks = [torch.cat([part[:, :-1, :, :D], part[:, 1:, :, D:]], dim=2) for part in blocks]
    values, gates = blocks                                             # [B, new, ratio or 2 · ratio, D]
    pooled = (torch.softmax(gates, dim=2) * values).sum(2)             # [B, new, D]
    pooled = rms_norm(pooled, norm, config["rms_norm_eps"])
    first = kept[entries].shape[1]
    cos, sin = rotary(rope, config["turned"], first * ratio, new * ratio, x.device)
    return append(kept, entries, rotate_tail(pooled, cos[::ratio], sin[::ratio]))


def choose_entries(x, q_latent, weights, name, config, rotation, rope, visible, start, kept):
    """Lightning indexer: x [B, T, M], q_latent [B, T, R], visible [T, N] -> the entries a token reads, [B, T, K]."""
    I, DI, ratio = config["index_n_heads"], config["index_head_dim"], config["compress_rates"][SPARSE]
    keys = compress(x, weights, f"{name}.compressor", config, rope, ratio, start, kept, "index")
    q = rotate_tail(split_heads(project(q_latent, weights, f"{name}.wq_b"), DI), *rotation)      # [B, I, T, DI]
    likes = F.relu(q @ keys[:, None].transpose(-1, -2)) * DI**-0.5     # [B, I, T, N]
    heard = project(x, weights, f"{name}.weights_proj") * I**-0.5      # [B, T, I]
    scores = (heard.transpose(1, 2)[..., None] * likes).sum(1).masked_fill(~visible, -torch.inf)
    # Entries that no head likes tie at zero. The latest wins, so that no choice depends on how the text is cut.
    order = scores.flip(-1).sort(dim=-1, descending=True, stable=True).indices
    return keys.shape[1] - 1 - order[..., :config["index_topk"]]       # [B, T, K]


# %% [markdown]
# ## Attention

# %%
def attention(x, weights, name, config, kind, rotation, start, kept):
    B, T, _ = x.shape
    D, W, eps = config["head_dim"], config["sliding_window"], config["rms_norm_eps"]
    q_latent = rms_norm(project(x, weights, f"{name}.wq_a"), weights[f"{name}.q_norm.weight"], eps)   # [B, T, R]
    q = rms_norm_unweighted(split_heads(project(q_latent, weights, f"{name}.wq_b"), D), eps)
    q = rotate_tail(q, *rotation)                                      # [B, H, T, D]
    kv = rms_norm(project(x, weights, f"{name}.wkv"), weights[f"{name}.norm.weight"], eps)
    kv = append(kept, "kv", rotate_tail(kv, *rotation), W)             # [B, S, D]
    mask = causal_mask(T, kv.shape[1], W, x.device).expand(B, T, -1)   # [B, T, S]
    if kind != SLIDING:
        rope, ratio, at = rope_of(config, kind), config["compress_rates"][kind], f"{name}.compressor"
        entries = compress(x, weights, at, config, rope, ratio, start, kept, "entries")          # [B, N, D]
        # A block may be read from its last token on.
        complete_blocks = torch.arange(start + 1, start + T + 1, device=x.device)[:, None] // ratio
        visible = torch.arange(entries.shape[1], device=x.device) < complete_blocks              # [T, N]
        if kind == SPARSE:
            at = f"{name}.indexer"
            chosen = choose_entries(x, q_latent, weights, at, config, rotation, rope, visible, start, kept)
            if T == 1:
                # One token: fetch what it chose, and read nothing else. Every entry's block is complete by now.
                entries = entries.gather(1, chosen[:, 0, :, None].expand(-1, -1, D))
                visible = visible[:, :chosen.shape[-1]]
            else:
                picked = torch.zeros(B, T, entries.shape[1], device=x.device).scatter(-1, chosen, 1.0).bool()
                visible = visible & picked                             # [B, T, N]
        kv = torch.cat([kv, entries], dim=1)                           # [B, S + N, D]
        mask = torch.cat([mask, visible.expand(B, T, -1)], dim=-1)
    kv = kv[:, None]
    heads = attend(q, kv, kv, mask[:, None], D**-0.5, weights[f"{name}.attn_sink"])              # [B, T, H · D]
    cos, sin = rotation
    heads = rotate_tail(split_heads(heads, D), cos, -sin).transpose(1, 2).reshape(B, T, config["o_groups"], -1)
    # Heads are brought to fewer numbers group by group, and only then to the model's width.
    down = weights[f"{name}.wo_a.weight"].float().view(config["o_groups"], -1, heads.shape[-1])
    heads = heads.transpose(1, 2) @ down.transpose(1, 2)               # [B, groups, T, rank]
    return project(heads.transpose(1, 2).flatten(2), weights, f"{name}.wo_b")


# %% [markdown]
# ## Experts

# %%
def clamped_feed_forward(x, weights, name, config):
    limit = config["swiglu_limit"]
    gate = project(x, weights, f"{name}.w1").clamp(max=limit)
    up = project(x, weights, f"{name}.w3").clamp(min=-limit, max=limit)
    return project(activation(gate, config["hidden_act"]) * up, weights, f"{name}.w2")


def experts(x, weights, name, config, kind, input_ids):
    rows = x.flatten(0, 1)                                             # [B · T, M]
    # `gate.bias` is no bias of this product: it keeps experts evenly used, and counts only when they are chosen.
    scores, scoring = linear(rows, weights[f"{name}.gate.weight"]), config["scoring_func"]
    assert scoring in ("sqrtsoftplus", "sigmoid"), f"scores of type {scoring} are not known"
    scores = scores.sigmoid() if scoring == "sigmoid" else F.softplus(scores).sqrt()             # [B · T, E]
    if kind == "hash_moe":
        chosen = weights[f"{name}.gate.tid2eid"][input_ids.flatten()]  # [B · T, K]
    else:
        for_choice = scores + weights[f"{name}.gate.bias"].float()
        chosen = for_choice.topk(config["num_experts_per_tok"], dim=-1).indices
    shares = scores.gather(1, chosen)
    shares = shares / (shares.sum(-1, keepdim=True) + 1e-20) * config["routed_scaling_factor"]

    def expert(e, rows):
        return clamped_feed_forward(rows, weights, f"{name}.experts.{e}", config)

    routed = mixture(rows, chosen, shares, expert).view(x.shape)
    return routed + clamped_feed_forward(x, weights, f"{name}.shared_experts", config)


# %% [markdown]
# ## Hyper-connections
#
# - **C** streams
#
# The matrix that mixes the streams is brought near to rows and columns that sum to one by dividing by the sums of columns and rows in turn, after Sinkhorn and Knopp: streams are averaged, and no product of such matrices grows.

# %%
def mix(streams, fn, config):
    """streams [B, T, C, M], fn [N, C · M] -> [B, T, N]: numbers that depend on all streams."""
    return linear(rms_norm_unweighted(streams.flatten(2), config["rms_norm_eps"]), fn)


def connect(streams, weights, name, config):
    """streams [B, T, C, M] -> what a part reads [B, T, M], gives to each [B, T, C], and how they mix [B, T, C, C]."""
    C, eps = config["hc_mult"], config["hc_eps"]
    numbers = mix(streams, weights[f"{name}_fn"], config).split([C, C, C * C], dim=-1)
    bases, scales = weights[f"{name}_base"].float().split([C, C, C * C]), weights[f"{name}_scale"].float()
    reads, gives, mixes = (numbers[i] * scales[i] + bases[i] for i in range(3))
    # Row i, column j: how much of stream i goes to stream j.
    mixing = torch.softmax(mixes.unflatten(-1, (C, C)), dim=-1) + eps
    mixing = mixing / (mixing.sum(-2, keepdim=True) + eps)
    for _ in range(config["hc_sinkhorn_iters"] - 1):
        mixing = mixing / (mixing.sum(-1, keepdim=True) + eps)
        mixing = mixing / (mixing.sum(-2, keepdim=True) + eps)
    read = ((reads.sigmoid() + eps)[..., None] * streams).sum(2)
    return read, 2 * gives.sigmoid(), mixing


def give(found, streams, gives, mixing):
    """found [B, T, M], streams [B, T, C, M] -> [B, T, C, M]."""
    return gives[..., None] * found[:, :, None] + mixing.transpose(-1, -2) @ streams


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return {"length": 0, "layers": [{} for _ in range(complete(config)["num_hidden_layers"])]}


def unembed(weights, config, streams):
    """The streams [B, T, C, M] -> logits [B, T, V], and what the final norm makes of what is read of them [B, T, M]."""
    config = complete(config)
    reads = mix(streams, weights["model.hc_head.hc_fn"], config) * weights["model.hc_head.hc_scale"].float()
    reads = (reads + weights["model.hc_head.hc_base"].float()).sigmoid() + config["hc_eps"]      # [B, T, C]
    x = rms_norm((reads[..., None] * streams).sum(2), weights["model.norm.weight"], config["rms_norm_eps"])
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "head.weight"]
    return linear(x, head), x


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
        read = rms_norm(read, weights[f"{at}.attn_norm.weight"], eps)
        found = attention(read, weights, f"{at}.attn", config, kind, rotations[kind], start, kept)
        streams = give(found, streams, gives, mixing)
        read, gives, mixing = connect(streams, weights, f"{at}.hc_ffn", config)
        read = rms_norm(read, weights[f"{at}.ffn_norm.weight"], eps)
        found = experts(read, weights, f"{at}.ffn", config, config["mlp_layer_types"][layer], input_ids)
        streams = give(found, streams, gives, mixing)
    logits, x = unembed(weights, config, streams)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states
