# Layers that learn their input's width: d2l.ai's style of writing blocks.
import torch
from torch import nn

torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, hidden, outputs, dropout):
        super().__init__()
        self.dense1 = nn.LazyLinear(hidden)
        self.norm = nn.LazyBatchNorm1d()
        self.dense2 = nn.LazyLinear(outputs, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, X):
        return self.dense2(self.dropout(torch.relu(self.norm(self.dense1(X)))))


block = Block(6, 3, 0.1)
print(block)
print(block(torch.randn(4, 5)).shape)
print(block)
print(block.eval()(torch.ones(2, 5)), block.norm.num_batches_tracked, [tuple(p.shape) for p in block.parameters()])

net = nn.Sequential(nn.LazyConv2d(4, kernel_size=3, padding=1), nn.LazyBatchNorm2d(momentum=0.2), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(2))
print(net(torch.randn(2, 3, 5, 5)))
print(net)
print(type(net[1]).__name__, net[1].running_mean, list(net.state_dict())[:7])
bn, ln = nn.LazyBatchNorm1d(), nn.LayerNorm(2)
X = torch.tensor([[1.0, 2.0], [2.0, 3.0]])
print("layer norm:", ln(X), "\nbatch norm:", bn(X))
