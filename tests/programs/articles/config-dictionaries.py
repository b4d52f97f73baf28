"""Configurations as people write them: globals, locals, dictionaries with attributes, dataclasses that parse."""
import copy
import sys
import traceback
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Callable, Dict, List, Literal, Optional, Union

import torch
import torch.nn as nn

# nanoGPT: the settings are the module's own names.
batch_size = 12
learning_rate = 6e-4
dropout = 0.0
compile_model = True
init_from = "scratch"
config_keys = [k for k, v in globals().items() if not k.startswith("_") and isinstance(v, (int, float, bool, str))]
config = {k: globals()[k] for k in config_keys}
print(config)
for argument in ["--batch_size=4", "--init_from=resume"]:
    key, value = argument[2:].split("=")
    globals()[key] = type(globals()[key])(value)
print(batch_size, init_from)


class AttrDict(dict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self


class Cfg(dict):
    __getattr__ = dict.get
    __setattr__ = dict.__setitem__
    __delattr__ = dict.__delitem__


class Namespace:
    def __init__(self, values):
        self.__dict__ = values


attr = AttrDict(d_model=8, n_head=2)
attr.d_model *= 2
print(attr, attr["d_model"], attr.__dict__ is attr)
cfg = Cfg(lr=0.1)
cfg.steps = 10
del cfg.lr
print(cfg, cfg.missing, copy.deepcopy(cfg).steps, type(copy.deepcopy(cfg)).__name__)
print(Namespace({"x": 1}).x, type("Args", (), {"n_layer": 3})().n_layer)


class Activation(str, Enum):
    RELU = "relu"
    GELU = "gelu"


@dataclass
class TrainArgs:
    lr: float = 1e-3
    steps: int = 10
    name: str = "run"
    seed: Optional[int] = None
    betas: List[float] = field(default_factory=lambda: [0.9, 0.999])
    act: Activation = Activation.GELU


given = {"lr": "0.5", "steps": "3", "name": "second"}
print(TrainArgs(**{f.name: f.type(given[f.name]) for f in fields(TrainArgs) if f.name in given}))
print({f.name: f.type for f in fields(TrainArgs)})
print(Optional[int], List[int], list[int], dict[str, Union[int, str]], Callable[[int], str], Literal["a", 1], int | None)
print(isinstance(3, int | float), isinstance("3", int | None), f"{Activation.RELU} {Activation.RELU.value}", Activation("gelu") == "gelu")


class Block(nn.Module):
    def __init__(self, d_in: int, d_out: int | None = None, *, bias: bool = True, **extra: Dict[str, int]) -> None:
        super().__init__()
        for name, value in locals().items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)
        self.proj = nn.Linear(d_in, d_out or d_in, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(x)


block = Block(4, bias=False, heads=2)
print(block.d_in, block.d_out, block.extra, Block.__init__.__annotations__)
print(block.forward)

loss = torch.tensor(1.23456)
print("loss: %.4f" % loss, "step %d" % torch.tensor(7), "%s" % torch.tensor([1, 2]), "%*d|%-6s|" % (5, 42, "ab"))


class Tee:
    def __init__(self, stream):
        self.stream, self.lines = stream, 0

    def write(self, text):
        self.lines += text.count("\n")
        return self.stream.write(text.replace("loss", "LOSS"))

    def flush(self):
        self.stream.flush()


sys.stdout = tee = Tee(sys.stdout)
print("the loss", 0.5)
print("another loss", flush=True)
sys.stdout = sys.__stdout__
sys.stdout.write(f"{tee.lines} lines went through\n")
print("nobody sees this", file=sys.stderr)
try:
    block(torch.ones(3))
except RuntimeError as error:
    print(traceback.format_exc().splitlines()[-1] == f"RuntimeError: {error}", sys.exc_info()[0])
