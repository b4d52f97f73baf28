from typing import Any

NDArray = ArrayLike = DTypeLike = Any
