"""minGPT's way to a configuration: a CfgNode with literals from the command line, argparse beside it, and a beam in a queue."""
import argparse
import os
from ast import literal_eval
from queue import PriorityQueue

import torch


class CfgNode:
    """ a lightweight configuration class inspired by yacs """

    def __init__(self, **kwargs):
        self.__dict__.update(kwargs)

    def __str__(self):
        return self._str_helper(0)

    def _str_helper(self, indent):
        parts = []
        for k, v in self.__dict__.items():
            if isinstance(v, CfgNode):
                parts.append("%s:\n" % k)
                parts.append(v._str_helper(indent + 1))
            else:
                parts.append("%s: %s\n" % (k, v))
        parts = [' ' * (indent * 4) + p for p in parts]
        return "".join(parts)

    def merge_from_args(self, args):
        for arg in args:
            keyval = arg.split('=')
            assert len(keyval) == 2, "expecting each override arg to be of form --arg=value, got %s" % arg
            key, val = keyval
            try:
                val = literal_eval(val)
            except ValueError:
                pass
            assert key[:2] == '--'
            keys = key[2:].split('.')
            obj = self
            for k in keys[:-1]:
                obj = getattr(obj, k)
            leaf_key = keys[-1]
            assert hasattr(obj, leaf_key), f"{key} is not an attribute that exists in the config"
            print("command line overwriting config attribute %s with %s" % (key, val))
            setattr(obj, leaf_key, val)


config = CfgNode(system=CfgNode(seed=3407, work_dir=os.path.join(".", "out", "chargpt")),
                 model=CfgNode(model_type=None, n_layer=2, betas=(0.9, 0.95)), trainer=CfgNode(learning_rate=5e-4))
config.merge_from_args(["--model.n_layer=4", "--model.model_type=gpt-mini", "--trainer.learning_rate=1e-3", "--model.betas=(0.9, 0.99)"])
print(config)

parser = argparse.ArgumentParser(description="attention", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
parser.add_argument("--heads", type=int, default=4, help="number of heads")
parser.add_argument("--dims", type=int, nargs="+", default=[16, 32])
parser.add_argument("--causal", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("-v", "--verbose", action="count", default=0)
args, unknown = parser.parse_known_args(["--dims", "8", "8", "--no-causal", "-v", "--other"])
print(args, unknown)
try:
    parser.parse_args(["--nope"])
except SystemExit as error:
    print("exit", error.code)

torch.manual_seed(config.system.seed)
log_probs = torch.log_softmax(torch.randn(3, 5), dim=-1)
beam = PriorityQueue()
beam.put((0.0, []))
for step in log_probs:
    candidates = PriorityQueue()
    while not beam.empty():
        score, tokens = beam.get()
        for logp, index in zip(*step.topk(2)):
            candidates.put((score - logp.item(), tokens + [index.item()]))
    beam = PriorityQueue()
    for _ in range(min(2, candidates.qsize())):
        beam.put(candidates.get())
score, tokens = beam.get()
print(f"{score:.4f}", tokens)
