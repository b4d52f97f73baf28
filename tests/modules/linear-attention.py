# No checkpoint here has this mechanism: golden values alone.
from checking import as_tensor, fixture, load_goldens, report_golden

goldens = load_goldens("attention")["mechanisms"]
name = "L3_linear_attn_elu1_causal_normalised"
expected = as_tensor(goldens[name])
q, k, v = fixture(70, 1, 5, 4), fixture(71, 1, 5, 4), fixture(72, 1, 5, 4)
quadratic, _ = linear_attention(q, k, v)
report_golden(name, quadratic[0], expected)

state, total, steps = torch.zeros(1, 4, 4), torch.zeros(1, 4), []
for t in range(5):
    y, state, total = linear_attention_step(q[:, t], k[:, t], v[:, t], state, total)
    steps.append(y)
assert torch.allclose(torch.cat(steps), expected, atol=1e-5), "the state form is off where the quadratic form is not"
