"""Trains small models to remember, one for each mechanism, and measures what they recall of longer texts:

    python training/recall.py gpt2 deepseek_v4     # or all of them, by no name

Two tasks, half a batch each. *Associative recall* (Arora et al. 2023, https://arxiv.org/abs/2312.04927): pairs of a key
and a value, then the keys once more, in another order; what follows is its value. *Induction*: a random pattern, then
the same pattern again; what follows is what followed the first time. Texts are 16, 32 or 64 tokens long in training,
and 64, 128 and 256 when recall is measured: pairs, or a pattern, that fill half of them.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import torch

from models import MODELS, build
from train import HERE, OUT, SEED, load, save, sizes, train, write_index

KEYS = VALUES = 64          # tokens that are keys, then tokens that are values; a pattern is of both
LENGTHS, LONGEST = (16, 32, 64), 256
STEPS, TOKENS, RATE = 1500, 2048, 4e-3            # tokens of a step
WIDTH, HEADS, HEAD_WIDTH = 64, 4, 16

# Two layers, all of the mechanism that the model is there for: what a hybrid's full layer would remember is left out.
SMALL = {"hidden_size": WIDTH, "intermediate_size": 128, "num_hidden_layers": 2, "max_position_embeddings": LONGEST}
LATENT = {"kv_lora_rank": 24, "qk_nope_head_dim": HEAD_WIDTH, "v_head_dim": HEAD_WIDTH, "q_lora_rank": 32}
CHANGES = {
    "gpt2": {"n_embd": WIDTH, "n_layer": 2, "n_inner": 192, "n_positions": LONGEST},
    "qwen3": {**SMALL, "head_dim": HEAD_WIDTH},
    "gemma3_text": {
        **SMALL, "head_dim": HEAD_WIDTH, "sliding_window": 16, "query_pre_attn_scalar": HEAD_WIDTH,
        "layer_types": ["sliding_attention"] * 2,
    },
    "deepseek_v3": {**SMALL, **LATENT, "first_k_dense_replace": 2},
    "deepseek_v32": {**SMALL, **LATENT, "mlp_layer_types": ["dense"] * 2, "index_topk": 8},
    "qwen3_next": {
        **SMALL, "head_dim": HEAD_WIDTH, "linear_key_head_dim": HEAD_WIDTH, "linear_value_head_dim": HEAD_WIDTH,
        "layer_types": ["linear_attention"] * 2, "mlp_only_layers": [0, 1],
    },
    "kimi_linear": {
        **{k: v for k, v in SMALL.items() if k != "max_position_embeddings"}, **LATENT, "q_lora_rank": None,
        "model_max_length": LONGEST, "linear_head_dim": HEAD_WIDTH, "layer_types": ["linear_attention"] * 2,
        "mlp_layer_types": ["dense"] * 2,
    },
    # A layer that shares keys needs one below it that has seen more than its own token: three layers.
    "gemma4_text": {
        **SMALL, "num_hidden_layers": 3, "head_dim": HEAD_WIDTH, "num_kv_shared_layers": 1, "sliding_window": 16,
        "layer_types": ["full_attention"] * 3, "hidden_size_per_layer_input": 8,
        "per_layer_config": {n: {"head_dim": HEAD_WIDTH} for n in range(3)},
    },
    "zaya": {
        **{k: v for k, v in SMALL.items() if k != "intermediate_size"}, "head_dim": 8, "moe_intermediate_size": 128,
    },
    "deepseek_v4": {
        **{k: v for k, v in SMALL.items() if k != "intermediate_size"}, "head_dim": 32, "q_lora_rank": 32,
        "o_lora_rank": 32, "qk_rope_head_dim": 8, "index_head_dim": 16, "index_topk": 4, "sliding_window": 8,
        "layer_types": ["compressed_sparse_attention", "heavily_compressed_attention"],
        "mlp_layer_types": ["moe"] * 2, "moe_intermediate_size": 40,
    },
}
LAYERS = {
    "gemma3_text": "2 layers with a window of 16, none of full attention",
    "qwen3_next": "2 layers of the gated delta rule, none of full attention",
    "kimi_linear": "2 layers of Kimi delta attention, none of full attention",
    "gemma4_text": "3 layers of full attention, the last with the keys and values of the one before",
    "deepseek_v4": "a compressed sparse layer, 4 entries of 4 tokens each, and a heavily compressed one, 16 tokens to"
                   " an entry; a window of 8",
    "deepseek_v32": "2 layers, 8 tokens chosen in each",
}


def pairs(rows, length, generator, count=None):
    """Inputs and targets [rows, length] of associative recall; a target of -100 does not count.

    Pairs fill half of the text, and every key is asked for once; in training also less, and some keys more often.
    """
    count = torch.randint(length // 8, length // 4 + 1, (), generator=generator).item() if count is None else count
    keys = torch.rand(rows, KEYS, generator=generator).argsort(1)[:, :count]
    values = torch.randint(KEYS, KEYS + VALUES, (rows, count), generator=generator)
    told = torch.stack([keys, values], dim=2)                          # [rows, pairs, 2]
    once = torch.rand(rows, count, generator=generator).argsort(1)
    again = torch.randint(count, (rows, length // 2 - 2 * count), generator=generator)
    order = torch.cat([once, again], dim=1)
    asked = told.gather(1, order[..., None].expand(-1, -1, 2))
    inputs = torch.cat([told, asked], dim=1).flatten(1)
    targets = torch.full_like(inputs, -100)
    targets[:, 2 * count::2] = asked[..., 1]
    return inputs, targets


def repeats(rows, length, generator, period=None):
    """Inputs and targets [rows, length] of induction: from the second time on, all but the first token can be known.

    How long a pattern is differs from row to row, or else to look back by a known distance would be enough.
    """
    periods = torch.randint(4, length // 2 + 1, (rows, 1), generator=generator)
    periods = periods if period is None else torch.full_like(periods, period)
    pattern = torch.randint(KEYS + VALUES, (rows, length), generator=generator)
    whole = pattern.gather(1, torch.arange(length + 1) % periods)
    inputs, targets = whole[:, :-1], whole[:, 1:]
    return inputs, targets.masked_fill(torch.arange(length) < periods, -100)


TASKS = {"associative": pairs, "induction": repeats}


def batches(name):
    """Of every step: both tasks at one of the lengths; GPT-2's table of positions is learned all over."""
    generator = torch.Generator().manual_seed(SEED)
    while True:
        length = LENGTHS[torch.randint(len(LENGTHS), (), generator=generator).item()]
        both = [task(TOKENS // length // 2, length, generator) for task in TASKS.values()]
        inputs, targets = (torch.cat(parts) for parts in zip(*both))
        start = torch.randint(LONGEST - length + 1, (len(inputs), 1), generator=generator)
        yield (inputs, targets, start + torch.arange(length)) if name == "gpt2" else (inputs, targets)


def questions():
    """What recall is measured on: a thousand questions for each task and length."""
    generator = torch.Generator().manual_seed(SEED + 1)
    shapes = [(4096 // length, length) for length in (64, 128, 256)]
    return {
        "associative": {length: pairs(rows, length, generator, length // 4) for rows, length in shapes},
        "induction": {length: repeats(rows, length, generator, length // 2) for rows, length in shapes},
    }


@torch.no_grad()
def measure(model):
    """The share of right answers, by task and by length, and by how far back the answer was given."""
    recall = []
    for task, lengths in questions().items():
        for length, (inputs, targets) in lengths.items():
            right = model(input_ids=inputs, use_cache=False).logits.argmax(-1) == targets
            asked = targets != -100
            # How far back the question was answered: at its token's last place before (a pattern's own, mostly).
            rows, places = asked.nonzero(as_tuple=True)
            same = (inputs[rows] == inputs[rows, places][:, None]) & (torch.arange(length) < places[:, None])
            distance = places - (same * torch.arange(length)).amax(1)
            answers, by_distance = right[asked], []
            for upto in (16, 32, 64, 128, 256):
                near = (distance <= upto) & (distance > upto // 2 * (upto > 16))
                if near.any():
                    by_distance.append([upto, round(answers[near].float().mean().item(), 4)])
            recall.append({"task": task, "length": length, "times": length // 64, "questions": len(answers),
                           "recall": round(answers.float().mean().item(), 4), "by_distance": by_distance})
    return recall


def build_sharp(name):
    """With fresh weights; where queries and keys have norms, these start at two: one key of 64 can then be found."""
    model = build(name, KEYS + VALUES, CHANGES[name])
    for part, norm in model.named_modules():
        if part.endswith(("self_attn.q_norm", "self_attn.k_norm")):
            # Gemma 3 keeps what its weight has beyond one.
            torch.nn.init.constant_(norm.weight, 1.0 if name == "gemma3_text" else 2.0)
    return model


def write_questions(path):
    """For programs without PyTorch's random numbers: inputs, and targets where they count."""
    kept = [{"task": task, "length": length, "inputs": inputs.tolist(), "targets": targets.tolist()}
            for task, lengths in questions().items() for length, (inputs, targets) in lengths.items()]
    path.write_text(json.dumps(kept, separators=(",", ":")))


def write_card(name, folder, seconds, log):
    recall = measure(load(folder))
    card = {
        "title": f"{MODELS[name]['title']}, recall", "task": "recall", "architecture": name,
        "mechanism": MODELS[name]["mechanism"], **sizes(folder), "context": 64, "layers": LAYERS.get(name, "2 layers"),
        "data": "random, made by training/recall.py", "licence": "none needed", "seed": SEED, "steps": STEPS,
        "tokens": STEPS * TOKENS, "core_minutes": round(seconds / 60, 1),
        "command": f"python training/recall.py {name}", "training_loss": log[-1][1], "recall": recall,
    }
    if name == "gpt2":
        card["notes"] = ["Trained at random places of its table of 256 positions; else those beyond 64 would be noise."]
    if name in ("qwen3", "gemma3_text", "gemma4_text"):
        card["notes"] = ["The norms of queries and keys start at two."]
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    shown = " ".join(f"{part['task']} {part['times']}x {part['recall']:.3f}" for part in recall)
    print(f"{name} {card['parameters']} parameters, {shown}, {card['core_minutes']} minutes of a core", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="models; all, where none is named")
    parser.add_argument("--state", type=Path, default=HERE / "state", help="where a run keeps what it needs to go on")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.state.mkdir(parents=True, exist_ok=True)
    OUT.mkdir(parents=True, exist_ok=True)
    write_questions(OUT / "questions.json")
    for name in arguments.names or list(CHANGES):
        folder, state = OUT / f"recall-{name}", arguments.state / f"recall-{name}.pt"
        start = partial(build_sharp, name)
        model, seconds, log = train(f"recall-{name}", start, batches(name), STEPS, RATE, state)
        save(model, folder)
        write_card(name, folder, seconds, log)
        write_index()


if __name__ == "__main__":
    sys.exit(main())
