# %% [markdown]
# # Configurations, and the weights that they ask for
#
# A published `config.json` says how large a model is, and leaves out what the class of transformers has by default.
# From it alone follows which tensors a checkpoint must hold, under which names and in which shapes, before one is read.
#
# The letters of shapes are those of [what the architectures share](layers.py): **M** model width, **V** vocabulary, **H** query heads, **G** key/value heads, **D** head width, **E** experts; **N** is the inner width of a feed-forward layer.

# %%
from defaults import DEFAULTS

GATED = ("gate_proj", "up_proj", "down_proj")   # the usual names of a gated feed-forward layer's three weights


def with_defaults(config, model_type):
    """A configuration with what it leaves out; one is refused whose weights no program here can read."""
    defaults = DEFAULTS[model_type]
    config = {**defaults, **config}
    config["rope_parameters"] = config.get("rope_parameters") or defaults.get("rope_parameters")
    assert config.get("quantization_config") is None, (
        "weights that are quantized in this way are not supported: use a checkpoint in bfloat16"
    )
    if config.get("num_key_value_heads", 0) is None:
        config["num_key_value_heads"] = config["num_attention_heads"]
    if config.get("head_dim", 0) is None:
        config["head_dim"] = config["hidden_size"] // config["num_attention_heads"]
    return config


# %% [markdown]
# ## Layers of several types

# %%
def pattern(config, usual, other, every):
    """The types of all layers: each `every`-th is the other one."""
    return [usual if (n + 1) % every else other for n in range(config["num_hidden_layers"])]


def check_layer_types(config, known, field="layer_types"):
    """Refuses a list of layers that is longer or shorter than the model is deep, or has a type that is not known."""
    L, types = config["num_hidden_layers"], config[field]
    assert len(types) == L, f"{field} is a list of {len(types)}, and the model has {L} layers"
    for layer_type in types:
        assert layer_type in known, f"layers of type {layer_type} are not part of this architecture"


# %% [markdown]
# ## Shapes of weights
#
# Each of these gives the shapes that stand under one name, as a dictionary by full name.

# %%
def shapes_at(name, bias=False, **parts):
    """`name.part.weight` for each `part=[N, M]`, and where they have biases, `name.part.bias` of shape [N]."""
    shapes = {}
    for part, shape in parts.items():
        shapes[f"{name}.{part}.weight"] = shape
        if bias:
            shapes[f"{name}.{part}.bias"] = shape[:1]
    return shapes


def model_shapes(config, head="lm_head"):
    """What stands before the first layer and after the last: the embedding, a norm, and the head if it is not tied."""
    V, M = config["vocab_size"], config["hidden_size"]
    shapes = shapes_at("model", embed_tokens=[V, M], norm=[M])
    if not config["tie_word_embeddings"]:
        shapes[f"{head}.weight"] = [V, M]
    return shapes


def attention_shapes(name, H, G, D, M, bias=False, parts="qkvo"):
    """The projections of H query heads and G key/value heads, and the one back to the model's width."""
    shapes = {"q": [H * D, M], "k": [G * D, M], "v": [G * D, M], "o": [M, H * D]}
    return shapes_at(name, bias, **{f"{part}_proj": shapes[part] for part in parts})


def gated_feed_forward_shapes(name, M, N, parts=GATED, bias=False):
    """From the model's width to an inner one, twice, and back."""
    gate, up, down = parts
    return shapes_at(name, bias, **{gate: [N, M], up: [N, M], down: [M, N]})


def mixture_shapes(name, M, E, N, parts=GATED, **shared):
    """A router, E experts under their numbers, and what all tokens share, each by its inner width."""
    shapes = shapes_at(name, gate=[E, M])
    for e in range(E):
        shapes.update(gated_feed_forward_shapes(f"{name}.experts.{e}", M, N, parts))
    for part, inner in shared.items():
        shapes.update(gated_feed_forward_shapes(f"{name}.{part}", M, inner))
    return shapes
