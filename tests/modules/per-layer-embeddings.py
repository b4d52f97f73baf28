# What every layer of gemma4_e2b takes in, from the stream before the layer and what its attention gave to the stream
# after it; and golden values.
from checking import hashed, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("gemma4_e2b")


def normed(t, name):
    return F.rms_norm(t, t.shape[-1:], weights[f"{name}.weight"], eps=config["rms_norm_eps"])


token_ids = expected["input_ids"][0]
embedded = weights["model.embed_tokens.weight"][token_ids] * config["hidden_size"]**0.5
brought = per_layer_inputs(embedded, token_ids, weights["model.embed_tokens_per_layer.weight"],
                           weights["model.per_layer_model_projection.weight"].T,
                           weights["model.per_layer_projection_norm.weight"])
# The stream after the last layer is recorded behind the final norm, so that is what is compared there.
for number in range(config["num_hidden_layers"]):
    path = f"model.layers.{number}"
    W = {name: t.T for name, t in module_weights(weights, path).items() if t.dim() == 2}
    _, attended = recorded(expected, f"{path}.self_attn")
    h = expected[f"hidden_states.{number}"][0] + normed(attended, f"{path}.post_attention_layernorm")
    z = normed(h, f"{path}.pre_feedforward_layernorm")
    z = (F.gelu(z @ W["mlp.gate_proj"], approximate="tanh") * (z @ W["mlp.up_proj"])) @ W["mlp.down_proj"]
    h = h + normed(z, f"{path}.post_feedforward_layernorm")
    result, _ = take_in(h, brought[:, number], W["per_layer_input_gate"], W["per_layer_projection"],
                        weights[f"{path}.post_per_layer_input_norm.weight"], weights[f"{path}.layer_scalar"])
    if number == config["num_hidden_layers"] - 1:
        result = normed(result, "model.norm")
    report_module("gemma4_e2b", path, result, expected[f"hidden_states.{number + 1}"][0])

goldens = load_goldens("frontier")["gemma4"]
brought = per_layer_inputs(hashed(3, 3, 8), torch.tensor([1, 0, 4]), hashed(302, 5, 12), hashed(300, 12, 8).T,
                           1 + hashed(301, 4) / 2)
result, _ = take_in(hashed(4, 3, 8), brought[:, 1], hashed(303, 4, 8).T / 8**0.5, hashed(304, 8, 4).T / 4**0.5,
                    1 + hashed(305, 8) / 2, 0.75)
report_golden("gemma4.ple_inputs", brought, goldens["ple_inputs"])
report_golden("gemma4.ple_layer1_out", result, goldens["ple_layer1_out"])
