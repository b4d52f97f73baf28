# Indexing as model code writes it: slices, lists, masks, None, Ellipsis, assignments through views.
import torch

torch.manual_seed(123)
x = torch.randint(0, 100, (4, 5))
print(x)
print(x[1], x[-1, -1], x[:, 2], x[1:3, ::2], x[..., 0], x[:, None, 1].shape, x[None].shape)
print(x[[0, 2]], x[[0, 2], [1, 3]], x[torch.tensor([3, 0])][:, [4]], x[:, torch.tensor([[0, 1], [2, 3]])].shape)
print(x[x > 50], x[(x % 2 == 0) & (x < 40)], x[x.sum(1) > 200].shape, (x > 90).nonzero(as_tuple=True))
rows = torch.arange(4)
best = x.argmax(dim=1)
print(best, x[rows, best], x[rows, best].equal(x.max(1).values))
y = x.clone()
y[0] = torch.arange(5)
y[1, 1:3] = 0
y[:, -1] = y[:, 0]
y[[2, 3], [2, 3]] = torch.tensor([-1, -2])
y[y > 80] = 80
print(y)
view = y[1:3]
view += 1000
view[0, 0] = -5
print(y, y.data_ptr() == y.view(-1).data_ptr())
z = torch.zeros(2, 3, 4)
z[0, :, 1] = 1
z[..., -1] = torch.tensor([5., 6., 7.])
z[1, 2] = z[0, 0]
z[:, 0, 0] -= torch.tensor([1., 2.])
print(z)
print(z[0, 1, 3], z[0][1][3] == z[0, 1, 3], z[:, :, -1].T, z.select(1, 2), z.narrow(2, 1, 2)[0])
ids = torch.tensor([[1, 0, 2], [2, 2, 1]])
table = torch.tensor([[0.1, 0.2], [1.1, 1.2], [2.1, 2.2]])
print(table[ids].shape, table[ids][1], torch.nn.functional.embedding(ids, table).equal(table[ids]))
a, b = table[0], table[1:]
print(a, b, *[f"{v:.1f}" for v in table[:, 1]], table[True].shape, table[0:0].shape, table[5:].numel())
for bad in ("x[4]", "x[0, 5]", "x[torch.tensor([9])]", "x[0, 0, 0]"):
    try:
        {"x[4]": lambda: x[4], "x[0, 5]": lambda: x[0, 5], "x[torch.tensor([9])]": lambda: x[torch.tensor([9])], "x[0, 0, 0]": lambda: x[0, 0, 0]}[bad]()
    except IndexError as e:
        print(bad, "->", e)
