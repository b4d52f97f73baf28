# What `Module.load_state_dict` does, and the container that a training script puts around a module.


def _load_state_dict(module, state_dict, strict, assign):
    if not isinstance(state_dict, dict):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    state_dict, problems = OrderedDict(state_dict), []
    own = module.state_dict(keep_vars=True)
    missing, unexpected = [], []
    for path, inner in module.named_modules(remove_duplicate=False):
        for handle in inner.__dict__.get("_load_state_dict_pre_hooks", ()):
            prefix = path + "." if path else ""
            handle.hook(inner, state_dict, prefix, {"assign_to_params_buffers": assign}, strict, missing, unexpected, problems)
    missing += [key for key in own if key not in state_dict]
    # PyTorch finds them module by module: those without a module of their own first.
    unexpected += _unexpected_keys(module, [key for key in state_dict if key not in own], "")
    with torch.no_grad():
        for key, target in own.items():
            if key not in state_dict:
                continue
            source = state_dict[key]
            if source.shape != target.shape:
                problems.append(
                    f"size mismatch for {key}: copying a param with shape {source.shape} from checkpoint, "
                    f"the shape in current model is {target.shape}."
                )
            elif assign:
                target.data = source.detach()
            else:
                target.copy_(source)
    if strict:
        quoted = [", ".join([f'"{key}"' for key in keys]) for keys in (missing, unexpected)]
        if unexpected:
            problems.insert(0, f"Unexpected key(s) in state_dict: {quoted[1]}. ")
        if missing:
            problems.insert(0, f"Missing key(s) in state_dict: {quoted[0]}. ")
    if problems:
        listed = "\n\t".join(problems)
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{listed}")
    return _IncompatibleKeys(missing, unexpected)


def _unexpected_keys(module, keys, prefix):
    here = []
    for key in keys:
        name = key[len(prefix) :].split(".")[0]
        if name not in module._modules and name not in module._parameters and name not in module._buffers:
            here.append(key)
    for name, child in module._modules.items():
        inner = prefix + name + "."
        here += _unexpected_keys(child, [key for key in keys if key.startswith(inner)], inner) if child else []
    return here + [key for key in keys if key not in here]


__name__ = "torch.nn.parallel.data_parallel"


class DataParallel(Module):
    # On one device: the module itself.
    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        self.module = module

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)
