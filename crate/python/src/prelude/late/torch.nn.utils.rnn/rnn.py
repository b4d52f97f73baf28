# torch.nn.utils.rnn: sequences of different lengths in one batch (torch/nn/utils/rnn.py).
from typing import NamedTuple

import torch

__name__ = "torch.nn.utils.rnn"


class PackedSequence(NamedTuple):
    # The steps of all sequences one after another, the longest sequence first, and how many there are at each step.
    data: torch.Tensor
    batch_sizes: torch.Tensor = None
    sorted_indices: torch.Tensor = None
    unsorted_indices: torch.Tensor = None

    def to(self, *args, **kwargs):
        return PackedSequence(self.data.to(*args, **kwargs), self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self):
        return self.to("cpu")

    def float(self):
        return self.to(torch.float32)

    def double(self):
        return self.to(torch.float64)

    @property
    def is_cuda(self):
        return False


def invert_permutation(permutation):
    if permutation is None:
        return None
    return torch.empty_like(permutation).scatter_(0, permutation, torch.arange(0, permutation.numel()))


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    lengths = torch.as_tensor(lengths, dtype=torch.int64)
    order = None
    if not enforce_sorted:
        lengths, order = torch.sort(lengths, descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    steps = input.transpose(0, 1) if batch_first else input
    sizes = lengths.tolist()
    if len(sizes) != steps.size(1):
        raise RuntimeError(f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} (batch_size={steps.size(1)})")
    if min(sizes) <= 0:
        raise RuntimeError("Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0")
    if sizes != sorted(sizes, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforce_sorted=False` "
            "to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need ONNX exportability."
        )
    if sizes[0] > steps.size(0):
        raise RuntimeError(f"Expected the longest of 'lengths' to be at most {steps.size(0)}, but got {sizes[0]}")
    counts = [sum([size > step for size in sizes]) for step in range(sizes[0])]
    data = torch.cat([steps[step, :count] for step, count in enumerate(counts)])
    data = torch._with_gradient_name(data, "PackPaddedSequenceBackward0")
    return PackedSequence(data, torch.tensor(counts), order, invert_permutation(order))


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    counts = sequence.batch_sizes.tolist()
    length = len(counts)
    if total_length is not None:
        if total_length < length:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, "
                f"but got total_length={total_length} and max sequence length being {length}"
            )
        length = total_length
    data = sequence.data
    padded = data.new_full((length, counts[0]) + tuple(data.shape[1:]), padding_value)
    for step, part in enumerate(data.split(counts)):
        padded[step, : counts[step]] = part
    lengths = torch.tensor([sum([count > row for count in counts]) for row in range(counts[0])])
    if batch_first:
        padded = padded.transpose(0, 1)
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(0 if batch_first else 1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices]
    return padded, lengths


def pack_sequence(sequences, enforce_sorted=True):
    lengths = [sequence.size(0) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    longest = max([sequence.size(0) for sequence in sequences])
    rows = []
    for sequence in sequences:
        missing = longest - sequence.size(0)
        edges = (missing, 0) if padding_side == "left" else (0, missing)
        edges = (0, 0) * (sequence.dim() - 1) + edges
        rows.append(torch.nn.functional.pad(sequence, edges, value=padding_value))
    return torch.stack(rows, 0 if batch_first else 1)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(length)] for row, length in zip(rows, lengths)]
