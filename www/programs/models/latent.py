# %% [markdown]
# # Multi-head latent attention
#
# One short vector per token is kept instead of keys and values: each head's keys and values are two maps of that latent.
# What a map cannot carry is position, so that a few more numbers per token are rotated and shared by all heads.
#
# - **B** batch, **T** tokens that are new, **S** keys, **H** heads, **M** model width
# - **R** width of the latent, **Rq** width of the latent that queries come from, where there is one
# - **Dn** part of a head's width without position, **Dr** the rotated part, **Dv** width of its values
#
# Sources: [DeepSeek-AI 2024](https://arxiv.org/abs/2405.04434), section 2.1 and appendix C; [DeepSeek's own code](https://github.com/deepseek-ai/DeepSeek-V3/blob/main/inference/model.py).

# %%
import torch

from cache import append
from configuration import shapes_at
from layers import attend, join_heads, project, rms_norm, split_heads
from positions import rope_parameters, rotate_halves, rotate_pairs, yarn_scale

LATENT_EPS = 1e-6   # the norms of the two latents do not follow the configuration


def latent_shapes(name, config):
    H, M, R, bias = (config[key] for key in ("num_attention_heads", "hidden_size", "kv_lora_rank", "attention_bias"))
    Dn, Dr, Dv, Rq = (config[key] for key in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "q_lora_rank"))
    shapes = shapes_at(name, bias, kv_a_proj_with_mqa=[R + Dr, M], o_proj=[M, H * Dv])
    shapes.update(shapes_at(name, kv_a_layernorm=[R], kv_b_proj=[H * (Dn + Dv), R]))
    if Rq is None:
        return {**shapes, **shapes_at(name, q_proj=[H * (Dn + Dr), M])}
    shapes.update(shapes_at(name, bias, q_a_proj=[Rq, M]))
    return {**shapes, **shapes_at(name, q_a_layernorm=[Rq], q_b_proj=[H * (Dn + Dr), Rq])}


def queries(x, weights, name, config, rotation):
    """Queries without position [B, H, T, Dn] and rotated [B, H, T, Dr], and the latent they came from [B, T, Rq]."""
    Dn, Dr = config["qk_nope_head_dim"], config["qk_rope_head_dim"]
    if config["q_lora_rank"] is None:
        latent, q = None, project(x, weights, f"{name}.q_proj")
    else:
        latent = project(x, weights, f"{name}.q_a_proj")
        latent = rms_norm(latent, weights, f"{name}.q_a_layernorm", LATENT_EPS)
        q = project(latent, weights, f"{name}.q_b_proj")
    q, q_rope = split_heads(q, Dn + Dr).split([Dn, Dr], dim=-1)
    return q, rotate(q_rope, config, rotation), latent


def latents(x, weights, name, config, rotation, kept):
    """All that is kept of a token: its latent, after its norm [B, S, R], and its rotated key [B, S, Dr]."""
    both = project(x, weights, f"{name}.kv_a_proj_with_mqa")
    latent, k_rope = both.split([config["kv_lora_rank"], config["qk_rope_head_dim"]], dim=-1)
    latent = rms_norm(latent, weights, f"{name}.kv_a_layernorm", LATENT_EPS)
    return append(kept, "latent", latent), append(kept, "k_rope", rotate(k_rope, config, rotation))


def rotate(x, config, rotation):
    return rotate_pairs(x, *rotation) if config["rope_interleave"] else rotate_halves(x, *rotation)


# %% [markdown]
# ## Where the maps are applied
#
# Over a text that is read at once the latents are expanded into keys and values; decoding takes the maps into query and result, and reads latents alone.

# %%
def attend_to_latents(q, q_rope, latent, k_rope, mask, up, config):
    """up [H · (Dn + Dv), R] holds each head's map from latents to keys, then to values -> [B, T, H · Dv]."""
    B, H, T, Dn = q.shape
    S, R = latent.shape[1:]
    to_keys, to_values = up.float().view(H, -1, R).split([Dn, config["v_head_dim"]], dim=1)
    latent, k_rope = latent[:, None], k_rope[:, None]                  # [B, 1, S, R], [B, 1, S, Dr]
    scale = score_scale(config)
    if S == T:
        # Nothing was kept: as in training, keys [B, H, S, Dn + Dr] and values [B, H, S, Dv] are made for all heads.
        keys = torch.cat([latent @ to_keys.transpose(1, 2), k_rope.expand(B, H, S, -1)], dim=-1)
        values = latent @ to_values.transpose(1, 2)
        return attend(torch.cat([q, q_rope], dim=-1), keys, values, mask, scale)
    # q · (W latent) is (Wᵀ q) · latent: one key and one value for all heads, and none made for S tokens.
    q = torch.cat([q @ to_keys, q_rope], dim=-1)                       # [B, H, T, R + Dr]
    heads = attend(q, torch.cat([latent, k_rope], dim=-1), latent, mask, scale)
    return join_heads(split_heads(heads, R) @ to_values.transpose(1, 2))


def score_scale(config):
    scale = (config["qk_nope_head_dim"] + config["qk_rope_head_dim"])**-0.5
    rope = rope_parameters(config)
    if rope["rope_type"] != "default" and rope.get("mscale_all_dim"):
        scale *= yarn_scale(rope["factor"], rope["mscale_all_dim"])**2
    return scale
