# Every site of deepseek_v4: attention's, from the streams before the layer to what its attention was given; the
# feed-forward network's, from there to the streams after the layer; and the last read. Then golden values.
from checking import hashed, load_checkpoint, load_goldens, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("deepseek_v4")
token_ids = expected["input_ids"][0]


def site(streams, path):
    return connections(streams, weights[f"{path}_fn"].T, weights[f"{path}_base"], weights[f"{path}_scale"],
                       config["hc_sinkhorn_iters"], config["hc_eps"])


def normed(t, name):
    return F.rms_norm(t, t.shape[1:], weights[f"{name}.weight"], eps=config["rms_norm_eps"])


def expert(z, path):
    gate, up = [z @ weights[f"{path}.w{part}.weight"].T for part in (1, 3)]
    limit = config["swiglu_limit"]
    return (F.silu(gate.clamp(max=limit)) * up.clamp(-limit, limit)) @ weights[f"{path}.w2.weight"].T


def feed_forward(z, path):
    """The mixture of experts of a layer: the shared one, and those that the token's id or the scores choose."""
    scores = F.softplus(z @ weights[f"{path}.gate.weight"].T).sqrt()        # [T, experts]
    if f"{path}.gate.tid2eid" in weights:
        chosen = weights[f"{path}.gate.tid2eid"][token_ids].long()
    else:
        chosen = (scores + weights[f"{path}.gate.bias"]).topk(config["num_experts_per_tok"], dim=-1).indices
    shares = torch.zeros_like(scores).scatter(1, chosen, scores.gather(1, chosen))
    shares = config["routed_scaling_factor"] * shares / shares.sum(dim=-1, keepdim=True)
    total = expert(z, f"{path}.shared_experts")
    for number in range(config["n_routed_experts"]):
        total = total + shares[:, [number]] * expert(z, f"{path}.experts.{number}")
    return total


for number in range(config["num_hidden_layers"]):
    path = f"model.layers.{number}"
    before = expected[f"hidden_states.{number}"][0]                         # [T, N, M]
    attention_in, attention_out = recorded(expected, f"{path}.self_attn")
    pre, post, mix = site(before, f"{path}.hc_attn")
    given = normed(read(before, pre), f"{path}.attn_norm")
    report_module("deepseek_v4", f"{path}.hc_attn", given, attention_in)
    between = write(before, attention_out, post, mix)
    pre, post, mix = site(between, f"{path}.hc_ffn")
    after = write(between, feed_forward(normed(read(between, pre), f"{path}.ffn_norm"), f"{path}.ffn"), post, mix)
    if number < config["num_hidden_layers"] - 1:
        report_module("deepseek_v4", f"{path}.hc_ffn", after, expected[f"hidden_states.{number + 1}"][0])

flat = after.reshape(len(after), -1)
signals = F.rms_norm(flat, flat.shape[1:], eps=config["rms_norm_eps"]) @ weights["model.hc_head.hc_fn"].T
pre = torch.sigmoid(signals * weights["model.hc_head.hc_scale"] + weights["model.hc_head.hc_base"]) + config["hc_eps"]
last = normed(read(after, pre), "model.norm")
report_module("deepseek_v4", "model.hc_head", last, expected[f"hidden_states.{number + 1}"][0])

goldens = load_goldens("frontier")["mhc"]
streams = hashed(30, 1, 4, 6)
pre, post, mix = connections(streams, hashed(600, 24, 24).T, hashed(601, 24), torch.tensor([0.5, 0.7, 0.9]), 20)
y = read(streams, pre)
after = write(streams, torch.tanh(F.rms_norm(y, (6,), eps=1e-6)), post, mix)
for key, result in {"pre": pre, "post": post, "comb": mix, "y": y, "streams_out": after}.items():
    report_golden(f"mhc.{key}", result[0], goldens[key])
