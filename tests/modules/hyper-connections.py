# Every site of deepseek_v4: attention's, from the streams before the layer to what its attention was given; the feed-forward
# network's, from there to the streams after the layer; and the last read. Then golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("deepseek_v4/config.json"))
tensors = {name: t.float() for name, t in load_file("deepseek_v4/model.safetensors").items()}
expected = load_file("deepseek_v4/expected.safetensors")
token_ids = expected["input_ids"][0]


def site(streams, path):
    return connections(streams, tensors[f"{path}_fn"].T, tensors[f"{path}_base"], tensors[f"{path}_scale"],
                       config["hc_sinkhorn_iters"], config["hc_eps"])


def normed(t, name):
    return F.rms_norm(t, t.shape[1:], tensors[f"{name}.weight"], eps=config["rms_norm_eps"])


def expert(z, path):
    gate, up = [z @ tensors[f"{path}.w{part}.weight"].T for part in (1, 3)]
    limit = config["swiglu_limit"]
    return (F.silu(gate.clamp(max=limit)) * up.clamp(-limit, limit)) @ tensors[f"{path}.w2.weight"].T


def feed_forward(z, path):
    """The mixture of experts of a layer: the shared one, and those that the token's id or the scores choose."""
    scores = F.softplus(z @ tensors[f"{path}.gate.weight"].T).sqrt()        # [T, experts]
    if f"{path}.gate.tid2eid" in tensors:
        chosen = tensors[f"{path}.gate.tid2eid"][token_ids].long()
    else:
        chosen = (scores + tensors[f"{path}.gate.bias"]).topk(config["num_experts_per_tok"], dim=-1).indices
    shares = torch.zeros_like(scores).scatter(1, chosen, scores.gather(1, chosen))
    shares = config["routed_scaling_factor"] * shares / shares.sum(dim=-1, keepdim=True)
    total = expert(z, f"{path}.shared_experts")
    for number in range(config["n_routed_experts"]):
        total = total + shares[:, [number]] * expert(z, f"{path}.experts.{number}")
    return total


# The model computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
for number in range(config["num_hidden_layers"]):
    path = f"model.layers.{number}"
    before = expected[f"hidden_states.{number}"][0]                         # [T, N, M]
    pre, post, mix = site(before, f"{path}.hc_attn")
    given = normed(read(before, pre), f"{path}.attn_norm")
    report("module", f"deepseek_v4 {path}.hc_attn", given, expected[f"module.{path}.self_attn.in"][0], 1e-4)
    between = write(before, expected[f"module.{path}.self_attn.out"][0], post, mix)
    pre, post, mix = site(between, f"{path}.hc_ffn")
    after = write(between, feed_forward(normed(read(between, pre), f"{path}.ffn_norm"), f"{path}.ffn"), post, mix)
    if number < config["num_hidden_layers"] - 1:
        report("module", f"deepseek_v4 {path}.hc_ffn", after, expected[f"hidden_states.{number + 1}"][0], 1e-4)

flat = after.reshape(len(after), -1)
signals = F.rms_norm(flat, flat.shape[1:], eps=config["rms_norm_eps"]) @ tensors["model.hc_head.hc_fn"].T
pre = torch.sigmoid(signals * tensors["model.hc_head.hc_scale"] + tensors["model.hc_head.hc_base"]) + config["hc_eps"]
last = normed(read(after, pre), "model.norm")
report("module", "deepseek_v4 model.hc_head", last, expected[f"hidden_states.{number + 1}"][0], 1e-4)


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


goldens = json.load(open("../goldens/frontier-goldens.json"))["mhc"]
streams = fixture(30, 1, 4, 6)
pre, post, mix = connections(streams, fixture(600, 24, 24).T, fixture(601, 24), torch.tensor([0.5, 0.7, 0.9]), 20)
y = read(streams, pre)
after = write(streams, torch.tanh(F.rms_norm(y, (6,), eps=1e-6)), post, mix)
for key, result in {"pre": pre, "post": post, "comb": mix, "y": y, "streams_out": after}.items():
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", f"mhc.{key}", result[0], torch.tensor(goldens[key]), 1e-5)
