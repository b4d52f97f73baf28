# torch.nn.utils.rnn: sequences of different lengths in one batch.
import torch


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
