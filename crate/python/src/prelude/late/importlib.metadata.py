import importlib


class PackageNotFoundError(ModuleNotFoundError):
    @property
    def name(self):
        return self.args[0]

    def __str__(self):
        return f"No package metadata was found for {self.name}"


def version(distribution_name):
    # What PyTorch's and einops' programs print here is what these versions print; no other package is here.
    if distribution_name in ("torch", "einops"):
        return importlib.import_module(distribution_name).__version__
    raise PackageNotFoundError(distribution_name)
