# %% [markdown]
# # What a model costs
#
# The programs of `models` run here on the device `meta`, where a tensor is a shape without numbers: nothing is computed, and everything is counted.
# The weights are those that `weight_shapes` lists for a published configuration, and the cache is what the program really keeps.
#
# - **parameters** all of them; **active** without the routed experts that a token does not choose
# - **KV cache** what grows with the text; **per token** while no window is full, and at this context
# - **state** what a layer keeps whose size does not grow: recurrent states, the last tokens before a convolution, an open block
# - **decode** the products of the context's last token, as `torch.utils.flop_counter` counts them
# - **prefill** the same, summed over the context's tokens: each is counted with those before it, and reads what it may see, no more
# - **bytes moved** what memory must give and take at the least: for a decoded token the weights that it uses, of a table its row, what it reads of the cache and what it adds; for prefill all weights once, for all tokens together, and the cache that is left
#
# A cache of a million tokens is not built: beyond twice the tokens that fill every window and selection, all that is counted grows along a straight line from one block to the next.
# That it does is checked by counting, not assumed.

# %%
import importlib
import json
import math
import re
import sys

import torch
from torch.utils.flop_counter import FlopCounterMode

AT_ONCE = 1024      # tokens that are read in one call: more would make tensors larger than an address of 32 bits
SURELY_FULL = 1024  # tokens after which nothing changes but by windows and selections, whose lengths a configuration gives
FURTHEST = 1 << 20  # tokens of the longest context that anybody asks for
DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "int8": torch.int8}
COUNTS = ("parameters", "active_parameters", "kv_cache_bytes", "kv_cache_bytes_per_token", "state_bytes",
          "prefill_flops", "decode_flops", "prefill_bytes", "decode_bytes", "numbers_in_kv_cache")
# Tables of which a token reads one row.
TABLE = re.compile(r"(^|\.)(embed\w*|wte|wpe|tid2eid)(\.weight)?$")
# What an indexer chooses entries of, by its own keys.
INDEXERS, CHOSEN = ("index", "index_k"), ("latent", "k_rope", "entries")


def periods(config):
    """Lengths of the blocks in which a cache grows, longest first: each a multiple of the next, at last 1."""
    rates = list((config.get("compress_rates") or {}).values()) + [config.get("block_size") or 1]
    found = [math.lcm(*rates), *sorted(set(rates), reverse=True), 1]
    return [period for period, before in zip(found, [None] + found) if period != before]


def bends(config):
    """The lengths at which a window or a selection is full, which of entries that stand for several tokens is later."""
    windows = [config[field] for field in ("sliding_window",) if config.get(field)]
    entries = min((config.get("compress_rates") or {"none": 1}).values())
    return sorted(set(windows + [config[field] * entries for field in ("index_topk",) if config.get(field)]))


# %% [markdown]
# ## Weights
#
# A dictionary that remembers what is asked of it, and makes no tensor before: the program reads the experts that a token chooses, and no others.

# %%
class Weights:
    def __init__(self, shapes):
        self.shapes, self.tensors, self.reads = shapes, {}, {}

    def __getitem__(self, name):
        if name not in self.tensors:
            # A table of experts by token holds their numbers.
            kind = torch.int64 if name.endswith("tid2eid") else torch.bfloat16
            self.tensors[name] = torch.empty(self.shapes[name], dtype=kind, device="meta")
        self.reads[name] = self.reads.get(name, 0) + 1
        return self.tensors[name]

    def __contains__(self, name):
        return name in self.shapes

    def get(self, name, default=None):
        return self[name] if name in self.shapes else default

    def parameters(self, ends=("",)):
        """How many, of all weights or of those whose names end so."""
        return sum(math.prod(shape) for name, shape in self.shapes.items() if name.endswith(ends))

    def parameters_that_were_read(self):
        """Without the experts that were not read; of those that are stacked in one tensor, each reading takes one."""
        active = 0
        for name, shape in self.shapes.items():
            share = 1
            if ".experts." in name:
                reads = self.reads.get(name, 0)
                stacked = reads > 0 and not name.split(".experts.")[1].split(".")[0].isdigit()
                share = reads / shape[0] if stacked else min(reads, 1)
            active += round(math.prod(shape) * share)
        return active

    def moved(self, tokens):
        """How many numbers of all weights so many tokens read at the least: of a table, their rows."""
        return self.parameters() - self.rows_left(tokens)

    def moved_by_a_token(self):
        """The same of those that were read for one token."""
        return self.parameters_that_were_read() - self.rows_left(1)

    def rows_left(self, tokens):
        """Numbers in rows of tables that so many tokens have no use for. Where the head is such a table, it is used whole."""
        tables = [shape for name, shape in self.shapes.items() if TABLE.search(name) and self.reads.get(name, 0) < 2]
        return sum(max(0, shape[0] - tokens) * math.prod(shape[1:]) for shape in tables)


# %% [markdown]
# ## Counting one model

# %%
class Model:
    def __init__(self, config):
        self.program, self.config = importlib.import_module(config["model_type"]), config
        self.weights = Weights(self.program.weight_shapes(config))
        self.periods = periods(config)
        # Positions that are learned end, and where a window is full may depend on the token itself, one more or less.
        self.positions = config.get("n_positions")
        self.bends = sorted({bend + more for bend in bends(config) for more in (0, 1)})
        self.measured = 2 * SURELY_FULL * max(1, -(-max(self.bends, default=0) // SURELY_FULL))
        self.caches = {0: self.program.new_cache(config)}              # by the tokens that they were filled with
        self.counts, self.sums, self.sizes, self.known = {}, {}, {}, {}

    def once(self, name, count):
        """What is the same at every context is counted when it is first asked for."""
        if name not in self.known:
            self.known[name] = count()
        return self.known[name]

    def read(self, count, cache):
        ids = torch.zeros(1, count, dtype=torch.int64, device="meta")
        with FlopCounterMode(display=False) as counter:
            self.program.forward(self.weights, self.config, ids, cache)
        return counter.get_total_flops()

    def copy(self, cache):
        # The programs put new tensors into a cache and never write into those that are there.
        return {**cache, "layers": [dict(kept) for kept in cache["layers"]]}

    def cache(self, length):
        """What the model keeps after so many tokens: the longest text before is read on from."""
        while length not in self.caches:
            before = max(n for n in self.caches if n < length)
            end, cache = min(length, before + AT_ONCE), self.copy(self.caches[before])
            self.read(end - before, cache)
            self.caches[end] = cache
        return self.caches[length]

    def flops(self, length):
        """Of a token that comes after so many others."""
        if length not in self.counts:
            cache = self.copy(self.cache(length))
            self.counts[length] = self.read(1, cache)
            self.caches[length + 1] = cache
        return self.counts[length]

    def decode_flops(self, context):
        return extended(self.flops, context - 1, self.periods[0], self.measured)

    def prefill_flops(self, context):
        furthest = self.positions + 1 if self.positions else max(FURTHEST, context + 1)
        return total_in_blocks(self.decode_flops, 1, context + 1, self.periods, self.bends, furthest, self.sums)

    def kept(self, length):
        """How many numbers each layer keeps under each name after so many tokens."""
        if length not in self.sizes:
            layers = self.cache(length)["layers"]
            sizes = {(n, name): kept.numel() for n, layer in enumerate(layers) for name, kept in layer.items()}
            self.sizes[length] = sizes
        return self.sizes[length]

    def all_kept(self):
        """The layers and names of all that is kept at some length: which of it grows with the text, and which does not.

        What grows never shrinks when tokens are added, and is larger when many are.
        """
        return self.once("kept", self.growing_and_fixed)

    def growing_and_fixed(self):
        end = self.positions or self.measured
        lengths = [n for n in (1, 2, 3, 5, 7, 130, 259, SURELY_FULL - 1, SURELY_FULL) if n < end] + [end]
        sizes = [self.kept(length) for length in lengths]
        growing, fixed = [], []
        for kept in {kept: None for size in sizes for kept in size}:
            here = [size.get(kept, 0) for size in sizes]
            into = growing if here == sorted(here) and here[0] < here[-1] else fixed
            into.append(kept)
        return growing, fixed

    def active_parameters(self):
        return self.for_one_token(self.weights.parameters_that_were_read)

    def for_one_token(self, count):
        """Counts the weights after one token, and no other, has read what it needs of them."""
        self.weights.reads = {}
        self.read(1, self.program.new_cache(self.config))
        return count()

    def cache_numbers(self, context):
        """How many numbers are kept after so many tokens, by name: those that grow with the text, and the others."""
        assert not self.positions or context <= self.positions, f"the model has positions for {self.positions} tokens"
        sums = {}, {}
        for kept_here, sum_here in zip(self.all_kept(), sums):
            for kept in kept_here:
                numbers = extended(lambda length: self.kept(length).get(kept, 0), context, self.periods[0], self.measured)
                sum_here[kept[1]] = sum_here.get(kept[1], 0) + numbers
        return sums

    def numbers_read(self, context):
        """How many numbers the context's last token reads of what is kept, and how many of these are of states."""
        layers, kept_here = self.cache(self.periods[0])["layers"], sum(self.all_kept(), [])
        indexed = {n for n, name in kept_here if name in INDEXERS}
        read = states = 0
        for n, name in kept_here:
            numbers = extended(lambda length: self.kept(length).get((n, name), 0), context, self.periods[0], self.measured)
            if n in indexed and name in CHOSEN:
                numbers = min(numbers, self.program.complete(self.config)["index_topk"] * layers[n][name].shape[-1])
            if name == "state":
                states += numbers
            read += numbers
        return read, states

    def numbers_per_token(self):
        """By name, what a token adds to what grows while no window is full: over a block, of which some add more."""
        kept, added = self.kept(self.periods[0]), {}
        for n, name in self.all_kept()[0]:
            added[name] = added.get(name, 0) + kept.get((n, name), 0) / self.periods[0]
        return added

    def costs(self, context, dtype=torch.bfloat16, counts=COUNTS):
        """The counts of these names after so many tokens, of weights and a cache in this dtype."""
        size = torch.empty(0, dtype=dtype).element_size()

        def grown():
            return self.cache_numbers(context)[0]

        def state_bytes():
            # A recurrent state is summed up over the whole text, and is kept in float32 for that.
            return sum(n * (4 if name == "state" else size) for name, n in self.cache_numbers(context)[1].items())

        def decode_bytes():
            weights = self.for_one_token(self.weights.moved_by_a_token)
            read, states = self.numbers_read(context)
            # A state is read and written back.
            return whole((weights + read - states + sum(self.numbers_per_token().values())) * size + 2 * 4 * states)

        count = {
            "parameters": lambda: self.once("parameters", self.weights.parameters),
            "active_parameters": lambda: self.once("active", self.active_parameters),
            "kv_cache_bytes": lambda: sum(grown().values()) * size,
            "kv_cache_bytes_per_token": lambda: whole(sum(self.numbers_per_token().values()) * size),
            "state_bytes": state_bytes,
            "prefill_flops": lambda: self.prefill_flops(context),
            "decode_flops": lambda: self.decode_flops(context),
            "prefill_bytes": lambda: self.for_one_token(lambda: self.weights.moved(context)) * size
            + sum(grown().values()) * size + state_bytes(),
            "decode_bytes": decode_bytes,
            "numbers_in_kv_cache": grown,
        }
        return {name: count[name]() for name in counts}


def whole(x):
    """An integer where the float is one."""
    return int(x) if x == int(x) else x


# %% [markdown]
# ## Along straight lines

# %%
def on_a_line(a, b, c):
    """Whether three points (n, count) are."""
    return (b[1] - a[1]) * (c[0] - a[0]) == (c[1] - a[1]) * (b[0] - a[0])


def extended(measure, length, period, measured):
    """measure(length), where it must be measured no further than `measured`: then along a straight line."""
    if length <= measured:
        return measure(length)
    last = measured - (measured - length) % period
    first, middle = (last - measured * part // 16 // period * period for part in (6, 3))
    low, high = measure(first), measure(last)
    straight = on_a_line((first, low), (middle, measure(middle)), (last, high))
    assert straight, f"what is counted does not yet grow along a straight line after {first} tokens"
    return high + (high - low) // ((last - first) // period) * ((length - last) // period)


def total(measure, begin, end, bends, furthest):
    """The sum of measure(n) for n from begin to end - 1, which rises along straight lines, with bends here and there.

    The lines go on to `furthest` and not to the end, so that sums to several ends measure at the same places.
    """
    corners = [begin] + [bend for bend in bends if begin < bend < furthest] + [furthest]
    return sum([total_between(measure, low, high, min(high, end)) for low, high in zip(corners, corners[1:]) if low < end])


def total_between(measure, low, high, end):
    """The sum from low to end - 1 of what is a straight line from low to high - 1, or several of them."""
    if high - low <= 2:
        return sum([measure(n) for n in range(low, end)])
    last, middle = high - 1, (low + high) // 2
    first_point, last_point = (low, measure(low)), (last, measure(last))
    # Inside of a block a count never falls: where both ends are equal, so is all between them.
    for n in set() if first_point[1] == last_point[1] else {low + (last - low) // 3, middle}:
        if not on_a_line(first_point, (n, measure(n)), last_point):
            before = total_between(measure, low, middle, min(middle, end))
            return before + (total_between(measure, middle, high, end) if middle < end else 0)
    count, rise = end - low, last_point[1] - first_point[1]
    return count * first_point[1] + rise * count * (count - 1) // (2 * (last - low))


def total_in_blocks(measure, begin, end, periods, bends, furthest, sums):
    """The same where blocks of tokens matter, too: within a block there are steps, and sums of blocks are on lines.

    `sums` keeps those of whole blocks, by the block's length and number.
    """
    period = periods[0]
    first, last = -(-begin // period), end // period                   # whole blocks
    if period == 1:
        return total(measure, begin, end, bends, furthest)
    if first >= last:
        return total_in_blocks(measure, begin, end, periods[1:], bends, end, sums)

    def block(n):
        if (period, n) not in sums:
            stop = (n + 1) * period
            sums[period, n] = total_in_blocks(measure, n * period, stop, periods[1:], bends, stop, sums)
        return sums[period, n]

    start, stop = first * period, last * period
    before = total_in_blocks(measure, begin, start, periods[1:], bends, start, sums)
    after = total_in_blocks(measure, stop, end, periods[1:], bends, end, sums)
    # A bend inside of a block sets the block apart.
    block_bends = sorted({bend // period + more for bend in bends for more in (0, 1)})
    return before + total(block, first, last, block_bends, max(last, furthest // period)) + after


# %% [markdown]
# ## From the command line
#
# `costs.py CONFIG CONTEXT DTYPE` prints all counts. With lists of contexts and dtypes, separated by commas, and groups of counts after them, it prints a line for each as soon as it is counted: `costs.py llama.json 1024,131072 bf16,int8 kv_cache_bytes,state_bytes decode_flops`.

# %%
def main():
    path, contexts, dtypes = sys.argv[1], [int(n) for n in sys.argv[2].split(",")], sys.argv[3].split(",")
    groups = [group.split(",") for group in sys.argv[4:]]
    try:
        config = json.load(open(path))
        assert isinstance(config, dict) and "model_type" in config, "a configuration says in model_type what it is of"
        model = Model(config)
        if not groups:
            print(json.dumps(model.costs(contexts[0], DTYPES[dtypes[0]]), indent=1))
        for group in groups:
            for context in contexts:
                if model.positions and context > model.positions:
                    continue
                for dtype in dtypes:
                    counted = model.costs(context, DTYPES[dtype], group)
                    print(json.dumps({"context": context, "dtype": dtype, **counted}))
    except (OSError, ValueError, AssertionError) as error:
        sys.exit(f"{path}: {error}")
    except ModuleNotFoundError:
        sys.exit(f"{path}: no program in www/programs/models describes the architecture {config['model_type']}")


if __name__ == "__main__":
    main()
