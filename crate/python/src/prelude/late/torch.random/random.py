# torch.random: the default generator under other names, and a block whose draws leave no trace.
import torch

default_generator = torch.default_generator
manual_seed = torch.manual_seed
initial_seed = torch.initial_seed
get_rng_state = torch.get_rng_state
set_rng_state = torch.set_rng_state
seed = torch.seed


class fork_rng:
    def __init__(self, devices=None, enabled=True, device_type="cuda"):
        self.enabled = enabled

    def __enter__(self):
        self.state = get_rng_state()

    def __exit__(self, kind, value, traceback):
        if self.enabled:
            set_rng_state(self.state)
        return False
