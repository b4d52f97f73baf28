import matplotlib
from matplotlib import __getattr__
