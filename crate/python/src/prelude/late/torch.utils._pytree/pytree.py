# torch.utils._pytree: containers inside containers as a list of leaves, and what puts them together again.
from collections import OrderedDict


class TreeSpec:
    def __init__(self, kind, context, children_specs):
        self.type, self.context, self.children_specs = kind, context, children_specs
        self.num_leaves = 1 if kind is None else sum([child.num_leaves for child in children_specs])

    def is_leaf(self):
        return self.type is None

    def __eq__(self, other):
        return (self.type, self.context, self.children_specs) == (other.type, other.context, other.children_specs)


def tree_flatten(tree, is_leaf=None):
    if is_leaf is not None and is_leaf(tree):
        return [tree], TreeSpec(None, None, [])
    if isinstance(tree, dict):
        children, context = list(tree.values()), list(tree)
    elif isinstance(tree, (list, tuple)):
        children, context = list(tree), None
    else:
        return [tree], TreeSpec(None, None, [])
    leaves, specs = [], []
    for child in children:
        below, spec = tree_flatten(child, is_leaf)
        leaves += below
        specs.append(spec)
    return leaves, TreeSpec(type(tree), context, specs)


def tree_unflatten(leaves, treespec):
    leaves = list(leaves)
    if treespec.is_leaf():
        return leaves[0]
    parts, start = [], 0
    for child in treespec.children_specs:
        parts.append(tree_unflatten(leaves[start : start + child.num_leaves], child))
        start += child.num_leaves
    if treespec.context is not None:
        return treespec.type(zip(treespec.context, parts))
    return treespec.type(*parts) if hasattr(treespec.type, "_fields") else treespec.type(parts)


def tree_leaves(tree, is_leaf=None):
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree, is_leaf=None):
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func, tree, *rests, is_leaf=None):
    leaves, spec = tree_flatten(tree, is_leaf)
    return tree_unflatten([func(*values) for values in zip(leaves, *[tree_leaves(rest, is_leaf) for rest in rests])], spec)


def tree_map_only(kind, func, tree, is_leaf=None):
    return tree_map(lambda leaf: func(leaf) if isinstance(leaf, kind) else leaf, tree, is_leaf=is_leaf)


def tree_any(pred, tree, is_leaf=None):
    return any([pred(leaf) for leaf in tree_leaves(tree, is_leaf)])


def tree_all(pred, tree, is_leaf=None):
    return all([pred(leaf) for leaf in tree_leaves(tree, is_leaf)])
