"""Hyper-connections: a network of several streams, of which each block reads and to which it writes with weights of its own.

With n streams X_i, a block's branch f, its shortcut's path s and what stands right of the bar, A, a block computes

    h = sum_i p_i X_i        X'_i = A(sum_j R_ij s(X_j) + q_i f(h))

Zhu et al. 2024 (2409.19606) learn p, R and q; Xie et al. 2025 (2512.24880) keep R doubly stochastic. n copies of the stem's
output enter, and the mean of the streams leaves (their sum in the paper, before a norm; the mean keeps the classifier's
scale). What passes between blocks is one tensor in which the streams of an image are as many images in a row, so that each
stream takes the shortcut's path, and any norm right of the bar, as an image does. Products with p, R and q are matrix
products over memory in its own order, in either layout: that was as fast as streams outermost, and serves weights per image.

The papers compute p, R and q for each token. Here they are computed for each image, from the means of a stream over the
pixels. Norms of those have no weights, because W and phi would absorb them, and W and phi start at 0: the start is then
that of the static part, and no random number is drawn.

Axes: N images, M streams, S = N M streams of all images, C channels, H rows, W columns, P = C H W, D = M C.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants.joins import precise

SCALE = 0.01  # start of what multiplies the computed part, in both papers
EPSILON = 1e-6
SINKHORN_STEPS = 20  # Xie et al. 2025, table 5
# start of the static part of mhc: that of its appendix A.6 as quoted by PaddleFleet (pull request 1848); not seen in print
HOME, ELSEWHERE = 3.0, -3.0


class Coefficients(NamedTuple):
    """How a block reads its streams, mixes them and writes to them; no `mix_NMM` leaves them unmixed."""

    read_N1M: Tensor
    mix_NMM: Tensor | None
    write_NM1: Tensor


class StaticMixing(nn.Module):
    """Learned p, R and q, the same for all images: they start as a stream of the block's own, the identity and ones.

    The block at `place` l starts by reading stream l mod n, counted from 0. Unless it `mixes`, R is the identity and stays so.
    """

    def __init__(self, num_streams: int, place: int, *, mixes: bool = True) -> None:
        super().__init__()
        self.read = nn.Parameter(torch.eye(num_streams)[place % num_streams].clone())
        self.mix = nn.Parameter(torch.eye(num_streams)) if mixes else None
        self.write = nn.Parameter(torch.ones(num_streams))

    def forward(self, x_SCHW: Tensor) -> Coefficients:
        num_images = x_SCHW.shape[0] // len(self.read)
        return Coefficients(
            read_N1M=self.read.expand(num_images, 1, -1),
            mix_NMM=None if self.mix is None else self.mix.expand(num_images, -1, -1),
            write_NM1=self.write[:, None].expand(num_images, -1, -1),
        )


class ComputedMixing(StaticMixing):
    """The learned p, R and q, each plus a computed part: a scale times tanh(norm(X) W), by stream (Zhu et al. 2024, section 2.3).

    One scale is for p and R and one for q, as there. Of the weights per stream j, the first is for p_j, the second for q_j,
    and the others are for R_ij.
    """

    def __init__(self, num_streams: int, place: int, channels: int) -> None:
        super().__init__(num_streams, place)
        self.weight = nn.Parameter(torch.zeros(num_streams + 2, channels))
        self.read_scale = nn.Parameter(torch.full((1,), SCALE))
        self.write_scale = nn.Parameter(torch.full((1,), SCALE))

    def forward(self, x_SCHW: Tensor) -> Coefficients:
        static = super().forward(x_SCHW)
        assert static.mix_NMM is not None
        pooled_NMC = root_mean_square_norm(pooled(x_SCHW, len(self.read)))
        computed_NMK = torch.tanh(precise(F.linear(pooled_NMC, self.weight)))
        read_NM1, write_NM1, mix_NMM = computed_NMK[:, :, :1], computed_NMK[:, :, 1:2], computed_NMK[:, :, 2:]
        return Coefficients(
            read_N1M=static.read_N1M + self.read_scale * read_NM1.transpose(1, 2),
            mix_NMM=static.mix_NMM + self.read_scale * mix_NMM.transpose(1, 2),
            write_NM1=static.write_NM1 + self.write_scale * write_NM1,
        )


class ManifoldMixing(nn.Module):
    """p = sigmoid, q = 2 sigmoid and a doubly stochastic R, each of alpha (norm(vec X) phi) + b (Xie et al. 2025, section 4).

    p starts near the stream of the block's own, R near the identity, but not so near that it could not be learned, and q
    at 1. The sum of p starts at 1.1 for four streams: a branch with a norm does not see it.
    """

    def __init__(self, num_streams: int, place: int, channels: int) -> None:
        super().__init__()
        home_MM = torch.full((num_streams, num_streams), ELSEWHERE).fill_diagonal_(HOME)
        self.weight = nn.Parameter(torch.zeros(num_streams * (num_streams + 2), num_streams * channels))
        self.alphas = nn.ParameterList(nn.Parameter(torch.full((1,), SCALE)) for _ in range(3))
        self.read = nn.Parameter(home_MM[place % num_streams].clone())
        self.write = nn.Parameter(torch.zeros(num_streams))
        self.mix = nn.Parameter(home_MM)

    def forward(self, x_SCHW: Tensor) -> Coefficients:
        num_streams = len(self.read)
        vector_ND = root_mean_square_norm(pooled(x_SCHW, num_streams).flatten(1))
        computed_NKM = precise(F.linear(vector_ND, self.weight)).reshape(-1, num_streams + 2, num_streams)
        for_read, for_write, for_mix = self.alphas
        return Coefficients(
            read_N1M=torch.sigmoid(for_read * computed_NKM[:, :1] + self.read),
            mix_NMM=doubly_stochastic(for_mix * computed_NKM[:, 2:] + self.mix),
            write_NM1=2 * torch.sigmoid(for_write * computed_NKM[:, 1:2] + self.write).transpose(1, 2),
        )


def doubly_stochastic(logits_NMM: Tensor) -> Tensor:
    """Return the positive matrices that Sinkhorn and Knopp's steps make of exp(logits): each divides rows, then columns, by their sums."""
    for _ in range(SINKHORN_STEPS):
        logits_NMM = logits_NMM.log_softmax(2).log_softmax(1)
    return logits_NMM.exp()


class StreamsBlock(nn.Module):
    """Block that computes after(R shortcut(X) + q branch(p X)) for the streams X of each image."""

    def __init__(self, *, branch: nn.Module, shortcut: nn.Module, after: nn.Module, mixing: nn.Module, num_streams: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.after = after
        self.mixing = mixing
        self.num_streams = num_streams

    def forward(self, x_SCHW: Tensor) -> Tensor:
        read_N1M, mix_NMM, write_NM1 = self.mixing(x_SCHW)
        branch_NCHW = self.branch(product(read_N1M, x_SCHW))
        path_SCHW = self.shortcut(x_SCHW)
        if mix_NMM is not None:
            path_SCHW = product(mix_NMM, path_SCHW)
        out_SCHW: Tensor = self.after(path_SCHW + product(write_NM1, branch_NCHW))
        return out_SCHW


class EnterStreams(nn.Module):
    """As many copies of each image as there are streams, in a row."""

    def __init__(self, num_streams: int) -> None:
        super().__init__()
        self.num_streams = num_streams

    def forward(self, x_NCHW: Tensor) -> Tensor:
        is_last = is_channels_last(x_NCHW)
        return as_images(as_rows(x_NCHW, 1, is_last).expand(-1, self.num_streams, -1), x_NCHW.shape[1:], is_last)


class LeaveStreams(nn.Module):
    """Mean of the streams of each image."""

    def __init__(self, num_streams: int) -> None:
        super().__init__()
        self.num_streams = num_streams

    def forward(self, x_SCHW: Tensor) -> Tensor:
        is_last = is_channels_last(x_SCHW)
        return as_images(as_rows(x_SCHW, self.num_streams, is_last).mean(1, keepdim=True), x_SCHW.shape[1:], is_last)


def product(factor_NAM: Tensor, x_SCHW: Tensor) -> Tensor:
    """Return the product of a matrix per image with the M tensors of each image, as A tensors per image in a row."""
    is_last = is_channels_last(x_SCHW)
    out_NAP = torch.bmm(factor_NAM.to(x_SCHW.dtype), as_rows(x_SCHW, factor_NAM.shape[2], is_last))
    return as_images(out_NAP, x_SCHW.shape[1:], is_last)


def is_channels_last(x_NCHW: Tensor) -> bool:
    """Return whether a tensor lies in memory with its channels last."""
    return x_NCHW.is_contiguous(memory_format=torch.channels_last) and not x_NCHW.is_contiguous()


def as_rows(x_SCHW: Tensor, num_streams: int, is_last: bool) -> Tensor:
    """Return the streams of each image as rows (N M P), in the order in which the values lie in memory."""
    x_SP = (x_SCHW.permute(0, 2, 3, 1) if is_last else x_SCHW).flatten(1)
    return x_SP.reshape(-1, num_streams, x_SP.shape[1])


def as_images(rows_NMP: Tensor, shape: torch.Size, is_last: bool) -> Tensor:
    """Return rows as images of a shape (C H W): the inverse of `as_rows`."""
    channels, height, width = shape
    if is_last:
        return rows_NMP.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
    return rows_NMP.reshape(-1, channels, height, width)


def pooled(x_SCHW: Tensor, num_streams: int) -> Tensor:
    """Return the means over the pixels, for each stream of each image (N M C)."""
    return x_SCHW.mean((2, 3)).reshape(-1, num_streams, x_SCHW.shape[1])


def root_mean_square_norm(x: Tensor) -> Tensor:
    """Return a tensor divided by the root mean square over its last axis, in fp32 at least."""
    x = precise(x)
    return x * (x.pow(2).mean(-1, keepdim=True) + EPSILON).rsqrt()
