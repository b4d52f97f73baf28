# Similarity and self-attention of word vectors, and an embedding read back as an array.
import numpy as np
import torch
import torch.nn as nn

np.random.seed(1)
vocab = ["king", "queen", "man", "woman", "apple"]
vectors = {word: np.random.uniform(low=-1, high=1, size=4) for word in vocab}


def cosine(a, b):
    return np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


similarity = np.array([[cosine(vectors[a], vectors[b]) for b in vocab] for a in vocab])
print(np.round(similarity, 3))
nearest = similarity - 2 * np.eye(len(vocab))
for i, word in enumerate(vocab):
    print(f"{word:6s} -> {vocab[nearest[i].argmax()]} ({nearest[i].max():.4f})")

X = np.stack([vectors[word] for word in vocab])
scores = X @ X.T
weights = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
print(weights.round(3), weights.sum(axis=1))
print(weights @ X)
mask = np.triu(np.full((5, 5), -np.inf), k=1)
masked = scores + mask
masked = np.exp(masked - masked.max(axis=-1, keepdims=True))
print(masked / masked.sum(axis=-1, keepdims=True))

embedding = nn.Embedding.from_pretrained(torch.from_numpy(X).float())
looked_up = embedding(torch.tensor([vocab.index("queen"), vocab.index("man")])).numpy()
print(looked_up.shape, looked_up.dtype, np.allclose(looked_up, X[1:3]), np.round(looked_up, 4))
print(embedding.weight.detach().numpy()[-1], np.linalg.norm(looked_up, axis=-1).round(4))
history = [float(loss) for loss in np.exp(-np.arange(20) / 5)]
print(np.array(history)[::5].round(5), np.argmin(history), f"{np.mean(history[-5:]):.6f}")
centred = X - X.mean(axis=0)
covariance = centred.T @ centred / (len(X) - 1)
print(covariance, np.trace(covariance).round(6), np.allclose(covariance, covariance.T))
