# The attention modules of gpt-oss, which have sinks and windows besides (see attention-sinks), and published speeds.
from checking import load_checkpoint, module_weights, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("gpt_oss")
H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
rope = config["rope_parameters"]
speeds = yarn_speeds(
    D, rope["rope_theta"], rope["factor"], rope["original_max_position_embeddings"],
    rope["beta_fast"], rope["beta_slow"], rope["truncate"],
)
for layer, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    T = len(x)
    W = module_weights(weights, path)
    q, k, v = [
        split_heads(x @ W[f"{name}_proj"].T + W[f"{name}_proj.bias"], heads)
        for name, heads in [("q", H), ("k", G), ("v", G)]
    ]
    angles = torch.arange(T)[:, None] * speeds
    q, k = rotate(q, angles), rotate(k, angles).repeat_interleave(H // G, dim=0)
    v = v.repeat_interleave(H // G, dim=0)
    distances = torch.arange(T)[:, None] - torch.arange(T)
    visible = visible_keys(T) & (distances < (config["sliding_window"] if kind == "sliding_attention" else T))
    # A sink is one more key, seen by all, with a score of its own and nothing to say. One more channel of the queries
    # gives it that score, whatever the scale.
    scale = attention_factor(rope["factor"])**2 / D**0.5
    q = torch.cat([q, torch.full((H, T, 1), 1 / scale)], dim=-1)
    k = torch.cat([k, torch.zeros(H, T, 1)], dim=-1)
    sinks = torch.zeros(H, 1, D + 1)
    sinks[:, 0, -1] = W["sinks"]
    k, v = torch.cat([sinks, k], dim=1), torch.cat([torch.zeros(H, 1, D), v], dim=1)
    visible = torch.cat([torch.ones(T, 1).bool(), visible], dim=1)
    found, _ = attention(q, k, v, visible, scale)
    report_module("gpt_oss", path, found @ W["o_proj"].T + W["o_proj.bias"], wanted)

# Computed in float64 from the formulas of gpt-oss and DeepSeek-V3, given with ten digits.
goldens = {
    "gpt-oss-speeds": (
        yarn_speeds(64, 150000, 32, 4096, rounded=False)[[0, 1, 8, 9, 15, 16, 17, 18, 31]],
        [1, 0.6890443059, 5.081327482e-2, 3.170569618e-2, 1.052602101e-3,
         4.564839192e-4, 1.293187012e-4, 3.830881237e-5, 3.023511428e-7],
    ),
    "deepseek-v3-speeds": (
        yarn_speeds(64, 10000, 40, 4096)[[10, 11, 15, 22, 23]],
        [5.623413252e-2, 3.900692657e-2, 8.334508951e-3, 1.778279410e-4, 3.333803580e-5],
    ),
    "attention-factors": (
        torch.tensor([attention_factor(32), attention_factor(40), attention_factor(8)]),
        [1.3465735903, 1.3688879454, 1.2079441541679836],
    ),
}
for key, (result, values) in goldens.items():
    # Speeds differ by powers of ten: each is compared by its own size. A float32 power is exact to some 1e-6.
    report_golden(key, result / torch.tensor(values), torch.ones(len(values)))
