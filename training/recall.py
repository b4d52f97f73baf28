"""Trains small models to remember, one for each mechanism, and measures what they recall of longer texts:

    python training/recall.py gpt2 deepseek_v4     # or all of them, by no name

Half of a batch is associative recall and half is induction, as questions.py draws them. Texts are 16, 32 or 64 tokens
long in training, and 64, 128 and 256 when recall is measured: pairs, or a pattern, that fill half of them.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import torch

from models import MODELS, architecture, build
from train import HERE, OUT, SEED, load, save, sizes, train, write_index

sys.path.append(str(HERE.parent / "www" / "programs" / "models"))
from questions import KEYS, TRAINED, VALUES, associative, induction, recall_of

LENGTHS, LONGEST = (TRAINED // 4, TRAINED // 2, TRAINED), 4 * TRAINED
STEPS, TOKENS, RATE = 2400, 2048, 4e-3            # tokens of a step
CONTINUED = 800, 1e-3       # steps and rate of DeepSeek V3.2, which goes on from a trained V3 as the real one did
DENSE_STEPS = 2 / 3         # of all, before indexers choose: what they would choose is found late
FIRST = 4                   # texts of each length, for who measures in a hurry
WIDTH, HEADS, HEAD_WIDTH, INNER = 64, 2, 32, 32

# Two layers, all of the mechanism that the model is there for: what a hybrid's full layer would remember is left out.
# Each has an output layer of its own, as the architectures have it that know no other.
SMALL = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": HEADS, "max_position_embeddings": LONGEST,
         "tie_word_embeddings": False}
DENSE = {**SMALL, "intermediate_size": INNER}
GROUPED = {"head_dim": HEAD_WIDTH, "num_key_value_heads": 1}
# As in the published ones, a third of a query is rotated.
LATENT = {"kv_lora_rank": 24, "qk_nope_head_dim": HEAD_WIDTH, "qk_rope_head_dim": HEAD_WIDTH // 2,
          "v_head_dim": HEAD_WIDTH, "num_key_value_heads": HEADS}
STATE = 16                  # a head's state is of 16 by 16 numbers, and a layer has four
CHANGES = {
    "gpt2": {
        "n_embd": WIDTH, "n_layer": 2, "n_head": HEADS, "n_inner": INNER * 3 // 2, "n_positions": LONGEST,
        "tie_word_embeddings": False,
    },
    "qwen3": {**DENSE, **GROUPED},
    "qwen3_multi_head": {**DENSE, **GROUPED, "num_key_value_heads": HEADS},
    "gemma3_text": {
        **DENSE, **GROUPED, "sliding_window": 16, "query_pre_attn_scalar": HEAD_WIDTH,
        "layer_types": ["sliding_attention"] * 2,
    },
    "deepseek_v3": {**DENSE, **LATENT, "q_lora_rank": None, "first_k_dense_replace": 2},
    "deepseek_v32": {
        **DENSE, **LATENT, "q_lora_rank": WIDTH, "mlp_layer_types": ["dense"] * 2, "index_topk": 8,
    },
    "qwen3_next": {
        **DENSE, **GROUPED, "linear_key_head_dim": STATE, "linear_value_head_dim": STATE,
        "layer_types": ["linear_attention"] * 2, "mlp_only_layers": [0, 1],
    },
    "kimi_linear": {
        **{k: v for k, v in DENSE.items() if k not in ("max_position_embeddings", "tie_word_embeddings")}, **LATENT,
        "q_lora_rank": None, "model_max_length": LONGEST, "linear_head_dim": STATE,
        "layer_types": ["linear_attention"] * 2, "mlp_layer_types": ["dense"] * 2,
    },
    # A layer that shares keys needs one below it that has seen more than its own token: three layers.
    "gemma4_text": {
        **DENSE, **GROUPED, "num_hidden_layers": 3, "num_kv_shared_layers": 1, "sliding_window": 16,
        "layer_types": ["full_attention"] * 3, "hidden_size_per_layer_input": 8,
        "per_layer_config": {n: {"head_dim": HEAD_WIDTH} for n in range(3)},
    },
    "zaya": {**SMALL, **GROUPED, "head_dim": HEAD_WIDTH // 2, "moe_intermediate_size": INNER},
    "deepseek_v4": {
        **SMALL, "head_dim": HEAD_WIDTH, "q_lora_rank": 32, "o_lora_rank": 32, "qk_rope_head_dim": 8,
        "index_head_dim": 16, "index_topk": 4, "sliding_window": 8, "hc_mult": 2,
        "layer_types": ["compressed_sparse_attention", "heavily_compressed_attention"],
        "mlp_layer_types": ["moe"] * 2, "moe_intermediate_size": INNER // 2, "n_routed_experts": 2,
        "num_experts_per_tok": 1,
    },
}
NOTES = {
    "gemma4_text": ["Its norm of queries starts with the scale that the scores of others have."],
    "deepseek_v32": [
        "It goes on from the trained recall-deepseek_v3, as DeepSeek V3.2 went on from V3.1: these are the steps since."
        " Its latent of queries is as wide as the stream, and starts as the stream itself.",
        "Attention is dense in the first two thirds of the steps; then the indexer chooses.",
    ],
    "deepseek_v4": ["Attention to entries is dense in the first two thirds of the steps; then the indexer chooses."],
}
LAYERS = {
    "deepseek_v32": "2 layers, 8 tokens chosen in each",
    "gemma3_text": "2 layers with a window of 16, none of full attention",
    "qwen3_next": "2 layers of the gated delta rule, none of full attention",
    "kimi_linear": "2 layers of Kimi delta attention, none of full attention",
    "gemma4_text": "3 layers of full attention, the last with the keys and values of the one before",
    "deepseek_v4": "a compressed sparse layer, 4 entries of 4 tokens each, and a heavily compressed one, 16 tokens to"
                   " an entry; a window of 8",
}


def batches():
    """Of every step: both tasks at one of the lengths, and the positions of the tokens.

    In half of the texts positions jump at a random place, as if others had stood there (positional skip-wise training,
    Zhu et al. 2023, https://arxiv.org/abs/2309.10400): every distance of a longer text is met in training, and what is
    lost at two and four times the length is lost by remembering more, not for distances that were never learned.
    """
    generator = torch.Generator().manual_seed(SEED)
    while True:
        length = LENGTHS[torch.randint(len(LENGTHS), (), generator=generator).item()]
        both = [task(TOKENS // length // 2, length, generator) for task in (associative, induction)]
        inputs, targets = (torch.cat(parts) for parts in zip(*both))
        rows, room = len(inputs), LONGEST - length
        first, then = torch.randint(room + 1, (2, rows, 1), generator=generator).sort(0).values
        then = torch.where(torch.rand(rows, 1, generator=generator) < 0.5, first, then)
        place = torch.randint(length, (rows, 1), generator=generator)
        along = torch.arange(length)
        yield inputs, targets, along + torch.where(along < place, first, then)


def place(model):
    """position_ids become what is rotated by, or GPT-2's row of its table, and nothing else: masks, windows and blocks
    are counted in tokens as ever, where transformers would take a jump for the start of another text."""
    given = {}

    def take(module, args, kwargs):
        given["positions"] = kwargs.pop("position_ids", None)
        return args, kwargs

    def moved(value):
        # The only integers that these parts are given; a compressed entry stands where its first token does.
        if given["positions"] is None or not isinstance(value, torch.Tensor) or value.is_floating_point():
            return value
        return given["positions"].gather(1, value.expand(len(given["positions"]), -1))

    def put(module, args, kwargs):
        return tuple(moved(value) for value in args), {name: moved(value) for name, value in kwargs.items()}

    model.register_forward_pre_hook(take, with_kwargs=True)
    for name, part in model.named_modules():
        if type(part).__name__.endswith("RotaryEmbedding") or name.endswith("wpe"):
            part.register_forward_pre_hook(put, with_kwargs=True)


def start(name):
    """With fresh weights, and embeddings that have a part in common: a head can then look by position alone.

    Without it a head's scores come of which two tokens meet, and of their distance only by way of that; a head that
    looks at the token before, which recall is built on, takes long to be found.
    """
    model = build(name, KEYS + VALUES, CHANGES[name])
    if name == "deepseek_v32":
        go_on(model, load(OUT / "recall-deepseek_v3"))
        place(model)
        return model
    with torch.no_grad():
        embedding = model.get_input_embeddings().weight
        embedding += embedding.std() * torch.randn(WIDTH)
        if name == "gemma4_text":
            # Its scores have no scale, which others divide by: its norm of queries starts with that.
            for layer in model.model.layers:
                layer.self_attn.q_norm.weight.fill_(HEAD_WIDTH**-0.5)
    place(model)
    return model


def go_on(model, trained):
    """Gives a DeepSeek V3.2 what a trained V3 has; its latent of queries begins as the stream that V3's queries read."""
    weights, given = model.state_dict(), trained.state_dict()
    for name in weights:
        if name.endswith("q_a_proj.weight"):
            weights[name] = torch.eye(WIDTH)
        elif name.replace("q_b_proj", "q_proj") in given:
            weights[name] = given[name.replace("q_b_proj", "q_proj")]
    model.load_state_dict(weights)


@torch.no_grad()
def measure(model, texts=None):
    return list(recall_of(lambda inputs: model(input_ids=inputs, use_cache=False).logits, texts))


def write_card(name, folder, steps, seconds, log):
    model = load(folder)
    recall, of_first = measure(model), measure(model, FIRST)
    of_first = [{field: part[field] for field in ("task", "length", "questions", "recall")} for part in of_first]
    card = {
        "title": f"{MODELS[name]['title']}, recall", "task": "recall", "architecture": architecture(name),
        "mechanism": MODELS[name]["mechanism"], **sizes(folder), "context": TRAINED, "layers": LAYERS.get(name, "2 layers"),
        "data": "random, made by training/recall.py", "licence": "none needed", "seed": SEED, "steps": steps,
        "tokens": steps * TOKENS, "core_minutes": round(seconds / 60, 1),
        "command": f"python training/recall.py {name}", "training_loss": log[-1][1], "recall": recall,
        "first_texts": {"texts": FIRST, "recall": of_first},
    }
    card["notes"] = [
        "In half of the texts of training, positions jump at a random place: no distance is new at two and four times"
        " the length.",
        "Embeddings start with a part in common.",
        *NOTES.get(name, []),
    ]
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(f"{name} {card['parameters']} parameters, {shown(recall)}, {card['core_minutes']} minutes of a core",
          flush=True)


def shown(recall):
    return ", ".join(f"{part['task']} {part['times']}x {part['recall']:.3f}" for part in recall)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="models; all, where none is named")
    parser.add_argument("--state", type=Path, default=HERE / "state", help="where a run keeps what it needs to go on")
    parser.add_argument("--trial", type=float, nargs=2, metavar=("STEPS", "RATE"), help="train, and save nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.state.mkdir(parents=True, exist_ok=True)
    OUT.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or list(CHANGES):
        steps, rate = arguments.trial or (CONTINUED if name == "deepseek_v32" else (STEPS, RATE))
        of_trial = f"-{steps:.0f}-{rate}" if arguments.trial else ""
        folder, state = OUT / f"recall-{name}", arguments.state / f"recall-{name}{of_trial}.pt"
        model, seconds, log = train(
            f"recall-{name}", partial(start, name), batches(), int(steps), rate, state, DENSE_STEPS)
        if arguments.trial:
            print(shown(measure(model.eval())))
            continue
        save(model, folder)
        write_card(name, folder, int(steps), seconds, log)
        write_index()


if __name__ == "__main__":
    sys.exit(main())
