"""Reading files as Python does; run from tests/checkpoints."""

import importlib
import json
import sys
from pathlib import Path

import torch
import safetensors.torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

import neighbour
from neighbour import Counter, twice

print(sys.argv[1:])
config = json.load(open("qwen3/config.json"))
print(json.dumps(config, indent=2, sort_keys=True))
with open("qwen3/config.json", "r", encoding="utf-8") as file:
    print(repr(file.readline()), repr(file.read(12)), len(file.readlines()), repr(file.read()), file.closed)
print(file.closed, file.name, file.mode)
for line in open("qwen3/config.json"):
    print(line, end="")
    break
try:
    file.read()
except ValueError as error:
    print(error)

weights = load_file("qwen3/model.safetensors")
for name in sorted(weights)[:4]:
    print(name, weights[name].shape, weights[name].dtype, weights[name].float().mean())
print(weights["model.norm.weight"])
expected = safetensors.torch.load_file(Path("qwen3") / "expected.safetensors")
print(expected["input_ids"][0, :8], expected["logits"].dtype)
with safe_open("qwen3/model.safetensors", framework="pt", device="cpu") as file:
    print(sorted(file.keys())[:2], file.metadata())
    part = file.get_slice("model.embed_tokens.weight")
    print(part.get_shape(), part.get_dtype(), part[2:4, :3])
    print(torch.equal(file.get_tensor("model.norm.weight"), weights["model.norm.weight"]))
    try:
        file.get_tensor("nothing")
    except SafetensorError as error:
        print(error)

for path in ["nothing.json", "qwen3/nothing", "qwen3", "qwen3/model.safetensors"]:
    try:
        open(path).read()
    except OSError as error:
        print(type(error).__name__, error)
    except UnicodeError as error:
        print("no text")
try:
    load_file("nothing.safetensors")
except FileNotFoundError as error:
    print(error)
try:
    load_file("qwen3/config.json")
except SafetensorError:
    print("no safetensors")
try:
    open("qwen3/config.json", "q")
except ValueError as error:
    print(error)

folder = Path("qwen3")
print(folder / "config.json", folder.exists(), (folder / "config.json").is_file(), (folder / "none").exists())
print(json.loads((folder / "config.json").read_text())["model_type"], Path("a/./b/c.tar.gz").suffix, Path("a/b").parent)

print(twice(21), neighbour.calls, neighbour.__name__, Counter().count)
print(importlib.import_module("neighbour") is neighbour)
try:
    import broken
except SyntaxError as error:
    print(type(error).__name__, error)
for _ in range(2):
    try:
        import failing
    except ZeroDivisionError as error:
        print(error)
try:
    neighbour.fail()
except KeyError as error:
    print(repr(error))
neighbour.fail()
