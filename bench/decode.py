"""Decoding on a GPU: the time of a token, and the bytes of weights that it reads a second.

The arguments are the layers, the width and the vocabulary of a Llama with random weights, in float32.
"""

import sys
import time

import llama
import torch

L, M, V = (int(word) for word in sys.argv[1:4])
TOKENS = 16
config = {
    "vocab_size": V, "hidden_size": M, "intermediate_size": 4 * M, "num_hidden_layers": L,
    "num_attention_heads": M // 64, "rms_norm_eps": 1e-5, "max_position_embeddings": 1024,
}


def numbers(shape):
    """Numbers of all sizes up to 0.01, made where they are used."""
    across, down = torch.arange(shape[-1]) * 0.618034, torch.arange(shape[0] if len(shape) == 2 else 1) * 0.414214
    return (((across + down[:, None]) % 1.0 - 0.5) * 0.02).view(shape)


weights = {name: numbers(shape) for name, shape in llama.weight_shapes(config).items()}
read = sum(weight.numel() for name, weight in weights.items() if "embed" not in name) * 4

with torch.no_grad():
    cache = llama.new_cache(config)
    logits, _ = llama.forward(weights, config, torch.ones(1, 16, dtype=torch.int64), cache)
    times = []
    for _ in range(TOKENS + 3):
        started = time.perf_counter()
        new = logits[:, -1:].argmax(-1)                                    # [B, 1]
        logits, _ = llama.forward(weights, config, new, cache)
        logits[0, -1, 0].item()
        times.append(time.perf_counter() - started)
token = sorted(times[3:])[TOKENS // 2]
print(f"decoding a token, {L} layers of {M}, float32: {token * 1e3:.2f} ms, {read / token / 1e9:.1f} GB/s of {read / 1e6:.0f} MB")
