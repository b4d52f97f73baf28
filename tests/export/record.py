"""Records what NumPy, safetensors and PyTorch write for the tensors that `tests/page/export.test.js` writes, and reads back what the page wrote as text.

    python tests/export/record.py     needs torch, numpy and safetensors; no test needs it
"""

import base64
import csv
import io
import json
from pathlib import Path

import numpy
import torch
from safetensors.torch import save

HERE = Path(__file__).parent
inf, nan = float("inf"), float("nan")

TENSORS = {
    "scores": torch.tensor([[1 / 3, -inf, 0.1], [-0.0, 1e-45, 3.4028234663852886e38], [inf, nan, 16777217.0]]),
    "half": torch.tensor([1 / 3, 65504.0, -6e-8, 6.1e-5, inf, -inf, nan, -0.0, 2.0**-24], dtype=torch.float16),
    "brain": torch.tensor([[1 / 3, -2.5e-40], [inf, nan]], dtype=torch.bfloat16),
    "double": torch.tensor([1 / 3, 1e300], dtype=torch.float64),
    "ids": torch.tensor([[2**53 + 1, -(2**63)], [0, 2**63 - 1]], dtype=torch.int64),
    "counts": torch.tensor([-(2**31), 7], dtype=torch.int32),
    "small": torch.tensor([-128, 127], dtype=torch.int8),
    "bytes": torch.tensor([0, 255, 3], dtype=torch.uint8),
    "mask": torch.tensor([[True, False], [True, True]]),
    "scalar": torch.tensor(2.5),
    "nothing": torch.zeros(0, 3),
    "heads": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7,
}
# As the engine gives them to the page: halves as float32.
GIVEN = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
ARRAYS = {torch.float64: "Float64Array", torch.float32: "Float32Array", torch.int64: "BigInt64Array", torch.int32: "Int32Array", torch.int8: "Int8Array", torch.uint8: "Uint8Array", torch.bool: "Uint8Array"}


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def npy(tensor: torch.Tensor) -> bytes:
    file = io.BytesIO()
    numpy.save(file, (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy())
    return file.getvalue()


def record() -> None:
    cases = []
    for name, tensor in TENSORS.items():
        given = tensor.to(GIVEN.get(tensor.dtype, tensor.dtype))
        cases.append({
            "name": name, "dtype": str(tensor.dtype), "shape": list(tensor.shape),
            "array": ARRAYS[given.dtype], "values": encoded(given.numpy().tobytes()), "npy": encoded(npy(tensor)),
        })
    everything = save(TENSORS, metadata={"format": "pt", "program": "attention/causal-attention.py"})
    text = json.dumps({"cases": cases, "safetensors": encoded(everything)}, indent=1)
    (HERE / "recorded.json").write_text(text + "\n")


def check() -> None:
    """What the page wrote as text is the same to the last bit, but for which NaN a NaN is."""
    namespace = {"torch": torch}
    exec((HERE / "tensors.py").read_text(), namespace)
    for name, tensor in TENSORS.items():
        found = namespace[name]
        assert found.dtype == tensor.dtype and found.shape == tensor.shape, name
        if tensor.dtype.is_floating_point:
            assert torch.equal(found.isnan(), tensor.isnan()) and torch.equal(torch.signbit(found.nan_to_num(1)), torch.signbit(tensor.nan_to_num(1))), name
            found, tensor = found.nan_to_num(0.5, 1, 2), tensor.nan_to_num(0.5, 1, 2)
        assert torch.equal(found, tensor), name
    plain = numpy.loadtxt(HERE / "scores.csv", delimiter=",", dtype=numpy.float32)
    assert numpy.array_equal(plain, TENSORS["scores"].numpy(), equal_nan=True)
    rows = list(csv.reader((HERE / "labelled.csv").open()))
    assert rows[0] == ["", "x", "y", "-"] and rows[2][0] == 'a "b", c'
    assert numpy.array_equal(numpy.array([row[1:] for row in rows[1:]], numpy.float32), TENSORS["scores"].numpy(), equal_nan=True)
    long = numpy.loadtxt(HERE / "heads.csv", delimiter=",", skiprows=1, dtype=numpy.float32)
    assert numpy.array_equal(long[:, 3].reshape(2, 3, 4), TENSORS["heads"].numpy())
    assert [tuple(map(int, line[:3])) for line in long] == list(numpy.ndindex(2, 3, 4))


record()
if (HERE / "tensors.py").exists():
    check()
