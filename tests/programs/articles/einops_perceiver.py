"""A Perceiver with rotary positions and packed register tokens, in the manner of lucidrains' repositories."""
from functools import partial, wraps
from math import pi

import torch
import torch.nn.functional as F
from einops import einsum, pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import EinMix, Rearrange, Reduce
from packaging import version
from torch import nn


def exists(val):
    return val is not None


def default(val, d):
    return val if exists(val) else d


def cache_fn(f):
    cache = None

    @wraps(f)
    def cached_fn(*args, _cache=True, **kwargs):
        if not _cache:
            return f(*args, **kwargs)
        nonlocal cache
        if cache is None:
            cache = f(*args, **kwargs)
        return cache

    return cached_fn


def fourier_encode(x, max_freq, num_bands=4):
    x = x.unsqueeze(-1)
    orig_x = x
    scales = torch.linspace(1., max_freq / 2, num_bands)
    scales = scales[(*((None,) * (len(x.shape) - 1)), ...)]
    x = x * scales * pi
    x = torch.cat([x.sin(), x.cos()], dim=-1)
    return torch.cat((x, orig_x), dim=-1)


class PreNorm(nn.Module):
    def __init__(self, dim, fn, context_dim=None):
        super().__init__()
        self.fn = fn
        self.norm = nn.LayerNorm(dim)
        self.norm_context = nn.LayerNorm(context_dim) if exists(context_dim) else None

    def forward(self, x, **kwargs):
        x = self.norm(x)
        if exists(self.norm_context):
            kwargs.update(context=self.norm_context(kwargs['context']))
        return self.fn(x, **kwargs)


class GEGLU(nn.Module):
    def forward(self, x):
        x, gates = x.chunk(2, dim=-1)
        return x * F.gelu(gates)


class FeedForward(nn.Module):
    def __init__(self, dim, mult=2):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, dim * mult * 2), GEGLU(), nn.Linear(dim * mult, dim))

    def forward(self, x):
        return self.net(x)


def rotate_half(x):
    x = rearrange(x, '... (d r) -> ... d r', r=2)
    x1, x2 = x.unbind(dim=-1)
    return rearrange(torch.stack((-x2, x1), dim=-1), '... d r -> ... (d r)')


class Attention(nn.Module):
    def __init__(self, query_dim, context_dim=None, heads=2, dim_head=4, rotary=False):
        super().__init__()
        inner_dim = dim_head * heads
        context_dim = default(context_dim, query_dim)
        self.scale, self.heads, self.rotary = dim_head ** -0.5, heads, rotary
        self.to_q = nn.Linear(query_dim, inner_dim, bias=False)
        self.to_kv = nn.Linear(context_dim, inner_dim * 2, bias=False)
        self.split_heads = Rearrange('b n (h d) -> b h n d', h=heads)
        self.to_out = nn.Linear(inner_dim, query_dim)

    def forward(self, x, context=None, mask=None):
        h = self.heads
        q = self.split_heads(self.to_q(x))
        k, v = rearrange(self.to_kv(default(context, x)), 'b n (kv h d) -> kv b h n d', kv=2, h=h)
        if self.rotary:
            angles = einsum(torch.arange(q.shape[-2]).float(), torch.tensor([1.0, 0.1]), 'n, f -> n f')
            angles = repeat(angles, 'n f -> n (f r)', r=2)
            q, k = (t * angles.cos() + rotate_half(t) * angles.sin() for t in (q, k))
        sim = einsum(q, k, 'b h i d, b h j d -> b h i j') * self.scale
        if exists(mask):
            mask = repeat(mask, 'b j -> b h 1 j', h=h)
            sim.masked_fill_(~mask, -torch.finfo(sim.dtype).max)
        out = einsum(sim.softmax(dim=-1), v, 'b h i j, b h j d -> b h i d')
        return self.to_out(rearrange(out, 'b h n d -> b n (h d)'))


class Perceiver(nn.Module):
    def __init__(self, *, depth, input_channels, num_latents, latent_dim, num_classes, weight_tie_layers=True):
        super().__init__()
        input_dim = input_channels + 2 * 9
        self.latents = nn.Parameter(torch.randn(num_latents, latent_dim))
        self.registers = nn.Parameter(torch.randn(2, latent_dim))
        get_cross, get_self, get_ff = map(cache_fn, (
            lambda: PreNorm(latent_dim, Attention(latent_dim, input_dim), context_dim=input_dim),
            lambda: PreNorm(latent_dim, Attention(latent_dim, rotary=True)),
            lambda: PreNorm(latent_dim, FeedForward(latent_dim))))
        self.layers = nn.ModuleList([])
        for i in range(depth):
            cache_args = {'_cache': i > 0 and weight_tie_layers}
            self.layers.append(nn.ModuleList([get_cross(**cache_args), get_self(**cache_args), get_ff(**cache_args)]))
        self.mix = EinMix('b n (g d) -> b n g e', weight_shape='g d e', bias_shape='g e', g=2, d=latent_dim // 2, e=3)
        self.to_logits = nn.Sequential(Rearrange('b n g e -> b n (g e)'), Reduce('b n d -> b d', 'mean'), nn.LayerNorm(6), nn.Linear(6, num_classes))

    def forward(self, data, mask=None):
        b, *axis, _ = data.shape
        pos = torch.stack(torch.meshgrid(*map(lambda size: torch.linspace(-1., 1., steps=size), axis), indexing='ij'), dim=-1)
        enc_pos = rearrange(fourier_encode(pos, max_freq=10.), '... n d -> ... (n d)')
        data = torch.cat((data, repeat(enc_pos, '... -> b ...', b=b)), dim=-1)
        data = rearrange(data, 'b ... d -> b (...) d')
        x = repeat(self.latents, 'n d -> b n d', b=b)
        x, ps = pack([repeat(self.registers, 'n d -> b n d', b=b), x], 'b * d')
        for cross_attn, self_attn, ff in self.layers:
            x = cross_attn(x, context=data, mask=mask) + x
            x = self_attn(x) + x
            x = ff(x) + x
        _, x = unpack(x, ps, 'b * d')
        return self.to_logits(self.mix(x)), x


assert version.parse(torch.__version__) >= version.parse('2.0.0')
torch.manual_seed(3)
model = Perceiver(depth=2, input_channels=3, num_latents=4, latent_dim=8, num_classes=5)
print(model.to_logits)
print(model.mix, model.mix.weight.shape)
logits, latents = model(torch.randn(2, 3, 4, 3), mask=torch.arange(12)[None] < torch.tensor([[12], [7]]))
print(logits)
print(reduce(latents, 'b n d -> b n', 'max'))
print(reduce(latents, 'b (n1 n2) d -> b n1 d', partial(torch.mean), n1=2).shape, reduce(latents > 0, 'b n d -> b d', 'all')[0])
