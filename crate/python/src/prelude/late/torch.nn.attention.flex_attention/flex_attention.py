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

    def _blocks(self):
        # How many scores of each block are computed.
        rows, columns = self.BLOCK_SIZE
        B, H, T, S = self._mask.shape
        padded = torch.nn.functional.pad(self._mask.int(), (0, -S % columns, 0, -T % rows))
        return padded.view(B, H, padded.size(2) // rows, rows, padded.size(3) // columns, columns).sum((3, 5))

    def _partial(self):
        computed = self._blocks()
        return ((computed > 0) & (computed < self.BLOCK_SIZE[0] * self.BLOCK_SIZE[1])).int()

    def _full(self):
        return (self._blocks() == self.BLOCK_SIZE[0] * self.BLOCK_SIZE[1]).int()

    def _counted(self, blocks):
        return blocks.sum(-1).int(), torch.argsort(blocks, dim=-1, descending=True, stable=True).int()

    @property
    def kv_num_blocks(self):
        return self._counted(self._partial())[0]

    @property
    def kv_indices(self):
        return self._counted(self._partial())[1]

    @property
    def full_kv_num_blocks(self):
        return self._counted(self._full())[0]

    @property
    def full_kv_indices(self):
        return self._counted(self._full())[1]

    def to_dense(self):
        # One cell for each block: whether any of its scores is computed.
        return (self._blocks() > 0).int()

    def numel(self):
        return self._mask.numel()

    def sparsity(self):
        # The percentage of blocks that are skipped.
        dense = self.to_dense()
        return 100 * (1 - dense.sum().item() / dense.numel())

    def to_string(self, grid_size=(20, 20), limit=4):
        dense = self.to_dense()
        B, H, rows, columns = dense.shape
        limits = (grid_size, grid_size) if isinstance(grid_size, int) else grid_size
        row_step, column_step = max(1, -(-rows // limits[0])), max(1, -(-columns // limits[1]))
        drawn = []
        for batch, head in [(batch, head) for batch in range(B) for head in range(H)]:
            if len(drawn) == limit:
                drawn += ["...", "To print out more, set BlockMask.to_string(limit=N)"]
                drawn.append("You can also index (BlockMask[batch, head]) to choose a specific batch or head")
                break
            text = f"({batch}, {head})\n"
            for row in range(0, rows, row_step):
                for column in range(0, columns, column_step):
                    part = dense[batch, head, row : row + row_step, column : column + column_step].float().mean().item()
                    text += "██" if part == 1 else "  " if part == 0 else "░░"
                text += "\n"
            drawn.append(text)
        return "\n".join(drawn)

    def __str__(self):
        return f"BlockMask(shape={self.shape}, sparsity={self.sparsity():.2f}%, \n{self.to_string().strip()}\n)"

    def __repr__(self):
        B, H, rows, columns = self.to_dense().shape
        text = "BlockMask(\n"
        for side, counts, places in (("kv", (B, H, rows), (B, H, rows, columns)), ("q", (B, H, columns), (B, H, columns, rows))):
            for kind in ("", "full_"):
                text += f"    {kind}{side}_num_blocks={torch.Size(counts)},\n    {kind}{side}_indices={torch.Size(places)},\n"
        text += f"    BLOCK_SIZE={self.BLOCK_SIZE},\n    shape={self.shape},\n    sparsity={self.sparsity():.2f}%,\n"
        return text + f"    mask_mod={getattr(self.mask_mod, '__name__', self.mask_mod)}\n)"

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
    if not enable_gqa and H != key.size(1):
        raise ValueError(
            f"Expect query and key/value to have the same number of heads but got Hq={H} and Hkv={key.size(1)}. "
            f"Try setting enable_gqa=True for GQA."
        )
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
