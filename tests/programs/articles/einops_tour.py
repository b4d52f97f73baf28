"""What einops' own tutorials show: grouping, reductions, repeats, named einsum, packing, and its error messages."""
import torch
import torch.nn.functional as F
from einops import EinopsError, einsum, pack, parse_shape, rearrange, reduce, repeat, unpack
from einops.layers.torch import Rearrange, Reduce

images = torch.arange(2 * 3 * 4 * 4).float().view(2, 3, 4, 4)
print(rearrange(images, 'b c h w -> b h w c').shape, rearrange(images, 'b c h w -> h (b w) c').shape)
print(rearrange(images, 'b c (h h2) (w w2) -> b (c h2 w2) h w', h2=2, w2=2)[0, :4, 0, 0])
print(rearrange(images, '(b1 b2) c h w -> b1 b2 c h w', b1=2).shape, rearrange(images, 'b ... -> b (...)').shape)
print(reduce(images, 'b c (h 2) (w 2) -> b c h w', 'max')[0, 0], reduce(images, 'b c h w -> c', 'mean'))
print((images - reduce(images, 'b c h w -> b c 1 1', 'mean')).sum(), reduce(images, '... h w -> ...', 'min').shape)
print(repeat(images[0, 0, 0], 'w -> (w 2)'), repeat(images[0, 0, 0], 'w -> h w', h=2).stride())
print(rearrange([images[0], images[1]], 'b c h w -> c b h w').shape)

# A rearrangement that only renames axes is a view; one that moves them is not contiguous.
q = rearrange(images, 'b c h w -> b (h w) c')
print(q.is_contiguous(), q.stride(), rearrange(images, 'b c h w -> (b c) h w').data_ptr() == images.data_ptr())

torch.manual_seed(0)
queries, keys, values = rearrange(torch.randn(2, 5, 3 * 2 * 4), 'b n (qkv h d) -> qkv b h n d', qkv=3, h=2)
scores = einsum(queries, keys, 'batch head i d, batch head j d -> batch head i j') * 4 ** -0.5
mask = rearrange(torch.ones(5, 5).tril().bool(), 'i j -> 1 1 i j')
attended = einsum(F.softmax(scores.masked_fill(~mask, -1e9), dim=-1), values, '... i j, ... j d -> ... i d')
print(rearrange(attended, 'b h n d -> b n (h d)')[0, :2])

cls, patches = torch.zeros(2, 8), torch.ones(2, 3, 3, 8)
packed, shapes = pack([cls, patches], 'b * d')
print(packed.shape, shapes, [part.shape for part in unpack(packed, shapes, 'b * d')])
print(parse_shape(images, 'batch _ h w'), parse_shape(images, 'batch ... w'))
print(Rearrange('b (h d) -> b h d', h=2), Reduce('b h d -> b d', 'sum')(torch.ones(1, 3, 2)))

for attempt in (
    lambda: rearrange(images, 'b c h -> b h c'),
    lambda: rearrange(images, 'b (c2 c) h w -> b c h w', c2=2),
    lambda: rearrange(images, 'b c (h1 h2) w -> b c h1 h2 w', h1=3),
    lambda: rearrange(images, 'b c h w -> b c h'),
    lambda: rearrange(images, 'b c h w -> b c h w', z=2),
    lambda: repeat(images, 'b c h w -> b c h w n'),
    lambda: reduce(images, 'b c h w -> b', 'median'),
    lambda: rearrange(images, 'b c h w -> b (c (h w))'),
    lambda: rearrange(images, 'b c h h -> b c h'),
    lambda: unpack(packed, [[], [4]], 'b d'),
):
    try:
        attempt()
    except EinopsError as error:
        print(error)
