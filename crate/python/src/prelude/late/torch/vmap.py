# torch.vmap, slice by slice.


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    # One call for each slice along `in_dims`, and the results stacked along `out_dims`.
    from torch.utils._pytree import tree_leaves, tree_map

    def mapped(*args, **kwargs):
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        size = [leaf.size(dim) for arg, dim in zip(args, dims) if dim is not None for leaf in tree_leaves(arg)][0]
        results = []
        for position in range(size):
            parts = []
            for arg, dim in zip(args, dims):
                parts.append(arg if dim is None else tree_map(lambda leaf: leaf.select(dim, position), arg))
            named = {key: tree_map(lambda leaf: leaf.select(0, position), value) for key, value in kwargs.items()}
            results.append(func(*parts, **named))
        if isinstance(out_dims, tuple):
            return tuple([stack(part, dim) for part, dim in zip(zip(*results), out_dims)])
        return tree_map(lambda *leaves: stack(leaves, out_dims), *results)

    return mapped
