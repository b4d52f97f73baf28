"""Draws nothing: the page shows the tensors themselves."""

import matplotlib
from matplotlib import _artist


def subplots(nrows=1, ncols=1, **options):
    return _artist, _artist.subplots(nrows, ncols, **options)


def hist(*args, **kwargs):
    return _artist.hist()


def __getattr__(name):
    return _artist
