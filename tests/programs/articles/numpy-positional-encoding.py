# Positional encodings as tutorials write them, with NumPy: loop by loop, by broadcasting, and by concatenation.
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn


def getPositionEncoding(seq_len, d, n=10000):
    P = np.zeros((seq_len, d))
    for k in range(seq_len):
        for i in np.arange(int(d/2)):
            denominator = np.power(n, 2*i/d)
            P[k, 2*i] = np.sin(k/denominator)
            P[k, 2*i+1] = np.cos(k/denominator)
    return P


P = getPositionEncoding(seq_len=4, d=4, n=100)
print(P)


def plotSinusoid(k, d=512, n=10000):
    x = np.arange(0, 100, 1)
    denominator = np.power(n, 2*x/d)
    y = np.sin(k/denominator)
    plt.plot(x, y)
    plt.title('k = ' + str(k))
    return y


fig = plt.figure(figsize=(15, 4))
for i in range(4):
    plt.subplot(141 + i)
    print(plotSinusoid(i*4)[:5])


def get_angles(pos, i, d_model):
    angle_rates = 1 / np.power(10000, (2 * (i//2)) / np.float32(d_model))
    return pos * angle_rates


def positional_encoding(position, d_model):
    angle_rads = get_angles(np.arange(position)[:, np.newaxis], np.arange(d_model)[np.newaxis, :], d_model)
    angle_rads[:, 0::2] = np.sin(angle_rads[:, 0::2])
    angle_rads[:, 1::2] = np.cos(angle_rads[:, 1::2])
    return torch.tensor(angle_rads[np.newaxis, ...], dtype=torch.float32)


pos_encoding = positional_encoding(50, 512)
print(pos_encoding.shape, pos_encoding[0, :3, :6])


def get_sinusoid_encoding_table(n_position, d_hid):
    def get_position_angle_vec(position):
        return [position / np.power(10000, 2 * (hid_j // 2) / d_hid) for hid_j in range(d_hid)]

    sinusoid_table = np.array([get_position_angle_vec(pos_i) for pos_i in range(n_position)])
    sinusoid_table[:, 0::2] = np.sin(sinusoid_table[:, 0::2])
    sinusoid_table[:, 1::2] = np.cos(sinusoid_table[:, 1::2])
    return torch.FloatTensor(sinusoid_table).unsqueeze(0)


print(get_sinusoid_encoding_table(6, 8))


def create_sinusoidal_embeddings(n_pos, dim, out):
    position_enc = np.array([[pos / np.power(10000, 2 * (j // 2) / dim) for j in range(dim)] for pos in range(n_pos)])
    out[:, 0::2] = torch.FloatTensor(np.sin(position_enc[:, 0::2]))
    out[:, 1::2] = torch.FloatTensor(np.cos(position_enc[:, 1::2]))
    return nn.Parameter(out, requires_grad=False)


print(create_sinusoidal_embeddings(3, 6, torch.zeros(3, 6)))
length, depth = 5, 3
positions, depths = np.arange(length)[:, np.newaxis], np.arange(depth)[np.newaxis, :]/depth
angle_rads = positions * (1 / (10000**depths))
both = np.concatenate([np.sin(angle_rads), np.cos(angle_rads)], axis=-1)
print(both, both.dtype, both.shape)
