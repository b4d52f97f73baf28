# torch.nn.attention.flex_attention: attention whose scores and mask are functions of the indices.
#
# The functions are called once with index tensors that broadcast over (B, H, T, S), where PyTorch compiles them.
import math

import torch


def noop_mask(batch, head, token_q, token_kv):
    return torch.ones((), dtype=torch.bool)


def _indices(B, H, T, S):
    shapes = ((B, (-1, 1, 1, 1)), (H, (-1, 1, 1)), (T, (-1, 1)), (S, (-1,)))
    return [torch.arange(size).view(shape) for size, shape in shapes]


def create_mask(mod_fn, B, H, Q_LEN, KV_LEN, device="cpu"):
    B, H = B or 1, H or 1
    return mod_fn(*_indices(B, H, Q_LEN, KV_LEN)).expand(B, H, Q_LEN, KV_LEN)


class BlockMask:
    def __init__(self, mask, mask_mod, block_size):
        self._mask = mask
        self.mask_mod = mask_mod
        self.BLOCK_SIZE = (block_size, block_size) if isinstance(block_size, int) else tuple(block_size)
        self.seq_lengths = tuple(mask.shape[-2:])

    @property
    def shape(self):
        return tuple(self._mask.shape)

    def to_dense(self):
        # One cell for each block: whether any of its scores is computed.
        rows, columns = self.BLOCK_SIZE
        B, H, T, S = self._mask.shape
        padded = torch.nn.functional.pad(self._mask.int(), (0, -S % columns, 0, -T % rows))
        blocks = padded.view(B, H, padded.size(2) // rows, rows, padded.size(3) // columns, columns)
        return blocks.amax((3, 5))

    def numel(self):
        return self._mask.numel()

    def sparsity(self):
        # The percentage of scores that lie in blocks which are skipped.
        dense = self.to_dense()
        return 100 * (1 - dense.sum().item() * self.BLOCK_SIZE[0] * self.BLOCK_SIZE[1] / self.numel())

    def __getitem__(self, index):
        return BlockMask(self._mask[index], self.mask_mod, self.BLOCK_SIZE)


def create_block_mask(mask_mod, B, H, Q_LEN, KV_LEN, device="cpu", BLOCK_SIZE=128, _compile=False):
    return BlockMask(create_mask(mask_mod, B, H, Q_LEN, KV_LEN), mask_mod, BLOCK_SIZE)


def and_masks(*mask_mods):
    def and_mask(b, h, q_idx, kv_idx):
        result = torch.ones((), dtype=torch.bool)
        for mask_mod in mask_mods:
            result = result & mask_mod(b, h, q_idx, kv_idx)
        return result

    return and_mask


def or_masks(*mask_mods):
    def or_mask(b, h, q_idx, kv_idx):
        result = torch.zeros((), dtype=torch.bool)
        for mask_mod in mask_mods:
            result = result | mask_mod(b, h, q_idx, kv_idx)
        return result

    return or_mask


def flex_attention(
    query, key, value, score_mod=None, block_mask=None, scale=None, enable_gqa=False, return_lse=False, kernel_options=None
):
    B, H, T, D = query.shape
    S = key.size(-2)
    if enable_gqa:
        key, value = [part.repeat_interleave(H // part.size(1), dim=1) for part in (key, value)]
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(D) if scale is None else scale)
    if score_mod is not None:
        scores = score_mod(scores, *_indices(B, H, T, S))
    if block_mask is not None:
        scores = scores.masked_fill(~block_mask._mask, -math.inf)
    lse = torch.logsumexp(scores, -1)
    # A row without any score attends to nothing.
    weights = torch.softmax(scores, -1).masked_fill((lse == -math.inf).unsqueeze(-1), 0.0)
    result = weights @ value
    return (result, lse) if return_lse else result
