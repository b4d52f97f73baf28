"""Records what models predict when parts of them are scaled, by hooks on transformers' modules, which know nothing of
how www/programs/models/scaling.py scales weights: python tests/scaled/record.py

Writes expected.safetensors: by "FOLDER: what is scaled", the logits [V] of the last token of a text.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

ROOT = Path(__file__).parents[2]
# Of a trained model, this many tokens of the held-out text are read.
TOKENS = 48


def open_model(folder):
    config = AutoConfig.from_pretrained(folder)
    if getattr(config, "quantization_config", None) is None:
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    # Integers with scales, without the library that would read them.
    del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    held = load_file(folder / "model.safetensors")
    weights = {name: weight.float() * held.get(f"{name}_scale", torch.tensor(1.0))
               for name, weight in held.items() if not name.endswith("_scale")}
    missing, surplus = model.load_state_dict(weights, strict=False)
    assert not surplus and set(missing) <= {"lm_head.weight"}, (missing, surplus)
    model.tie_weights()
    return model


# %% Where transformers computes what
def child(layer, *names):
    return next((getattr(layer, name) for name in names if getattr(layer, name, None) is not None), None)


class Layer:
    """A layer of transformers' model: the modules in which its parts end."""

    def __init__(self, layer, config):
        self.mixer = child(layer, "self_attn", "linear_attn", "attn", "mixer")
        self.feed_forward = child(layer, "mlp", "block_sparse_moe", "ffn")
        self.output = child(self.mixer, "o_a_proj", "o_proj", "out_proj", "c_proj")
        kind = type(self.mixer).__name__
        if not any(word in kind for word in ("Attention", "Delta", "Mamba")):
            self.mixer, self.feed_forward, self.output = None, self.mixer, None
        self.told = None
        if hasattr(layer, "pre_feedforward_layernorm"):
            self.mixer, self.feed_forward = layer.post_attention_layernorm, layer.post_feedforward_layernorm
            self.told = child(layer, "post_per_layer_input_norm")
        self.zaya = [child(layer, f"post_{part}_residual_scale") for part in ("attention", "mlp")]
        self.heads = heads_of(kind, layer, config)


def heads_of(kind, layer, config):
    if "Mamba" in kind:
        return config.mamba_num_heads
    if "KimiLinearDelta" in kind:
        return config.linear_num_heads
    if "GatedDeltaNet" in kind:
        return config.linear_num_value_heads
    if "Laguna" in kind:
        return layer.self_attn.num_heads
    return config.num_attention_heads


def times(factor):
    def hook(module, inputs, output):
        return (output[0] * factor, *output[1:]) if isinstance(output, tuple) else output * factor
    return hook


def times_head(head, heads, factor):
    def hook(module, inputs):
        x, *rest = inputs
        factors = torch.ones(heads)
        factors[head] = factor
        return ((x.reshape(*x.shape[:2], heads, -1) * factors[:, None]).reshape(x.shape), *rest)
    return hook


def times_added(factor):
    """Of ZAYA's sums: what is added, and not what it is added to."""
    def hook(module, inputs, output):
        found, residual = inputs
        kept = (residual + module.residual_bias) * module.residual_scale
        return factor * (output - kept) + kept
    return hook


def hooks(layer, part, factor):
    if part.isdigit():
        return [layer.output.register_forward_pre_hook(times_head(int(part), layer.heads, factor))]
    chosen = [part == "" or part == name for name in ("attention", "feed_forward")]
    if layer.zaya[0] is not None:
        return [module.register_forward_hook(times_added(factor)) for module, is_chosen in zip(layer.zaya, chosen) if is_chosen]
    modules = [layer.mixer if chosen[0] else None, layer.feed_forward if chosen[1] else None, layer.told if part == "" else None]
    return [module.register_forward_hook(times(factor)) for module in modules if module is not None]


# %% What is scaled
def cases(layers):
    """Whatever there is, in every layer at once, so that every kind of layer is scaled; and one layer alone."""
    with_heads = [n for n, layer in enumerate(layers) if layer.output is not None]
    with_feed_forward = [n for n, layer in enumerate(layers) if layer.feed_forward is not None]
    middle = len(layers) // 2
    return [
        [(n, "1", 0.0) for n in with_heads],
        [(n, str(layers[n].heads - 1), 0.5) for n in with_heads],
        [(n, "attention", 0.5) for n in with_heads],
        [(n, "feed_forward", 0.5) for n in with_feed_forward],
        [(middle, "", 0.0)],
        [(0, "", 1.5), (with_heads[-1], "0", -1.0)],
    ]


def text_of(part):
    layer, name, factor = part
    return f"{layer}{'.' if name else ''}{name}={factor:g}"


@torch.no_grad()
def record(folder, name, ids):
    model = open_model(folder)
    for module in model.modules():
        if hasattr(module, "index_topk"):
            module.index_topk = ids.shape[1]   # nothing is left out, so that no choice between equals is compared
    stack = model.transformer.h if hasattr(model, "transformer") else model.model.layers
    layers = [Layer(layer, model.config) for layer in stack]
    found = {}
    whole = model(input_ids=ids, use_cache=False).logits[0, -1]
    for parts in cases(layers):
        handles = [handle for layer, part, factor in parts for handle in hooks(layers[layer], part, factor)]
        logits = model(input_ids=ids, use_cache=False).logits[0, -1].clone()
        for handle in handles:
            handle.remove()
        # A case that changes nothing would test nothing.
        assert (logits - whole).abs().max() > 0.01, f"{name}: {parts} changes nothing"
        found[f"{name}: {', '.join(map(text_of, parts))}"] = logits
    return found


def main():
    torch.set_num_threads(1)
    held_out = torch.tensor([json.loads((ROOT / "www/models/held-out.json").read_text())["tokens"][:TOKENS]])
    found = {}
    for path in sorted(ROOT.glob("tests/checkpoints/*/config.json")):
        ids = load_file(path.parent / "expected.safetensors")["input_ids"]
        found.update(record(path.parent, f"tests/checkpoints/{path.parent.name}", ids[:1]))
    for path in sorted(ROOT.glob("www/models/*-shakespeare/config.json")):
        found.update(record(path.parent, f"www/models/{path.parent.name}", held_out))
    save_file(found, Path(__file__).parent / "expected.safetensors")
    print(len(found), "cases")


main()
