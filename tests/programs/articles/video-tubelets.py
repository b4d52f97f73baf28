# Tubelet embeddings of ViViT (Arnab et al. 2021): a video in patches over time and space.
import torch
import torch.nn as nn

torch.manual_seed(0)


class TubeletEmbedding(nn.Module):
    def __init__(self, channels=3, dim=8, tubelet=(2, 4, 4)):
        super().__init__()
        self.projection = nn.Conv3d(channels, dim, kernel_size=tubelet, stride=tubelet)
        self.norm = nn.BatchNorm3d(dim)

    def forward(self, video):
        return self.norm(self.projection(video)).flatten(2).transpose(1, 2)


embed = TubeletEmbedding()
print(embed)
video = torch.randn(2, 3, 4, 8, 8)
tokens = embed(video)
print(tokens.shape, tokens[0, :3])
print(nn.MultiheadAttention(8, 2, batch_first=True)(tokens, tokens, tokens)[1][0, :2])

grouped = nn.Conv3d(2, 4, 3, padding=1, groups=2, stride=2, dilation=(1, 1, 1))
print(grouped, grouped(torch.randn(1, 2, 5, 5, 5))[0, :, 1, 1, 1], grouped(torch.randn(2, 5, 5, 5)).shape)
print(nn.Conv3d(1, 1, 3, padding="same", bias=False)(torch.ones(1, 1, 3, 3, 3))[0, 0, 1])
print(nn.Conv3d(1, 1, (1, 3, 3), padding=(0, 1, 1), padding_mode="replicate")(torch.ones(1, 1, 2, 2, 2)).shape)
try:
    embed.projection(torch.ones(3, 4))
except RuntimeError as error:
    print(error)
