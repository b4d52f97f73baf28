# %% [markdown]
# # Attention to compressed entries
#
# A token keeps one vector, its key and its value for all heads, and attention keeps only a window of the last of them; what is older survives in entries that stand for blocks of tokens.
# In compressed sparse attention an entry stands for few tokens, overlaps the block before, and an [indexer](indexer.py) picks the few entries that a query reads; in heavily compressed attention an entry stands for many tokens, and all entries are read.
#
# - **B** batch, **T** tokens that are new, **S** keys of the window, **H** query heads, **M** model width
# - **N** entries, **D** width of keys and entries; the last of it is turned by positions
# - **R** width of the latent that queries come from
# - **I** heads of the indexer, **DI** their width, **K** entries that a token reads
#
# Sources: [DeepSeek-AI 2026](https://arxiv.org/abs/2606.19348), section 2.3; [DeepSeek's own code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash), `inference/model.py`.

# %%
import torch

from cache import append
from configuration import shapes_at
from indexer import best_keys, fetch, picked
from layers import attend, causal_mask, project, rms_norm, rms_norm_unweighted, split_heads
from positions import rope_parameters, rotary, rotate_tail

SLIDING, SPARSE, HEAVY = "sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"


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


def attention_shapes(name, config, kind):
    M, H, D, R = (config[key] for key in ("hidden_size", "num_attention_heads", "head_dim", "q_lora_rank"))
    I, DI, groups = (config[key] for key in ("index_n_heads", "index_head_dim", "o_groups"))
    low, ratio = groups * config["o_lora_rank"], config["compress_rates"].get(kind)
    shapes = shapes_at(name, wq_a=[R, M], q_norm=[R], wq_b=[H * D, R], wkv=[D, M], norm=[D])
    shapes.update({**shapes_at(name, wo_a=[low, H * D // groups], wo_b=[M, low]), f"{name}.attn_sink": [H]})
    if kind != SLIDING:
        shapes.update(compressor_shapes(f"{name}.compressor", M, D, ratio, overlap=kind == SPARSE))
    if kind == SPARSE:
        name = f"{name}.indexer"
        shapes.update(compressor_shapes(f"{name}.compressor", M, DI, ratio, overlap=True))
        shapes.update(shapes_at(name, wq_b=[I * DI, R], weights_proj=[I, M]))
    return shapes


def compressor_shapes(name, M, D, ratio, overlap):
    """The weights by which `compress` makes entries of width D, each of `ratio` tokens."""
    height = 2 * D if overlap else D
    shapes = shapes_at(name, wkv=[height, M], wgate=[height, M], norm=[D])
    return {**shapes, f"{name}.ape": [ratio, height]}


# %% [markdown]
# ## Entries
#
# A block is pooled channel by channel: a softmax over its tokens says whose number counts.
# Overlapping, an entry pools twice as many tokens as it stands for: each token has one vector for the block after its own and one for its own.
# Before the first block stands one that weighs nothing. The cache holds the entries, and of the tokens only those that a later entry still needs.

# %%
def compress(x, weights, name, config, rope, ratio, start, kept, entries):
    """x [B, T, M], tokens from `start` on -> all entries so far [B, N, D], kept under the name `entries`."""
    B, T, _ = x.shape
    values, D = project(x, weights, f"{name}.wkv"), weights[f"{name}.norm.weight"].shape[0]      # [B, T, D or 2 · D]
    places = torch.arange(start, start + T, device=x.device) % ratio
    gates = project(x, weights, f"{name}.wgate") + weights[f"{name}.ape"].float()[places]
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
    pooled = rms_norm(pooled, weights, f"{name}.norm", config["rms_norm_eps"])
    first = kept[entries].shape[1]
    cos, sin = rotary(rope, config["turned"], first * ratio, new * ratio, x.device)
    return append(kept, entries, rotate_tail(pooled, cos[::ratio], sin[::ratio]))


def choose_entries(x, q_latent, weights, name, config, rotation, visible, start, kept):
    """x [B, T, M], q_latent [B, T, R], visible [T, N] -> the entries that each token reads, [B, T, K]."""
    rope, ratio = rope_of(config, SPARSE), config["compress_rates"][SPARSE]
    keys = compress(x, weights, f"{name}.compressor", config, rope, ratio, start, kept, "index")
    q = split_heads(project(q_latent, weights, f"{name}.wq_b"), config["index_head_dim"])        # [B, I, T, DI]
    heard = project(x, weights, f"{name}.weights_proj")                # [B, T, I]
    return best_keys(rotate_tail(q, *rotation), keys, heard, visible, config["index_topk"])


def attention(x, weights, name, config, kind, rotation, start, kept):
    B, T, _ = x.shape
    D, W, eps = config["head_dim"], config["sliding_window"], config["rms_norm_eps"]
    q_latent = rms_norm(project(x, weights, f"{name}.wq_a"), weights, f"{name}.q_norm", eps)   # [B, T, R]
    q = rms_norm_unweighted(split_heads(project(q_latent, weights, f"{name}.wq_b"), D), eps)
    q = rotate_tail(q, *rotation)                                      # [B, H, T, D]
    kv = rms_norm(project(x, weights, f"{name}.wkv"), weights, f"{name}.norm", eps)
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
            chosen = choose_entries(x, q_latent, weights, at, config, rotation, visible, start, kept)
            if T == 1:
                # Every entry's block is complete by now.
                entries, visible = fetch(entries, chosen), visible[:, :chosen.shape[-1]]
            else:
                visible = visible & picked(chosen, entries.shape[1])   # [B, T, N]
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
