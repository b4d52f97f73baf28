# How libraries of models write their configurations: names that stand for others, enumerations of strings, descriptors.
import argparse
import json
import unicodedata
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path
from types import SimpleNamespace


class PretrainedConfig:
    model_type = ""
    attribute_map = {}

    def __setattr__(self, key, value):
        if key in super().__getattribute__("attribute_map"):
            key = super().__getattribute__("attribute_map")[key]
        super().__setattr__(key, value)

    def __getattribute__(self, key):
        if key != "attribute_map" and key in super().__getattribute__("attribute_map"):
            key = super().__getattribute__("attribute_map")[key]
        return super().__getattribute__(key)

    def __init__(self, **kwargs):
        for key, value in kwargs.items():
            setattr(self, key, value)

    @property
    def head_dim(self):
        return self.hidden_size // self.num_attention_heads

    def __repr__(self):
        return f"{type(self).__name__} {json.dumps(self.__dict__, indent=2, sort_keys=True)}"


class GPT2Config(PretrainedConfig):
    model_type = "gpt2"
    attribute_map = {"hidden_size": "n_embd", "num_attention_heads": "n_head"}

    def __init__(self, n_embd=32, n_head=4, **kwargs):
        self.n_embd, self.n_head = n_embd, n_head
        super().__init__(**kwargs)


config = GPT2Config(hidden_size=48, scale=None)
config.num_attention_heads = 6
print(config, config.hidden_size, config.n_head, config.head_dim, config.model_type)
print(hasattr(config, "n_layer"), getattr(config, "n_layer", 12), getattr(config, "hidden_size"), vars(config))
try:
    config.n_layer
except AttributeError as error:
    print(error)


class ExplicitEnum(str, Enum):
    @classmethod
    def _missing_(cls, value):
        raise ValueError(f"{value} is not a valid {cls.__name__}, please select one of {list(cls._value2member_map_.keys())}")


class Padding(ExplicitEnum):
    LONGEST = "longest"
    MAX_LENGTH = "max_length"


class Layer(IntEnum):
    SLIDING = 1
    FULL = 2


print(Padding("longest"), Padding._member_names_, Layer._value2member_map_, json.dumps({"padding": Padding.LONGEST, "layers": [Layer.FULL, Layer.SLIDING]}))
try:
    Padding("left")
except ValueError as error:
    print(error)


class Positive:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.name, None)

    def __set__(self, obj, value):
        if value <= 0:
            raise ValueError(f"{self.name[1:]} must be positive, got {value}")
        setattr(obj, self.name, value)

    def __delete__(self, obj):
        print("deleting", self.name)
        delattr(obj, self.name)


class Schedule:
    lr = Positive()

    def __init__(self, lr):
        self.lr = lr

    def __repr__(self):
        return "Schedule(lr={self.lr}, kind={self.__class__.__name__!r:>12})".format(self=self)


schedule = Schedule(3e-4)
print(schedule)
del schedule.lr
print(schedule.lr, "lr" in vars(schedule))
try:
    schedule.lr = -1
except ValueError as error:
    print(error)
run = SimpleNamespace(name="mla", config=config)
print("{0.name}: {0.config.hidden_size:>4} {1[k]} {{0.name}} {run.config.head_dim}".format(run, {"k": 3}, run=run))


@dataclass(kw_only=True)
class Sampling:
    temperature: float = 1.0
    top_k: int | None = None


for wrong in (lambda: Sampling(0.7), lambda: Sampling(temp=0.7)):
    try:
        wrong()
    except TypeError as error:
        print(error)

parser = argparse.ArgumentParser()
parser.add_argument("mode", nargs="?", default="sample")
parser.add_argument("overrides", nargs="*")
parser.add_argument("--heads", type=int, default=4)
print(parser.parse_args(["--heads", "8"]), parser.parse_args(["train", "a=1", "b=2"]), parser.parse_known_args(["eval", "--unknown"]))

checkpoint = Path("runs") / "gpt.tar.gz"
print(checkpoint.with_suffix(".json"), checkpoint.with_name("config.json"), checkpoint.with_stem("best"))

# A token that is half a character, shown as minbpe does.
token = "안".encode()[:2].decode("utf-8", errors="replace") + "\n"
print("".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in token), [unicodedata.category(c) for c in token])
try:
    raise EnvironmentError("no such checkpoint")
except OSError as error:
    print(type(error).__name__, error)
