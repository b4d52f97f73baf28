# JSON texts and paths, which need no files.
import json
from pathlib import Path

config = {"hidden_size": 64, "rope": {"theta": 1e6, "factor": None}, "tie": True, "types": ["full", "sliding"], "eps": 1e-06}
print(json.dumps(config))
print(json.dumps(config, indent=2))
print(json.dumps(config, sort_keys=True, separators=(",", ":")))
print(json.dumps([[], {}, (), "", 0, -1.5, 1e100, float("inf"), float("nan")], indent=1))
print(json.dumps({1: "a", 2.5: "b", None: "c", False: "d", "é": "ü\n\t\"\\/😀"}))
print(json.dumps({"é": "ü😀"}, ensure_ascii=False), json.dumps([1, [2]], indent="--"))
assert json.loads(json.dumps(config)) == config

for text in ["[1, 2.0, -3e2, true, null, NaN]", '{"a": {"b": []}}', '"\\u00e9\\ud83d\\ude00\\n"', " 7 ", '{"a": 1, "a": 2}',
             "123456789012345678901234567890"]:
    print(repr(json.loads(text)))

for text in ["", "[1,", "[1 2]", "{'a': 1}", '{"a" 1}', '{"a": 1,}', "[1]x", "01", '"open', '"\\x"', '"\\u12"', "tru", '["a\n"]']:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        print(error, error.pos, error.lineno, error.colno)

for value in [{1, 2}, {(1, 2): 3}, object]:
    try:
        json.dumps(value)
    except TypeError as error:
        print(error)
loop = []
loop.append(loop)
try:
    json.dumps(loop)
except ValueError as error:
    print(error)

folder = Path("models") / "qwen3"
print(folder, folder / "config.json", Path("a", "./b//c"), Path("/a") / "b", Path("a") / "/b", Path(), repr(Path("x/y")))
path = folder / "model.safetensors.index.json"
print(path.name, path.stem, path.suffix, path.parent, path.parent.parent, path.parts, list(path.parents))
print(Path("a/b") == Path("a//b"), sorted([Path("b"), Path("a/c"), Path("a")]), Path("nothing-here").exists())
