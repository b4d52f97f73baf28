# Splits, samplers and loaders, epoch by epoch.
import torch
from torch.utils.data import (
    BatchSampler, DataLoader, Dataset, RandomSampler, Sampler, SequentialSampler, Subset, SubsetRandomSampler, TensorDataset,
    WeightedRandomSampler, random_split,
)

torch.manual_seed(0)
data = TensorDataset(torch.arange(12).float().view(12, 1), torch.arange(12) % 3)
train, valid, test = random_split(data, [0.7, 0.2, 0.1], generator=torch.Generator().manual_seed(42))
print(len(train), len(valid), len(test), list(valid.indices), [tuple(t.tolist() for t in pair) for pair in test])

generator = torch.Generator().manual_seed(1)
loader = DataLoader(range(7), batch_size=3, shuffle=True, generator=generator)
for epoch in range(3):
    print("epoch", epoch, [batch.tolist() for batch in loader], len(loader))
loader = DataLoader(data, batch_size=4, sampler=RandomSampler(data, num_samples=6))
print([labels.tolist() for _, labels in loader], torch.rand(2))

labels = torch.tensor([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
counts = torch.bincount(labels)
weights = (1.0 / counts)[labels]
sampler = WeightedRandomSampler(weights, num_samples=8, replacement=True)
print([labels[batch].tolist() for batch in DataLoader(torch.arange(10), batch_size=4, sampler=sampler)])
print(list(SubsetRandomSampler([3, 5, 7])), list(BatchSampler(SequentialSampler(range(5)), batch_size=2, drop_last=True)))


class ByLength(Sampler):
    """Batches of sentences of about the same length."""

    def __init__(self, lengths, batch_size):
        self.lengths, self.batch_size = lengths, batch_size

    def __iter__(self):
        order = sorted(range(len(self.lengths)), key=lambda i: self.lengths[i])
        chunks = [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        for chunk in torch.randperm(len(chunks)).tolist():
            yield chunks[chunk]

    def __len__(self):
        return (len(self.lengths) + self.batch_size - 1) // self.batch_size


class Sentences(Dataset):
    def __init__(self, texts):
        self.texts = texts

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        return {"text": self.texts[i], "length": len(self.texts[i].split()), "score": 0.5 * i}


sentences = Sentences(["a b c", "a", "b c", "c d e f", "e f"])
loader = DataLoader(sentences, batch_sampler=ByLength([len(t.split()) for t in sentences.texts], 2))
for batch in loader:
    print(batch)
print(list(DataLoader([("x", 1), ("y", 2), ("z", 3)], batch_size=2)))
print(next(iter(DataLoader(Subset(data, [4, 2]), batch_size=2))))
for arguments in ({"shuffle": True, "sampler": [0]}, {"batch_sampler": [[0]], "batch_size": 2}):
    try:
        DataLoader(data, **arguments)
    except ValueError as error:
        print(error)
