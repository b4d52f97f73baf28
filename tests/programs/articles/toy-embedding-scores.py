# Attention scores of hand-written embeddings, one query first, then all.
import torch

inputs = torch.tensor(
    [[0.51, 0.12, 0.87],  # Cats      (x^1)
     [0.47, 0.91, 0.58],  # chase     (x^2)
     [0.62, 0.79, 0.70],  # small     (x^3)
     [0.18, 0.62, 0.29],  # mice      (x^4)
     [0.71, 0.33, 0.08],  # at        (x^5)
     [0.09, 0.77, 0.49]]  # night     (x^6)
)
query = inputs[1]
scores_2 = torch.empty(inputs.shape[0])
for i, x_i in enumerate(inputs):
    scores_2[i] = torch.dot(x_i, query)
print(scores_2)

res = 0.
for idx, element in enumerate(inputs[0]):
    res += inputs[0][idx] * query[idx]
print(res)
print(torch.dot(inputs[0], query))

normalised_2 = scores_2 / scores_2.sum()
print("Attention weights:", normalised_2)
print(f"Sum: {normalised_2.sum():.4f}")


def softmax_by_hand(x):
    return torch.exp(x) / torch.exp(x).sum(dim=0)


naive_2 = softmax_by_hand(scores_2)
print("Attention weights:", naive_2)
print("Sum:", round(naive_2.sum().item(), 4))
weights_2 = torch.softmax(scores_2, dim=0)

context_2 = torch.zeros(query.shape)
for i, x_i in enumerate(inputs):
    context_2 += weights_2[i] * x_i
print(context_2)

scores = torch.empty(6, 6)
for i, x_i in enumerate(inputs):
    for j, x_j in enumerate(inputs):
        scores[i, j] = torch.dot(x_i, x_j)
print(scores)
print(torch.allclose(scores, inputs @ inputs.T))
weights = torch.softmax(scores, dim=-1)
row_2_sum = sum(weights[1].tolist())
print(f"Row 2 sum: {row_2_sum:.4f}")
print("All row sums:", [round(total, 4) for total in weights.sum(dim=-1).tolist()])
contexts = weights @ inputs
print(contexts)
print("Previous 2nd context vector:", context_2)
