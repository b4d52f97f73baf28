# %% [markdown]
# # Opening a checkpoint
#
# A checkpoint is a folder as it is published: `config.json`, and the weights in `model.safetensors` or in several files that `model.safetensors.index.json` lists.
# `model_type` in the configuration names the program beside this file that computes the architecture, and that program says which tensors it needs, in which shapes.
# All that can be wrong is found in the headers of the files, before a weight is loaded.
#
# Sources: the format of [safetensors](https://github.com/huggingface/safetensors); names that labs publish and that transformers reads otherwise, in its [conversion_mapping.py](https://github.com/huggingface/transformers/blob/main/src/transformers/conversion_mapping.py) and in the `_keys_to_ignore_on_load_unexpected` of its models.

# %%
import importlib
import json
import math
import os
import re
from pathlib import Path

from safetensors import SafetensorError, safe_open


class Refused(Exception):
    """Why a checkpoint cannot be opened, in a sentence."""


def open_checkpoint(folder, report=None):
    """The program of the architecture, its configuration, and the weights by the names that the program knows.

    After each tensor, `report` is called with the bytes that are loaded and the bytes that there are.
    """
    folder = unfold(Path(folder))
    config = read_config(folder)
    program = architecture(config)
    has_scales = dequantizes(config)
    if has_scales:
        config = {**config, "quantization_config": None}
    try:
        shapes = {name: list(shape) for name, shape in program.weight_shapes(config).items()}
    except AssertionError as error:
        raise Refused(f"config.json: {error}") from None
    files = open_files(folder)
    if has_scales:
        shapes.update(scale_shapes(config, shapes, files))
    places = find_weights(config, shapes, files)
    compare_shapes(shapes, places)
    unscaled = [name for name, place in places.items() if dtype_of(*place) in ("I8", "U8") and not has_scales]
    if unscaled:
        raise Refused(f"{unscaled[0]} is of 8-bit integers, and config.json does not say how to read them")
    weights = load(places, report)
    return program, config, ScaledWeights(weights) if has_scales else weights


def unfold(folder):
    """A folder, or the GGUF file in it: the playground shows such a file as the folder that it was made from."""
    file = folder / "model.gguf"
    return file if file.exists() and not (folder / "config.json").exists() else folder


# %% [markdown]
# ## The configuration

# %%
def read_json(path):
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Refused(f"{path.name}: {error}") from None
    if not isinstance(content, dict):
        raise Refused(f"{path.name}: it must be an object, and is none")
    return content


def read_config(folder):
    """The configuration of the language model: in one that also sees or hears, it is a part of the whole."""
    whole = read_json(folder / "config.json")
    config = whole.get("text_config")
    if not isinstance(config, dict):
        return whole
    shared = {name: whole[name] for name in ("quantization_config", "tie_word_embeddings") if name in whole}
    return {"model_type": f"{whole.get('model_type')}_text", **shared, **config}


def architecture(config):
    """The program of the architecture that a configuration names."""
    name = config.get("model_type")
    try:
        program = importlib.import_module(str(name))
    except ImportError:
        program = None
    if not hasattr(program, "weight_shapes"):
        raise Refused(f"config.json: no program in www/programs/models describes the architecture {name}")
    return program


# %% [markdown]
# ## Names
#
# What a lab publishes is not always what transformers calls it.
# Some tensors belong to no layer of the language model: the half that sees, an extra layer that guesses a second token in training, constants that code computes, a head that is the embedding once more.

# %%
SEES_OR_HEARS = r"(model\.)?(vision_tower|vision_embedder|audio_tower|embed_vision|embed_audio|multi_modal_projector)\."


def other_names(config):
    """Beginnings of published names and what they become, and the names of tensors that are left where they are."""
    kind, layers = config["model_type"], config.get("num_hidden_layers")
    renamed = [(r"(model\.language_model|language_model\.model)\.", "model."), (r"language_model\.lm_head\.", "lm_head.")]
    left = [SEES_OR_HEARS, r".*\.rotary_emb\.inv_freq$", r"lm_head\.weight$"]
    if kind == "gpt2":
        renamed.append((r"(wte|wpe|h|ln_f)\.", r"transformer.\1."))
        left.append(r"(transformer\.)?h\.\d+\.attn\.(bias|masked_bias)$")
    if kind in ("deepseek_v3", "deepseek_v32"):
        extra = range(layers, layers + config.get("num_nextn_predict_layers", 1))
        left += [rf"model\.layers\.{layer}\." for layer in extra]
    if kind == "deepseek_v4":
        renamed += [(r"embed\.", "model.embed_tokens."), (r"(layers|norm)\.", r"model.\1."), (r"hc_head_", "model.hc_head.hc_")]
    if kind in ("deepseek_v4", "qwen3_next", "nemotron_h"):
        left.append(r"mtp\.")
    if kind == "kimi_linear":
        renamed.append((r"(model\.layers\.\d+)\.mlp\.", r"\1.block_sparse_moe."))
    if kind == "gemma4_text":
        # These layers read the keys and values of an earlier one.
        shared = range(layers - (config.get("num_kv_shared_layers") or 0), layers)
        left += [rf"model\.(language_model\.)?layers\.{layer}\.self_attn\.[kv]_(proj|norm)\." for layer in shared]
    return renamed, left


def find_weights(config, shapes, files):
    """The file of each tensor and its name there, by the name that the program knows it by."""
    renamed, left = other_names(config)
    places = {}
    for published, file in files.items():
        name = published
        if name not in shapes:
            for beginning, instead in renamed:
                name = re.sub(f"^{beginning}", instead, name)
        if name not in shapes and any(re.match(pattern, published) for pattern in left):
            continue
        if name in places:
            raise Refused(f"{published} and {places[name][1]} are the same tensor, {name}")
        places[name] = (file, published)
    return places


# %% [markdown]
# ## Weights

# %%
def open_files(folder):
    """The file of each tensor, by name: of the one file, or of those that the index lists."""
    names, index = ["model.safetensors"], folder / "model.safetensors.index.json"
    if index.exists():
        listed = read_json(index).get("weight_map")
        if not isinstance(listed, dict) or not all(isinstance(name, str) for name in listed.values()):
            raise Refused(f"{index.name}: its weight_map must map tensors to the names of files")
        names = sorted(set(listed.values()))
    try:
        files = [safe_open(folder / name, framework="pt") for name in names]
    except (OSError, SafetensorError) as error:
        raise Refused(str(error)) from None
    return {name: file for file in files for name in file.keys()}


def compare_shapes(expected, places):
    """The tensors must be those that the architecture has, in its shapes."""
    held = {name: list(file.get_slice(published).get_shape()) for name, (file, published) in places.items()}
    missing, surplus = sorted(expected.keys() - held.keys()), sorted(held.keys() - expected.keys())
    wrong = [f"{name} of shape {expected[name]} is missing" for name in missing]
    wrong += [f"{name} of shape {held[name]} is not part of the architecture" for name in surplus]
    wrong += [f"{name} has the shape {held[name]} and not {expected[name]}"
              for name in sorted(held.keys() & expected.keys()) if held[name] != expected[name]]
    if wrong:
        raise Refused("\n".join(wrong[:20] + [f"and {len(wrong) - 20} more"] * (len(wrong) > 20)))


def dtype_of(file, name):
    """How the file calls the type of a tensor's numbers: BF16, I8."""
    return file.get_slice(name).get_dtype()


def bytes_of(file, name):
    """What a tensor takes in memory; its type's name says how many bits a number has, and a bool has a byte."""
    bits = re.search(r"\d+", dtype_of(file, name))
    return math.prod(file.get_slice(name).get_shape()) * (int(bits.group()) if bits else 8) // 8


# %% [markdown]
# ## Weights of 8 bits
#
# A published way to halve a checkpoint: a row's numbers become integers from -128 to 127, and the row has one scale, what an integer of 1 stands for ([compressed-tensors](https://github.com/vllm-project/compressed-tensors), `int-quantized`).
# They stay integers in memory and become float32 where a program reads them. Activations, which some of these checkpoints would round as well, are left as they are.

# %%
class ScaledWeights(dict):
    """Weights by name; an integer matrix [N, M] with scales [N, 1] is read as what it stands for."""

    def __getitem__(self, name):
        weight, scale = super().__getitem__(name), self.get(f"{name}_scale")
        return weight if scale is None else weight.float() * scale.float()


def dequantizes(config):
    """Whether the weights have scales. Any other way to quantize them is refused, here or by the architecture's program."""
    quantized = config.get("quantization_config") or {}
    if quantized.get("quant_method") == "fp8":
        raise Refused("config.json: its weights are quantized to 8-bit floats in blocks (fp8), which is not supported: "
                      "use a checkpoint in bfloat16, or one of int-quantized rows")
    if quantized.get("quant_method") != "compressed-tensors":
        return False
    for group in (quantized.get("config_groups") or {}).values():
        weights = group.get("weights") or {}
        kind = [weights.get(field) for field in ("type", "num_bits", "strategy", "symmetric")]
        if kind != ["int", 8, "channel", True] or (group.get("format") or quantized.get("format")) != "int-quantized":
            raise Refused(f"config.json: weights quantized as {kind} in the format {quantized.get('format')} are not "
                          "supported: those of 8-bit integers with a scale for each row (int-quantized, channel) are")
    return True


def scale_shapes(config, shapes, files):
    """The scales of those matrices that are integers in the files."""
    places = find_weights(config, shapes, files)
    matrices = [name for name, place in places.items() if name in shapes and dtype_of(*place) == "I8"]
    return {f"{name}_scale": [shapes[name][0], 1] for name in matrices if len(shapes[name]) == 2}


# %% [markdown]
# ## Into memory

# %%
def memory_left():
    """Bytes that are free for tensors, or none where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def readable(size):
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def load(places, report):
    sizes = {name: bytes_of(*place) for name, place in places.items()}
    needed, left = sum(sizes.values()), memory_left()
    if left is not None and needed > left:
        raise Refused(f"the weights take {readable(needed)}, and {readable(left)} of memory are free: "
                      f"a model of up to {left // 2:,} parameters would fit, at two bytes each")
    weights, loaded = {}, 0
    # The largest come first: if one is larger than a device takes, nothing else has been loaded for it.
    for name in sorted(sizes, key=sizes.get, reverse=True):
        file, published = places[name]
        try:
            weights[name] = file.get_tensor(published)
        except (OSError, RuntimeError, SafetensorError) as error:
            raise Refused(f"{name}: {error}") from None
        loaded += sizes[name]
        if report:
            report(loaded, needed)
    return weights
