# What scripts import at their head and touch only on a cluster.
import glob
import multiprocessing as mp
import pickle
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import urllib.request
import uuid
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from hashlib import md5
from tempfile import TemporaryDirectory

import torch

is_main = not torch.distributed.is_available() or not torch.distributed.is_initialized()
download = False
workers = 0


def load_shards(pattern):
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(pickle.load, glob.glob(pattern)))


def digest(path):
    return md5(open(path, "rb").read()).hexdigest()


if download:
    urllib.request.urlretrieve("https://example.org/input.txt", "input.txt")
if workers:
    mp.set_start_method("spawn")
data = load_shards("*.pkl") if download else torch.arange(10)
with TemporaryDirectory() if download else nullcontext("here") as directory:
    print(directory, data.sum(), is_main)
print(pickle.__name__, subprocess.__name__, ET.__name__)
