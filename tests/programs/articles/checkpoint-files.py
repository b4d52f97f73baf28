# Checkpoints as scripts keep them: written under a path if there is none, read again, removed.
import os
from pathlib import Path

import torch
import torch.nn as nn

path = Path("attention-checkpoint.pt")
print(path.exists(), os.path.isfile(path))
torch.manual_seed(0)
model = nn.MultiheadAttention(4, 2, batch_first=True)
if not os.path.exists(path):
    torch.save({"model": model.state_dict(), "step": 3, "config": {"heads": 2}}, path)
print(path.exists(), path.is_file(), path.is_dir(), os.path.isfile(str(path)), path.suffix)

torch.manual_seed(1)
other = nn.MultiheadAttention(4, 2, batch_first=True)
checkpoint = torch.load(path, map_location="cpu", weights_only=True)
print(checkpoint["step"], checkpoint["config"], other.load_state_dict(checkpoint["model"]))
x = torch.randn(1, 3, 4)
print(torch.equal(model(x, x, x)[0], other(x, x, x)[0]))

with torch.no_grad():
    model.in_proj_weight.zero_()
print(torch.load(path)["model"]["in_proj_weight"].abs().sum())
path.unlink()
print(path.exists())
path.unlink(missing_ok=True)
for remove in (path.unlink, lambda: os.remove(path), lambda: torch.load(path)):
    try:
        remove()
    except FileNotFoundError as error:
        print(type(error).__name__)
