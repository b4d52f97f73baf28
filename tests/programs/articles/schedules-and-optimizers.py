# The optimizer and the schedule of a training script, before any training.
import math

import torch
import torch.nn as nn
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, ExponentialLR, LambdaLR, LinearLR, MultiStepLR, OneCycleLR,
    ReduceLROnPlateau, SequentialLR, StepLR,
)

torch.manual_seed(0)
model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


def configure_optimizers(model, weight_decay, learning_rate, betas):
    params = {name: p for name, p in model.named_parameters() if p.requires_grad}
    decay = [p for p in params.values() if p.dim() >= 2]
    no_decay = [p for p in params.values() if p.dim() < 2]
    groups = [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]
    print(f"decayed: {len(decay)} tensors, {sum(p.numel() for p in decay)} parameters")
    return torch.optim.AdamW(groups, lr=learning_rate, betas=betas)


optimizer = configure_optimizers(model, 0.1, 3e-4, (0.9, 0.95))
print(optimizer)
optimizer.zero_grad(set_to_none=True)
print([group["lr"] for group in optimizer.param_groups], optimizer.state_dict()["param_groups"][1]["params"])


def noam(step, d_model=8, warmup=4):
    step = max(step, 1)
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def rates(make, steps=12, lr=0.1):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    seen = []
    for _ in range(steps):
        seen.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return " ".join(f"{rate:.5f}" for rate in seen), scheduler


for name, make in {
    "noam": lambda o: LambdaLR(o, lr_lambda=noam),
    "step": lambda o: StepLR(o, step_size=4, gamma=0.5),
    "milestones": lambda o: MultiStepLR(o, milestones=[3, 8], gamma=0.1),
    "exponential": lambda o: ExponentialLR(o, gamma=0.9),
    "cosine": lambda o: CosineAnnealingLR(o, T_max=10, eta_min=0.001),
    "restarts": lambda o: CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2),
    "one cycle": lambda o: OneCycleLR(o, max_lr=0.5, total_steps=13),
    "warmup": lambda o: SequentialLR(
        o, [LinearLR(o, start_factor=0.1, total_iters=4), CosineAnnealingLR(o, T_max=8)], milestones=[4]),
}.items():
    text, scheduler = rates(make)
    print(f"{name:12s} {text} | {scheduler.last_epoch}")

optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
plateau = ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=1)
for epoch, loss in enumerate([1.0, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7]):
    plateau.step(torch.tensor(loss))
    print(epoch, loss, optimizer.param_groups[0]["lr"], plateau.num_bad_epochs)
state = CosineAnnealingLR(optimizer, T_max=5).state_dict()
print(state["T_max"], state["base_lrs"], state["last_epoch"])
optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(2))], "lr": 1.0})
print(len(optimizer.param_groups), optimizer.param_groups[-1]["lr"], math.isclose(optimizer.defaults["eps"], 1e-8))
try:
    torch.optim.Adam(model.parameters(), lr=-1.0)
except ValueError as error:
    print(error)
