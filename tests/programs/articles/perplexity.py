# Cross entropy from logits to perplexity, in the steps that a text takes.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(123)
vocab = ["small", "models", "learn", "from", "many", "short", "texts", "again"]
inputs = torch.tensor([[0, 1, 2], [3, 4, 5]])
targets = torch.tensor([[1, 2, 3], [4, 5, 6]])
embedding = nn.Embedding(len(vocab), 5)
head = nn.Linear(5, len(vocab), bias=False)
with torch.no_grad():
    logits = head(embedding(inputs))
probas = torch.softmax(logits, dim=-1)
print(probas.shape)
token_ids = torch.argmax(probas, dim=-1, keepdim=True)
print("Token IDs:\n", token_ids)
print("Targets:", " ".join(vocab[i] for i in targets[0].tolist()), "| Outputs:", " ".join(vocab[i] for i in token_ids[0].flatten()))
target_probas = [probas[i, [0, 1, 2], targets[i]] for i in range(2)]
for i, p in enumerate(target_probas, 1):
    print(f"Text {i}:", p)
log_probas = torch.log(torch.cat(target_probas))
print(log_probas)
avg_log_probas = torch.mean(log_probas)
print(avg_log_probas, avg_log_probas * -1)
logits_flat, targets_flat = logits.flatten(0, 1), targets.flatten()
print("Flattened logits:", logits_flat.shape, "Flattened targets:", targets_flat.shape)
loss = F.cross_entropy(logits_flat, targets_flat)
print(loss, torch.exp(loss))
print(nn.CrossEntropyLoss()(logits_flat, targets_flat), F.nll_loss(F.log_softmax(logits_flat, -1), targets_flat))
print(F.cross_entropy(logits_flat, targets_flat, reduction="none"))
ignored = targets_flat.clone()
ignored[::2] = -100
print(F.cross_entropy(logits_flat, ignored), F.cross_entropy(logits_flat, targets_flat, label_smoothing=0.1), F.cross_entropy(logits_flat, targets_flat, reduction="sum"))
print(F.mse_loss(probas[0, 0], probas[0, 1]), F.l1_loss(probas[0, 0], probas[0, 1]), F.kl_div(probas[0, 0].log(), probas[0, 1], reduction="sum"))
accuracy = (token_ids.squeeze(-1) == targets).float().mean()
print(f"accuracy {accuracy:.2%}", (token_ids.squeeze(-1) == targets).sum().item(), "of", targets.numel())
