# Attention of gpt-oss: a learned sink beside the keys, every other layer in a window, rotations by YaRN (Peng et al. 2023).
import math
from dataclasses import dataclass

import torch


@dataclass
class Config:
    hidden_size: int = 16
    head_dim: int = 8
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    sliding_window: int = 2
    rope_theta: float = 150000.0
    rope_scaling_factor: float = 32.0


def inverse_frequencies(config, alpha=1.0, beta=32.0, context=4096):
    freq = config.rope_theta ** (torch.arange(0, 64, 2, dtype=torch.float) / 64)
    concentration = 0.1 * math.log(config.rope_scaling_factor) + 1.0
    half = 64 / 2
    low = half * math.log(context / (beta * 2 * math.pi)) / math.log(config.rope_theta)
    high = half * math.log(context / (alpha * 2 * math.pi)) / math.log(config.rope_theta)
    assert 0 < low < high < half - 1
    ramp = (torch.arange(half, dtype=torch.float32) - low) / (high - low)
    mask = 1 - ramp.clamp(0, 1)
    return concentration, 1.0 / (config.rope_scaling_factor * freq) * (1 - mask) + 1.0 / freq * mask


def sdpa(Q, K, V, S, sm_scale, sliding_window=0):
    n_tokens, n_heads, q_mult, d_head = Q.shape
    K = K[:, :, None, :].expand(-1, -1, q_mult, -1)
    V = V[:, :, None, :].expand(-1, -1, q_mult, -1)
    S = S.reshape(n_heads, q_mult, 1, 1).expand(-1, -1, n_tokens, -1)
    mask = torch.triu(Q.new_full((n_tokens, n_tokens), -float("inf")), diagonal=1)
    if sliding_window > 0:
        mask += torch.tril(mask.new_full((n_tokens, n_tokens), -float("inf")), diagonal=-sliding_window)
    QK = torch.einsum("qhmd,khmd->hmqk", Q, K)
    QK *= sm_scale
    QK += mask[None, None, :, :]
    W = torch.softmax(torch.cat([QK, S], dim=-1), dim=-1)[..., :-1]
    return torch.einsum("hmqk,khmd->qhmd", W, V).reshape(n_tokens, -1), W


torch.manual_seed(0)
config = Config()
print(config)
concentration, frequencies = inverse_frequencies(config)
print(f"{concentration:.4f}", frequencies[::4])
tokens, groups, heads = 4, config.num_key_value_heads, config.num_attention_heads
Q = torch.randn(tokens, groups, heads // groups, config.head_dim)
K, V = torch.randn(2, tokens, groups, config.head_dim)
sinks = torch.nn.Parameter(torch.empty(heads).normal_())
for layer in range(2):
    window = config.sliding_window if layer % 2 == 0 else 0
    out, weights = sdpa(Q, K, V, sinks, 1 / math.sqrt(config.head_dim), window)
    print(out[-1, :6], weights[0, 0].sum(-1))
