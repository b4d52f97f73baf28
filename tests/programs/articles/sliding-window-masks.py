# Masks as pictures: causal, window, prefix, block, and what each lets through.
import torch
import torch.nn.functional as F

T, W = 7, 3
i, j = torch.arange(T).unsqueeze(1), torch.arange(T).unsqueeze(0)
masks = {
    "causal": j <= i,
    "window": (j <= i) & (i - j < W),
    "prefix": (j <= i) | (j < 2),
    "dilated": (j <= i) & ((i - j) % 2 == 0),
    "documents": (j <= i) & (torch.tensor([0, 0, 0, 1, 1, 2, 2])[:, None] == torch.tensor([0, 0, 0, 1, 1, 2, 2])),
}
for name, mask in masks.items():
    print(f"{name}: {mask.sum().item()} of {T * T}")
    for row in mask:
        print("".join("#" if cell else "." for cell in row))

torch.manual_seed(123)
q, k, v = (torch.randn(1, 1, T, 4) for _ in range(3))
results = {name: F.scaled_dot_product_attention(q, k, v, attn_mask=mask) for name, mask in masks.items()}
print(torch.allclose(results["causal"], F.scaled_dot_product_attention(q, k, v, is_causal=True), atol=1e-6))
print(torch.equal(results["window"][..., :W, :], results["causal"][..., :W, :]))
print(results["window"])


def windowed(q, k, v, window):
    out = []
    for t in range(q.size(-2)):
        lo = max(0, t - window + 1)
        w = torch.softmax(q[..., t:t + 1, :] @ k[..., lo:t + 1, :].mT / q.size(-1) ** 0.5, dim=-1)
        out.append(w @ v[..., lo:t + 1, :])
    return torch.cat(out, dim=-2)


print(torch.allclose(windowed(q, k, v, W), results["window"], atol=1e-6))
receptive = torch.eye(T, dtype=torch.long)
for layer in range(3):
    receptive = ((masks["window"].long() @ receptive) > 0).long()
    print(f"after layer {layer + 1} the last token sees {receptive[-1].sum()} tokens")
