"""Trains the models of models.py from nothing, on a CPU, and saves each as a published checkpoint with a model card:

    python training/train.py gpt2 qwen3        # or all of them, by no name
    python training/train.py --samples gpt2    # what it writes, at a temperature of 0.8

All see the same tokens in the same order. A run that was stopped goes on where it last kept its state (--state).
"""

import argparse
import json
import math
import sys
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

import indexers
import text
from faster import faster
from models import CONTEXT, MODELS, architecture, build

HERE = Path(__file__).parent
TEXT = HERE / "tinyshakespeare.txt"
OUT = HERE.parent / "www" / "models"
SEED, STEPS, BATCH = 1623, 1600, 4
LEARNING_RATE, WARMUP, LAST = 5e-3, 100, 0.05     # after warming up, half a cosine down to a share of it
BALANCE = 1e-3              # how fast the biases move that keep experts evenly used


def batches(ids):
    """Inputs and targets [BATCH, CONTEXT] of every step: windows at random places."""
    ids = torch.tensor(ids)
    generator = torch.Generator().manual_seed(SEED)
    while True:
        places = torch.randint(len(ids) - CONTEXT - 1, (BATCH,), generator=generator)
        rows = torch.stack([ids[place:place + CONTEXT + 1] for place in places.tolist()])
        yield rows[:, :-1], rows[:, 1:]


def learning_rate(step, steps, rate):
    if step < WARMUP:
        return rate * (step + 1) / WARMUP
    done = (step - WARMUP) / max(1, steps - WARMUP)
    return rate * (LAST + (1 - LAST) * (1 + math.cos(math.pi * done)) / 2)


def optimizer_of(model):
    """AdamW; weights of a single number or a vector (norms, biases, gates) do not decay."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW([
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ], betas=(0.9, 0.95))


def prepare(model):
    """What transformers leaves to whoever trains: hash tables to fill, scales to start at."""
    generator = torch.Generator().manual_seed(SEED)
    for module in model.modules():
        if hasattr(module, "tid2eid"):
            # DeepSeek V4's first layer chooses experts by the token alone, by a table that is fixed.
            rows, chosen = module.tid2eid.shape
            module.tid2eid.copy_(torch.rand(rows, module.num_experts, generator=generator).argsort(1)[:, :chosen])
        if hasattr(module, "temp"):
            # ZAYA's scale of keys: from zero, all scores and all their gradients would be zero but its own.
            torch.nn.init.ones_(module.temp)


def balance(model):
    """Hooks that move each router's biases a little after each step, towards experts that were chosen too rarely."""
    def move(bias):
        def hook(module, inputs, output):
            if module.training:
                chosen = torch.bincount(output[2].flatten(), minlength=module.num_experts).float()
                bias[:module.num_experts] += BALANCE * (chosen.mean() - chosen).sign()
        return hook

    for module in model.modules():
        bias = getattr(module, "e_score_correction_bias", getattr(module, "balancing_biases", None))
        if bias is not None:
            module.register_forward_hook(move(bias))


@faster()
def train(name, build_it, batches, steps, rate, state_path, dense=indexers.DENSE):
    """A model of this architecture, trained on batches of inputs and targets; targets of -100 do not count."""
    torch.manual_seed(SEED)
    model = build_it()
    prepare(model)
    model.train()
    balance(model)
    learner, optimizer = indexers.Learner(model, steps, dense), optimizer_of(model)
    start, seconds, log, running = 0, 0.0, [], 0.0
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start, seconds, log = state["step"], state["seconds"], state["log"]
    began = time.process_time()
    for step, batch in zip(range(steps), batches):
        if step < start:
            continue
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, rate)
        learner.begin(step)
        inputs, targets, *positions = batch
        logits = model(input_ids=inputs, use_cache=False, **dict(zip(["position_ids"], positions))).logits
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        (loss + learner.loss()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        running += loss.item()
        spent = seconds + time.process_time() - began
        if (step + 1) % 50 == 0:
            log.append([step + 1, round(running / 50, 4)])
            says = f"{name} step {step + 1} loss {running / 50:.4f}, of indexers {learner.last:.4f}, {spent:.0f} s"
            print(says, flush=True)
            running = 0.0
        if (step + 1) % 100 == 0 or step + 1 == steps:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1,
                        "seconds": spent, "log": log}, state_path.with_suffix(".new"))
            state_path.with_suffix(".new").rename(state_path)
    return model, seconds + time.process_time() - began, log


@torch.no_grad()
def held_out_loss(model, ids, count=text.WINDOWS):
    """The mean loss in nats per token of each of the first windows."""
    inputs, targets = text.windows(ids, count)
    losses = []
    for n in range(0, count, 8):
        logits = model(input_ids=inputs[n:n + 8], use_cache=False).logits
        loss = F.cross_entropy(logits.flatten(0, 1), targets[n:n + 8].flatten(), reduction="none")
        losses += loss.view(-1, text.WINDOW).mean(1).tolist()
    return losses


def save(model, folder):
    """The files of a published checkpoint: weights in bfloat16 under the names that the laboratory gives them."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.dtype = torch.bfloat16
    model.to(torch.bfloat16).save_pretrained(folder)
    # Some weights transformers keeps in float32 whatever the model's dtype is; a page loads fewer bytes without that.
    weights = load_file(folder / "model.safetensors")
    weights = {k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    (folder / "generation_config.json").unlink(missing_ok=True)


def load(folder):
    """As saved, computed in float32."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def sizes(folder):
    path = folder / "model.safetensors"
    parameters = sum(w.numel() for w in load_file(path).values() if w.is_floating_point())
    return {"parameters": parameters, "bytes": path.stat().st_size}


def write_card(name, folder, tokenizer, held_out, seconds, log):
    losses = held_out_loss(load(folder), held_out)
    _, targets = text.windows(held_out)

    def measured(count):
        of_token = sum(losses[:count]) / count
        length = text.characters(tokenizer, targets[:count])
        return {"windows": count, "loss": round(of_token, 5), "characters": length,
                "loss_per_character": round(of_token * count * text.WINDOW / length, 5)}

    whole = measured(text.WINDOWS)
    card = {
        "title": f"{MODELS[name]['title']}, Shakespeare", "task": "language", "architecture": architecture(name),
        "mechanism": MODELS[name]["mechanism"],
        **sizes(folder), "context": CONTEXT,
        "data": "The first nine tenths of the characters of Shakespeare's plays in tinyshakespeare.txt",
        "licence": "public domain", "seed": SEED, "steps": STEPS, "tokens": STEPS * BATCH * CONTEXT,
        "core_minutes": round(seconds / 60, 1), "command": f"python training/train.py {name}",
        "training_loss": log[-1][1], "loss": whole["loss"], "loss_per_character": whole["loss_per_character"],
        "held_out": [measured(2), measured(8), whole], "notes": NOTES.get(name, []),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(f"{name} {card['parameters']} parameters, {card['bytes']} bytes, loss {card['loss']} per token,"
          f" {card['loss_per_character']} per character, {card['core_minutes']} minutes of a core", flush=True)


EXPERTS = "Biases keep the experts evenly used: after each step, 0.001 towards those chosen too rarely."
NOTES = {
    "gpt2": ["Differs from the others in more than attention: learned positions, feed-forward layers without a gate."],
    "qwen3_multi_head": ["As Qwen3 here in all but the heads of keys and values: four, one for each query head."],
    "deepseek_v32": indexers.NOTES,
    "deepseek_v4": [*indexers.NOTES, EXPERTS, "The first layer's table of experts for each token is drawn at random."],
    "zaya": [EXPERTS, "The scale of keys starts at one, where transformers' class starts it at zero."],
}


def write_index():
    """What a page lists: a line of each card."""
    fields = ["title", "task", "mechanism", "architecture", "parameters", "bytes", "context", "loss",
              "loss_per_character", "recall"]
    cards = [(path.parent.name, json.loads(path.read_text())) for path in sorted(OUT.glob("*/card.json"))]
    order = [f"{name}-shakespeare" for name in MODELS] + [f"recall-{name}" for name in MODELS]
    cards.sort(key=lambda card: order.index(card[0]))
    index = [{"path": path, **{field: card[field] for field in fields if field in card}} for path, card in cards]
    (OUT / "index.json").write_text(json.dumps(index, indent=2) + "\n")


@torch.no_grad()
def sample(folder, prompt, count, temperature=0.8):
    torch.manual_seed(SEED)
    tokenizer, model = Tokenizer.from_file(str(folder / "tokenizer.json")), load(folder)
    ids = tokenizer.encode(prompt).ids
    for _ in range(count):
        logits = model(input_ids=torch.tensor([ids[-CONTEXT:]]), use_cache=False).logits[0, -1]
        ids.append(torch.multinomial((logits / temperature).softmax(-1), 1).item())
    return tokenizer.decode(ids)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="models; all, where none is named")
    parser.add_argument("--state", type=Path, default=HERE / "state", help="where a run keeps what it needs to go on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--samples", action="store_true", help="write what the trained models write, and train none")
    parser.add_argument("--trial", type=float, nargs=2, metavar=("STEPS", "RATE"), help="train, and save nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    names = arguments.names or list(MODELS)
    if arguments.samples:
        for name in names:
            print(f"--- {name}\n{sample(OUT / f'{name}-shakespeare', 'ROMEO:', 200)}")
        return
    trained_on, held_out = text.split(TEXT)
    tokenizer = text.train_tokenizer(trained_on)
    ids, held_out = tokenizer.encode(trained_on).ids, tokenizer.encode(held_out).ids
    print(f"{len(ids)} tokens, {len(held_out)} held out, {len(trained_on) / len(ids):.2f} characters each", flush=True)
    arguments.state.mkdir(parents=True, exist_ok=True)
    if arguments.trial:
        steps, rate = int(arguments.trial[0]), arguments.trial[1]
        for name in names:
            state = arguments.state / f"{name}-{steps}-{rate}.pt"
            model, *_ = train(name, partial(build, name, text.VOCABULARY), batches(ids), steps, rate, state)
            losses = held_out_loss(model.eval(), held_out)
            print(f"{name} {steps} steps at {rate}: held-out loss {sum(losses) / len(losses):.4f}")
        return
    OUT.mkdir(parents=True, exist_ok=True)
    text.write_held_out(held_out, OUT / "held-out.json")
    for name in names:
        folder, state = OUT / f"{name}-shakespeare", arguments.state / f"{name}.pt"
        start = partial(build, name, text.VOCABULARY)
        model, seconds, log = train(name, start, batches(ids), STEPS, LEARNING_RATE, state)
        save(model, folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        write_card(name, folder, tokenizer, held_out, seconds, log)
        write_index()


if __name__ == "__main__":
    sys.exit(main())
