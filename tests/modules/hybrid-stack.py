# Nemotron-H is such a stack of single mixers: this runs its stream through `hybrid_stack`. The mixers of state and of
# attention are checked with the programs that are about them, so here they return what the checkpoint's own returned;
# the feed-forward ones, which no other program has, are computed.
from checking import MODULE_BOUND, load_checkpoint, recorded, relative_error, report_module

config, weights, expected = load_checkpoint("nemotron_h")


def checkpoint_layer(layer, kind):
    path = f"model.layers.{layer}.mixer"

    def mixer(x):
        given, wanted = recorded(expected, path)
        error = relative_error(x, given)
        assert error <= MODULE_BOUND, f"what comes to {path} is off by {error:.1e}"
        if kind != "mlp":
            return wanted, None
        up, down = [weights[f"backbone.layers.{layer}.mixer.{part}_proj.weight"] for part in ["up", "down"]]
        out = torch.relu(x @ up.T)**2 @ down.T
        report_module("nemotron_h", path, out, wanted)
        return out, None

    return weights[f"backbone.layers.{layer}.norm.weight"], mixer


layers = [checkpoint_layer(layer, kind) for layer, kind in enumerate(config["layers_block_type"])]
x = weights["backbone.embeddings.weight"][expected["input_ids"][0]]                             # [T, M]
eps = config["layer_norm_epsilon"]
out, _ = hybrid_stack(x, layers, eps)
last = expected[f"hidden_states.{len(layers)}"][0]
error = relative_error(F.rms_norm(out, [out.shape[-1]], weights["backbone.norm_f.weight"], eps), last)
assert error <= MODULE_BOUND, f"what leaves the stack is off by {error:.1e}"
