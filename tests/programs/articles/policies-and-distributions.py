# Sampling actions and latents: torch.distributions as policy gradients and variational texts use them.
import torch
import torch.nn as nn
from torch.distributions import Bernoulli, Categorical, Normal, Uniform, kl_divergence

torch.manual_seed(0)
policy = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
states = torch.randn(5, 4)
dist = Categorical(logits=policy(states))
print(dist)
actions = dist.sample()
print(actions, dist.sample((2,)).shape, dist.batch_shape)
log_probs = dist.log_prob(actions)
rewards = torch.tensor([1.0, 0.0, 0.5, -1.0, 2.0])
advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-8)
loss = -(log_probs * advantages).mean() - 0.01 * dist.entropy().mean()
print(log_probs, dist.entropy(), loss, sep="\n")

old = Categorical(logits=policy(states).detach() * 0.9)
ratio = (log_probs - old.log_prob(actions)).exp()
print(torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean(), kl_divergence(old, dist))
print(Categorical(torch.tensor([1.0, 2.0, 5.0])).probs, Categorical(probs=torch.ones(4)).entropy())

mean, log_std = torch.randn(2, 3), torch.full((2, 3), -0.5)
posterior = Normal(mean, log_std.exp())
z = posterior.rsample()
print(posterior, z, posterior.log_prob(z).sum(-1), sep="\n")
print(kl_divergence(posterior, Normal(torch.zeros(3), torch.ones(3))).sum(-1), posterior.entropy()[0])
print(Normal(0.0, 1.0), Normal(0.0, 1.0).cdf(torch.tensor(1.96)), Normal(0.0, 2.0).sample((3,)))
gate = Bernoulli(logits=torch.tensor([-1.0, 0.0, 3.0]))
print(gate.probs, gate.sample(), gate.log_prob(torch.tensor([0.0, 1.0, 1.0])), gate.entropy())
box = Uniform(-1.0, 3.0)
print(box, box.sample((2,)), box.log_prob(torch.tensor(0.0)), box.mean, box.variance)
for wrong in (lambda: Normal(0.0, -1.0), lambda: Categorical(), lambda: dist.log_prob(torch.tensor([0, 1, 2, 3, 0]))):
    try:
        wrong()
    except ValueError as error:
        print(str(error).split("\n")[0])
