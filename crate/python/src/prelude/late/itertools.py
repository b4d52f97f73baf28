def repeat(value, times=None):
    if times is None:
        while True:
            yield value
    for _ in range(times):
        yield value


def chain(*iterables):
    for iterable in iterables:
        for item in iterable:
            yield item


def _from_iterable(iterables):
    for iterable in iterables:
        for item in iterable:
            yield item


chain.from_iterable = _from_iterable


def islice(iterable, *bounds):
    bounds = slice(*bounds)
    start, stop, step = bounds.start or 0, bounds.stop, bounds.step or 1
    if stop is not None and start >= stop:
        return
    index, wanted = 0, start
    for item in iterable:
        if index == wanted:
            yield item
            wanted += step
        index += 1
        if stop is not None and (index >= stop or wanted >= stop):
            return


def accumulate(iterable, func=None, initial=None):
    total, started = initial, initial is not None
    if started:
        yield total
    for item in iterable:
        total = item if not started else (total + item if func is None else func(total, item))
        started = True
        yield total


def product(*iterables, repeat=1):
    pools = [tuple(pool) for pool in iterables] * repeat
    if not all(pools):
        return
    indices = [0] * len(pools)
    while True:
        yield tuple([pool[i] for pool, i in zip(pools, indices)])
        at = len(pools) - 1
        while at >= 0 and indices[at] == len(pools[at]) - 1:
            indices[at] = 0
            at -= 1
        if at < 0:
            return
        indices[at] += 1


def permutations(iterable, r=None):
    pool = tuple(iterable)
    n = len(pool)
    r = n if r is None else r
    if r > n:
        return
    indices, cycles = list(range(n)), list(range(n, n - r, -1))
    while True:
        yield tuple([pool[i] for i in indices[:r]])
        for i in reversed(range(r)):
            cycles[i] -= 1
            if cycles[i]:
                j = n - cycles[i]
                indices[i], indices[j] = indices[j], indices[i]
                break
            indices[i:] = indices[i + 1 :] + indices[i : i + 1]
            cycles[i] = n - i
        else:
            return


def combinations(iterable, r):
    pool = tuple(iterable)
    n = len(pool)
    if r > n:
        return
    indices = list(range(r))
    yield tuple([pool[i] for i in indices])
    while True:
        i = r - 1
        while i >= 0 and indices[i] == i + n - r:
            i -= 1
        if i < 0:
            return
        indices[i] += 1
        for j in range(i + 1, r):
            indices[j] = indices[j - 1] + 1
        yield tuple([pool[i] for i in indices])


def pairwise(iterable):
    previous, started = None, False
    for item in iterable:
        if started:
            yield previous, item
        previous, started = item, True


def zip_longest(*iterables, fillvalue=None):
    lists = [list(iterable) for iterable in iterables]
    for index in range(max([len(items) for items in lists], default=0)):
        yield tuple([items[index] if index < len(items) else fillvalue for items in lists])


def takewhile(predicate, iterable):
    for item in iterable:
        if not predicate(item):
            return
        yield item


def dropwhile(predicate, iterable):
    dropping = True
    for item in iterable:
        if dropping and predicate(item):
            continue
        dropping = False
        yield item


def starmap(function, iterable):
    for args in iterable:
        yield function(*args)


def groupby(iterable, key=None):
    group, group_key, started = [], None, False
    for item in iterable:
        item_key = item if key is None else key(item)
        if started and item_key == group_key:
            group.append(item)
            continue
        if started:
            yield group_key, iter(group)
        group, group_key, started = [item], item_key, True
    if started:
        yield group_key, iter(group)


def combinations_with_replacement(iterable, r):
    pool = tuple(iterable)
    if not pool and r:
        return
    indices = [0] * r
    while True:
        yield tuple([pool[i] for i in indices])
        at = r - 1
        while at >= 0 and indices[at] == len(pool) - 1:
            at -= 1
        if at < 0:
            return
        indices[at:] = [indices[at] + 1] * (r - at)


def compress(data, selectors):
    for item, selected in zip(data, selectors):
        if selected:
            yield item


def filterfalse(predicate, iterable):
    for item in iterable:
        if not (item if predicate is None else predicate(item)):
            yield item


def tee(iterable, n=2):
    items = list(iterable)
    return tuple([iter(items) for _ in range(n)])


def batched(iterable, n):
    batch = []
    for item in iterable:
        batch.append(item)
        if len(batch) == n:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)
