# %% [markdown]
# # What recall is measured on
#
# A model of recall reads texts that are drawn at random, so that nothing helps but remembering what came before.
#
# - **Associative recall** pairs of a key and a value, then every key once more, in another order: what follows it is its value.
# - **Induction** a random pattern, then the same pattern again: what follows is what followed the first time.
#
# The first half of a text is there to be remembered, so that a longer text asks for more of it, and from further back.
#
# - **B** texts
# - **T** tokens
#
# Sources: [Arora et al. 2023](https://arxiv.org/abs/2312.04927), section 3, for associative recall; [Olsson et al. 2022](https://arxiv.org/abs/2209.11895) for induction.

# %%
import torch

KEYS = VALUES = 64          # the first tokens are keys, the next ones values; a pattern is of both
TRAINED = 64                # tokens of the longest texts in training
SEED = 1624                 # the training has another one
TOKENS = 4096               # of all texts of a task and a length together
NO_QUESTION = -100          # a target that does not count, as cross_entropy has it
AT_ONCE = 2048              # tokens that are read in one pass
DISTANCES = (16, 32, 64, 128, 256)

# %% [markdown]
# ## The two tasks

# %%
def associative(texts, length, generator, pairs=None):
    """Inputs and targets [B, T] of associative recall, with as many pairs as fill half of the text.

    In training there are also fewer, and then some keys are asked for more often.
    """
    if pairs is None:
        pairs = torch.randint(length // 8, length // 4 + 1, (1,), generator=generator).item()
    keys = torch.rand(texts, KEYS, generator=generator).argsort(1)[:, :pairs]
    values = torch.randint(KEYS, KEYS + VALUES, (texts, pairs), generator=generator)
    told = torch.stack([keys, values], dim=2)                          # [B, pairs, 2]
    once = torch.rand(texts, pairs, generator=generator).argsort(1)
    again = torch.randint(0, pairs, (texts, length // 2 - 2 * pairs), generator=generator)
    order = torch.cat([once, again], dim=1)
    asked = told.gather(1, order[..., None].expand(-1, -1, 2))
    inputs = torch.cat([told, asked], dim=1).flatten(1)
    targets = torch.full_like(inputs, NO_QUESTION)
    targets[:, 2 * pairs::2] = asked[..., 1]
    return inputs, targets


def induction(texts, length, generator, period=None):
    """Inputs and targets [B, T] of induction: from the second time on, every next token can be known.

    No token is twice in a pattern, or else one token alone would not say what follows. In training, how long a pattern
    is differs from text to text, or else to look back by a known distance would be enough.
    """
    periods = torch.randint(4, length // 2 + 1, (texts, 1), generator=generator)
    if period is not None:
        periods = torch.full_like(periods, period)
    pattern = torch.rand(texts, KEYS + VALUES, generator=generator).argsort(1)
    whole = pattern.gather(1, torch.arange(length + 1) % periods)
    inputs, targets = whole[:, :-1], whole[:, 1:]
    return inputs, targets.masked_fill(torch.arange(length) < periods, NO_QUESTION)


# %% [markdown]
# ## The questions
#
# The same for every model: at the length that it was trained on, at twice and at four times of it.

# %%
def questions():
    """The name of the task, the inputs and the targets [B, T], of each task and length."""
    generator = torch.Generator().manual_seed(SEED)
    for length in (TRAINED, 2 * TRAINED, 4 * TRAINED):
        yield "associative", *associative(TOKENS // length, length, generator, length // 4)
    for length in (TRAINED, 2 * TRAINED, 4 * TRAINED):
        yield "induction", *induction(TOKENS // length, length, generator, length // 2)


def distances(inputs, targets):
    """inputs, targets [B, T] -> for each question, how many tokens ago it was answered [questions].

    That is where the token that asks stood last: a key where its value was told or asked for, or the pattern before.
    """
    texts, places = (targets != NO_QUESTION).nonzero(as_tuple=True)
    before = torch.arange(inputs.shape[1])
    same = (inputs[texts] == inputs[texts, places][:, None]) & (before < places[:, None])
    return places - (same * before).amax(1)


def answers(read, inputs, targets):
    """Of each question whether it was answered rightly, and how many tokens ago it was told; in parts, of some texts each."""
    at_once = max(1, AT_ONCE // inputs.shape[1])
    for texts, wanted in zip(inputs.split(at_once), targets.split(at_once)):
        right = read(texts).argmax(-1) == wanted                           # [B, T]
        yield right[wanted != NO_QUESTION].tolist(), distances(texts, wanted).tolist()


def by_distance(right, distances):
    """[[furthest, share of right answers]], of each distance from the one before it up to this."""
    found, before = [], 0
    for furthest in DISTANCES:
        near = [answer for answer, distance in zip(right, distances) if before < distance <= furthest]
        found += [[furthest, share(near)]] if near else []
        before = furthest
    return found


def share(right):
    return round(sum(right) / len(right), 4)


def recall_of(read, texts=None, report=None):
    """What share of the questions a model answers rightly with its likeliest token, of each task and length in turn.

    read takes inputs [B, T] and gives logits [B, T, V]. Of each length the first texts are asked, or all; after each
    part, report is called with the number of questions that are answered and of those that there are.
    """
    asked = [(task, inputs[:texts], targets[:texts]) for task, inputs, targets in questions()]
    done, total = 0, sum((targets != NO_QUESTION).sum().item() for _, _, targets in asked)
    for task, inputs, targets in asked:
        right, back, length = [], [], inputs.shape[1]
        for some, ago in answers(read, inputs, targets):
            right, back, done = right + some, back + ago, done + len(some)
            if report:
                report(done, total)
        yield {"task": task, "length": length, "times": length // TRAINED, "questions": len(right),
               "recall": share(right), "by_distance": by_distance(right, back)}
