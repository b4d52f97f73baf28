# What every layer of gemma4_e2b takes in, from the stream before the layer and what its attention gave to the stream after it;
# and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("gemma4_e2b/config.json"))
tensors = {name: t.float() for name, t in load_file("gemma4_e2b/model.safetensors").items()}
expected = load_file("gemma4_e2b/expected.safetensors")


def normed(t, name):
    return F.rms_norm(t, t.shape[-1:], tensors[f"{name}.weight"], eps=config["rms_norm_eps"])


token_ids = expected["input_ids"][0]
embedded = tensors["model.embed_tokens.weight"][token_ids] * config["hidden_size"]**0.5
brought = per_layer_inputs(embedded, token_ids, tensors["model.embed_tokens_per_layer.weight"],
                           tensors["model.per_layer_model_projection.weight"].T,
                           tensors["model.per_layer_projection_norm.weight"])
# The stream after the last layer is recorded behind the final norm, so that is what is compared there.
for number in range(config["num_hidden_layers"]):
    path = f"model.layers.{number}"
    inside = {name[len(path) + 1:-len(".weight")]: t for name, t in tensors.items() if name.startswith(path)}
    W = {name: t.T for name, t in inside.items() if t.dim() == 2}
    attended = expected[f"module.{path}.self_attn.out"][0]
    h = expected[f"hidden_states.{number}"][0] + normed(attended, f"{path}.post_attention_layernorm")
    z = normed(h, f"{path}.pre_feedforward_layernorm")
    z = (F.gelu(z @ W["mlp.gate_proj"], approximate="tanh") * (z @ W["mlp.up_proj"])) @ W["mlp.down_proj"]
    h = h + normed(z, f"{path}.post_feedforward_layernorm")
    result, _ = take_in(h, brought[:, number], W["per_layer_input_gate"], W["per_layer_projection"],
                        tensors[f"{path}.post_per_layer_input_norm.weight"], tensors[f"{path}.layer_scalar"])
    if number == config["num_hidden_layers"] - 1:
        result = normed(result, "model.norm")
    # The model computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"gemma4_e2b {path}", result, expected[f"hidden_states.{number + 1}"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: a hash of the seed and the index, as a number between -1 and 1."""
    def times(a, b):  # modulo 2**32, without a product of more than 48 bits
        return (a * (b % 65536) + a * (b // 65536) % 65536 * 65536) % 2**32

    numbers = []
    for i in range(torch.Size(shape).numel()):
        h = (times(i + 1, 2654435761) + times(seed + 1, 2246822519)) % 2**32
        h = times(h ^ h >> 16, 2246822519)
        h = times(h ^ h >> 13, 3266489917)
        numbers.append((h ^ h >> 16) / 2**31 - 1)
    return torch.tensor(numbers).view(shape)


goldens = json.load(open("../goldens/frontier-goldens.json"))["gemma4"]
brought = per_layer_inputs(fixture(3, 3, 8), torch.tensor([1, 0, 4]), fixture(302, 5, 12), fixture(300, 12, 8).T,
                           1 + fixture(301, 4) / 2)
result, _ = take_in(fixture(4, 3, 8), brought[:, 1], fixture(303, 4, 8).T / 8**0.5, fixture(304, 8, 4).T / 4**0.5,
                    1 + fixture(305, 8) / 2, 0.75)
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "gemma4.ple_inputs", brought, torch.tensor(goldens["ple_inputs"]), 1e-5)
report("golden", "gemma4.ple_layer1_out", result, torch.tensor(goldens["ple_layer1_out"]), 1e-5)
