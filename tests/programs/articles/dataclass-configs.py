# Dataclasses as configurations: defaults, fields, post-init, replace, ordering, frozen.
from dataclasses import dataclass, field, asdict, replace
from typing import List, Optional

import torch
import torch.nn as nn


@dataclass
class ModelConfig:
    vocab_size: int = 32
    width: int = 16
    heads: int = 4
    kv_heads: Optional[int] = None
    windows: List[int] = field(default_factory=lambda: [4, 0])
    name: str = "tiny"

    def __post_init__(self):
        if self.kv_heads is None:
            self.kv_heads = self.heads
        assert self.heads % self.kv_heads == 0, f"{self.heads} heads cannot share {self.kv_heads}"

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @classmethod
    def large(cls, **changes):
        return cls(width=64, heads=8, name="large", **changes)


a = ModelConfig()
b = ModelConfig.large(kv_heads=2)
print(a)
print(b, b.head_width)
print(a == ModelConfig(), a == b, a.windows is ModelConfig().windows)
c = replace(b, heads=16)
print(c.heads, c.head_width, b.heads)
d = asdict(a)
print(d, len(d))
d["width"] = 8
print(ModelConfig(**d).head_width)
try:
    ModelConfig(heads=6, kv_heads=4)
except AssertionError as e:
    print("refused:", e)
try:
    ModelConfig(depth=3)
except TypeError as e:
    print(str(e).split("__init__()")[-1].strip())


@dataclass(frozen=True, order=True)
class Score:
    value: float
    label: str = ""


scores = [Score(0.5, "b"), Score(0.25, "c"), Score(0.5, "a")]
print(sorted(scores))
print(max(scores), len({Score(1.0), Score(1.0), Score(2.0)}))
try:
    scores[0].value = 1.0
except Exception as e:
    print(type(e).__name__, e)


class Layer(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.q = nn.Linear(config.width, config.heads * config.head_width, bias=False)
        self.kv = nn.Linear(config.width, 2 * config.kv_heads * config.head_width, bias=False)


for config in (a, b):
    layer = Layer(config)
    print(config.name, layer.q.weight.shape, layer.kv.weight.shape, sum(p.numel() for p in layer.parameters()))
