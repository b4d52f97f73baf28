import tqdm as _tqdm
from tqdm import tqdm, trange
