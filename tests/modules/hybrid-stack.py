

import json

from safetensors.torch import load_file

# Nemotron-H is such a stack of single mixers: this runs its stream through `hybrid_stack`. The mixers of state and of
# attention are checked with the programs that are about them, so here they return what the checkpoint's own returned;
# the feed-forward ones, which no other program has, are computed.
config = json.load(open("nemotron_h/config.json"))
model = {name: tensor.float() for name, tensor in load_file("nemotron_h/model.safetensors").items()}
expected = load_file("nemotron_h/expected.safetensors")


def largest(actual, expected):
    return ((actual - expected).abs().max() / expected.abs().max()).item()


def checkpoint_layer(layer, kind):
    path = f"model.layers.{layer}.mixer"

    def mixer(x):
        error = largest(x, expected[f"module.{path}.in"][0])
        assert error <= 1e-4, f"what comes to {path} is off by {error:.1e}"
        if kind != "mlp":
            return expected[f"module.{path}.out"][0], None
        up, down = [model[f"backbone.layers.{layer}.mixer.{part}_proj.weight"] for part in ["up", "down"]]
        out = torch.relu(x @ up.T)**2 @ down.T
        error = largest(out, expected[f"module.{path}.out"][0])
        print(f"module nemotron_h {path} {error:.1e}")
        assert error <= 1e-4, f"{path} is off by {error:.1e}"
        return out, None

    return model[f"backbone.layers.{layer}.norm.weight"], mixer


layers = [checkpoint_layer(layer, kind) for layer, kind in enumerate(config["layers_block_type"])]
x = model["backbone.embeddings.weight"][expected["input_ids"][0]]                               # [T, M]
eps = config["layer_norm_epsilon"]
out, _ = hybrid_stack(x, layers, eps)
last = expected[f"hidden_states.{len(layers)}"][0]
error = largest(F.rms_norm(out, [out.shape[-1]], model["backbone.norm_f.weight"], eps), last)
assert error <= 1e-4, f"what leaves the stack is off by {error:.1e}"
