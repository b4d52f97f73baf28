# %% [markdown]
# # What a layer keeps
#
# A cache is a dictionary of plain tensors for each layer: a new token reads what earlier tokens left there, and adds its own.
# Each layer holds what its mechanism promises: a window lets go of what it has moved past.
# What grows with the text stands in a room that is a little larger, so that a new token's row is written behind the others and none of them is copied.
#
# - **B** batch, **T** tokens that are new, **S** keys: those that the cache keeps and the new ones
# - **H** query heads, **G** key/value heads, **D** width of an entry
# - **C** channels of a convolution, **N** tokens that it spans

# %%
import torch
import torch.nn.functional as F

from layers import attend, causal_mask


def empty_cache(layers):
    """Before the first token: none has been read, and each of so many layers keeps nothing."""
    return {"length": 0, "layers": [{} for _ in range(layers)]}


class Room:
    """Rows [..., R, D], the first of which are entries [..., S, D] that more will follow."""

    def __init__(self, entries, size):
        self.rows = entries.new_empty(*entries.shape[:-2], size, entries.shape[-1])
        self.size, self.taken = size, entries.shape[-2]
        self.rows[..., :self.taken, :] = entries


def append(kept, name, new, window=None):
    """What a layer keeps under a name, then what is new [..., T, D] -> [..., S, D]; a window keeps its last ones."""
    entries = kept.get(name)
    if entries is None:
        entries = new.contiguous()
    elif window is None:
        first, room = entries.shape[-2], getattr(entries, "room", None)
        end = first + new.shape[-2]
        # Who goes on from entries from which somebody else has gone on needs another room.
        if room is None or room.taken != first or room.size < end:
            room = Room(entries, end + max(64, first // 4))
        room.rows[..., first:end, :] = new
        entries = room.rows[..., :end, :]
        entries.room, room.taken = room, end
    else:
        entries = torch.cat([entries, new], dim=-2)
    kept[name] = entries
    if window is not None and entries.shape[-2] > window:
        # A view holds on to all that it is a view of: what is kept is a copy, and lets go of the rest.
        kept[name] = entries[..., -window:, :].clone()
    return entries


def attend_to_kept(q, k, v, kept, scale, window=None, sinks=None):
    """q [B, H, T, D], k and v [B, G, T, D] of the new tokens -> [B, T, H · D], from all keys that they may see."""
    k, v = append(kept, "k", k, window), append(kept, "v", v, window)  # [B, G, S, D]
    T, S = q.shape[2], k.shape[2]
    # A token alone looks at all keys that no window hides.
    mask = causal_mask(T, S, window, q.device) if T > 1 or window else None
    return attend(q, k, v, mask, scale, sinks)


def state_of(kept, *shape, device):
    """The state that a layer keeps, of zeros before the first token."""
    return kept["state"] if "state" in kept else torch.zeros(*shape, device=device)


# %% [markdown]
# ## Convolution
#
# In front of a recurrent layer, a short convolution lets each token see the few before it.

# %%
def with_past(x, kept, name, before):
    """x [B, T, C] -> [B, before + T, C]: so many tokens before the new ones, zeros where there are none yet."""
    B, _, C = x.shape
    if name not in kept:
        kept[name] = torch.zeros(B, before, C, device=x.device)
    return append(kept, name, x, window=before)


def causal_convolution(x, weight, bias, kept, name):
    """x [B, T, C], weight [C, 1, N], bias [C] or none -> [B, T, C]: each channel sums its last N tokens.

    Under the name, a layer keeps the N - 1 tokens that the next one looks back on.
    """
    before = weight.shape[-1] - 1
    assert before > 0, "a convolution over one token is a product, not a convolution"
    x = with_past(x, kept, name, before).transpose(1, 2)               # [B, C, N - 1 + T]
    bias = None if bias is None else bias.float()
    return F.conv1d(x, weight.float(), bias, groups=x.shape[1]).transpose(1, 2)
