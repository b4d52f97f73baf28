# torch.nn.modules: the files in which PyTorch keeps what torch.nn has.
from torch import nn

activation = adaptive = batchnorm = channelshuffle = container = conv = distance = dropout = flatten = fold = nn
instancenorm = linear = loss = module = normalization = padding = pixelshuffle = pooling = rnn = sparse = nn
transformer = upsampling = utils = nn
Module, ModuleList, ModuleDict, Sequential, Linear, Embedding = nn.Module, nn.ModuleList, nn.ModuleDict, nn.Sequential, nn.Linear, nn.Embedding
Dropout, LayerNorm, Conv1d, Conv2d, MultiheadAttention = nn.Dropout, nn.LayerNorm, nn.Conv1d, nn.Conv2d, nn.MultiheadAttention
TransformerEncoder, TransformerEncoderLayer = nn.TransformerEncoder, nn.TransformerEncoderLayer
TransformerDecoder, TransformerDecoderLayer = nn.TransformerDecoder, nn.TransformerDecoderLayer
CrossEntropyLoss = nn.CrossEntropyLoss
