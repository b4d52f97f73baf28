"""A run that logs to stdout, captures what a function prints, and turns warnings into records."""
import io
import logging
import sys
import warnings
from contextlib import redirect_stdout

import torch
import torch.nn as nn

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s:%(name)s:%(message)s")
logger = logging.getLogger("model.attention")
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(logging.Formatter("[%(levelname)-7s] %(message)s"))
logger.addHandler(handler)
logger.propagate = False


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        if dim % heads:
            warnings.warn(f"{dim} is not a multiple of {heads}", UserWarning)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.heads = heads
        logger.debug("built with %d heads", heads)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1)
        logger.info("weights %s, largest %.4f", tuple(weights.shape), weights.max())
        return weights @ v


torch.manual_seed(0)
logging.info("torch seeded with %d", 0)
logging.debug("not shown")
logger.setLevel(logging.DEBUG)
model = Attention(8, 2)
y = model(torch.randn(1, 3, 8))
print(y)
logger.error("nothing went wrong: %s", {"nan": torch.isnan(y).any().item()})
logger.setLevel("WARNING")
model(torch.randn(1, 3, 8))
print(logger, logger.parent, logger.isEnabledFor(logging.INFO), logging.getLevelName(logger.level))

captured = io.StringIO()
with redirect_stdout(captured):
    print(model)
    sys.stdout.write("written\n")
print(len(captured.getvalue().splitlines()), captured.getvalue().split("\n")[1].strip())

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Attention(7, 2)
print(len(caught), caught[0].category.__name__, caught[0].message)
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        Attention(7, 2)
    except UserWarning as error:
        print("raised:", error)
warnings.filterwarnings("ignore", category=UserWarning)
Attention(7, 2)
