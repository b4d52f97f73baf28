from _prelude import _describe_tensor, _load_tensor, _open_tensors, _tensor_metadata, _tensor_names


class SafetensorError(Exception):
    pass


class _Slice:
    def __init__(self, file, name, dtype, shape):
        self.file, self.name, self.dtype, self.shape = file, name, dtype, shape

    def get_dtype(self):
        return self.dtype

    def get_shape(self):
        return self.shape

    def __getitem__(self, key):
        return self.file.get_tensor(self.name)[key]


class safe_open:
    def __init__(self, filename, framework, device="cpu"):
        opened = _open_tensors(str(filename))
        if isinstance(opened, str):
            raise SafetensorError(opened)
        self._file = opened

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self._file = None
        return False

    def keys(self):
        return _tensor_names(self._file)

    def metadata(self):
        return _tensor_metadata(self._file) or None

    def get_tensor(self, name):
        tensor = _load_tensor(self._file, name)
        if tensor is None:
            raise SafetensorError(f"File does not contain tensor {name}")
        return tensor

    def get_slice(self, name):
        described = _describe_tensor(self._file, name)
        if described is None:
            raise SafetensorError(f"File does not contain tensor {name}")
        return _Slice(self, name, *described)
