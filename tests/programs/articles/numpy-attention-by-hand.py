# The attention mechanism from scratch for four words, without a framework.
from numpy import array, dot, random
from scipy.special import softmax

word_1 = array([1, 0, 0])
word_2 = array([0, 1, 0])
word_3 = array([1, 1, 0])
word_4 = array([0, 0, 1])

random.seed(42)
W_Q = random.randint(3, size=(3, 3))
W_K = random.randint(3, size=(3, 3))
W_V = random.randint(3, size=(3, 3))

query_1 = word_1 @ W_Q
key_1 = word_1 @ W_K
value_1 = word_1 @ W_V
key_2, value_2 = word_2 @ W_K, word_2 @ W_V
key_3, value_3 = word_3 @ W_K, word_3 @ W_V
key_4, value_4 = word_4 @ W_K, word_4 @ W_V

scores = array([dot(query_1, key_1), dot(query_1, key_2), dot(query_1, key_3), dot(query_1, key_4)])
weights = softmax(scores / key_1.shape[0] ** 0.5)
attention = (weights[0] * value_1) + (weights[1] * value_2) + (weights[2] * value_3) + (weights[3] * value_4)
print(attention)

words = array([word_1, word_2, word_3, word_4])
Q = words @ W_Q
K = words @ W_K
V = words @ W_V
scores = Q @ K.transpose()
weights = softmax(scores / K.shape[1] ** 0.5, axis=1)
attention = weights @ V
print(W_Q, W_K, W_V, sep="\n")
print(scores)
print(weights)
print(attention)
print(f"{weights.sum(axis=1)} {weights[0, 0]:.3f} {weights.argmax(axis=1)}")
