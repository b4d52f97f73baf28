# Block masks of flex attention as its tutorial prints them, and causal biases for rectangular scores.
import torch
import torch.nn.functional as F
from torch.nn.attention.bias import CausalBias, CausalVariant, causal_lower_right, causal_upper_left
from torch.nn.attention.flex_attention import and_masks, create_block_mask, flex_attention


def causal(b, h, q_idx, kv_idx):
    return q_idx >= kv_idx


def window(b, h, q_idx, kv_idx):
    return q_idx - kv_idx < 80


torch.manual_seed(0)
mask = create_block_mask(causal, B=None, H=None, Q_LEN=256, KV_LEN=256, device="cpu", BLOCK_SIZE=64)
print(mask)
print(mask.sparsity(), mask.shape, mask.kv_num_blocks, mask.full_kv_num_blocks)
sliding = create_block_mask(and_masks(causal, window), 1, 2, 320, 300, device="cpu", BLOCK_SIZE=32)
print(sliding)
print(repr(create_block_mask(causal, None, None, 8, 8, device="cpu")))
q, k, v = torch.randn(3, 1, 2, 8, 4)
small = create_block_mask(causal, None, None, 8, 8, device="cpu")
print(torch.allclose(flex_attention(q, k, v, block_mask=small), F.scaled_dot_product_attention(q, k, v, is_causal=True), atol=1e-6))

lower, upper = causal_lower_right(2, 4), causal_upper_left(2, 4)
print(lower, upper, type(lower), isinstance(upper, CausalBias), lower.variant == CausalVariant.LOWER_RIGHT, sep="\n")
print(F.scaled_dot_product_attention(q[:, :, :2], k[:, :, :4], v[:, :, :4], attn_mask=lower)[0, 0])
print(F.scaled_dot_product_attention(q[:, :, :2], k[:, :, :4], v[:, :, :4], attn_mask=upper)[0, 1])
