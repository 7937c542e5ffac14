"""Lu et al., "SOFT: softmax-free transformer with linear complexity" (NeurIPS 2021, arXiv:2110.11945) and
"Softmax-free linear transformers" (IJCV 2024, arXiv:2207.03341).

Sizes of the published networks; the attention matrix against GPyTorch's kernels; how Newton's inverse errs
with the condition number; how the matrix's norm grows with the number of tokens, with and without the
symmetric normalisation; the error of landmarks; CPU time against the number of tokens.

    python -m reproductions.softmax_free [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import log, sqrt

import gpytorch
import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor, nn

from augury.inference import SeparateTraining
from augury.kernels.rbf_attention import RBFAttentionKernel, gaussian_similarity
from augury.models import DeepKernelGP
from augury.networks import (
    ArrayEncoder,
    ConvolutionalEmbedding,
    SoftmaxFreeAttention,
    SoftmaxFreeEncoder,
    SoftmaxFreeTransformer,
)
from augury.networks.softmax_free.landmarks import Landmarks
from augury.numerics.spd_inverse import newton_inverse
from reproductions._table import Row, is_quick, print_table
from reproductions.array_encoders import TASKS, data, scores, trained

_HEAD = 32  # entries of a head in all published networks
_PUBLISHED_SIZES = {"tiny": 13, "small": 24, "medium": 45, "large": 64, "huge": 87}
_JITTER = 0.01


def _tokens(n: int, seed: int, entries: int = _HEAD) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, entries, generator=generator, dtype=torch.float64)


def sizes(quick: bool) -> list[Row]:
    rows = []
    for variant, millions in _PUBLISHED_SIZES.items():
        if quick and variant != "tiny":
            continue
        network = SoftmaxFreeTransformer(variant, num_classes=1000, dtype=torch.float32)
        count = sum(parameter.numel() for parameter in network.parameters())
        rows.append((f"parameters, {variant}", f"{millions}M", f"{count:,}"))
    return rows


def kernels() -> list[Row]:
    x, landmarks = _tokens(60, 0), _tokens(12, 1)
    rbf = gpytorch.kernels.RBFKernel().double()
    rbf.lengthscale = _HEAD**0.25
    whole = (RBFAttentionKernel()(x).to_dense() - rbf(x).to_dense()).abs().max().item()
    inducing = gpytorch.kernels.InducingPointKernel(
        rbf, landmarks, gpytorch.likelihoods.GaussianLikelihood()
    ).double()
    with gpytorch.settings.sgpr_diagonal_correction(False):
        expected = inducing.eval()(x).to_dense()
    low_rank = (RBFAttentionKernel(None, landmarks)(x).to_dense() - expected).abs().max().item()
    return [
        ("largest difference to RBFKernel, lengthscale e^(1/4)", "1e-6", f"{whole:.1e}"),
        ("largest difference to InducingPointKernel", "1e-6", f"{low_rank:.1e}"),
    ]


def _conditioned(m: int, entries: int, condition: float, seed: int) -> Tensor:
    """A Gaussian matrix of m random tokens of this condition number, without the jitter."""
    T = _tokens(m, seed, entries=entries)

    def matrix(scale: float) -> Tensor:
        return gaussian_similarity(scale * T, scale * T)

    if condition == 1.0:
        return matrix(1.5)  # 1.02

    def excess(log_scale: float) -> float:
        values = torch.linalg.eigvalsh(matrix(float(np.exp(log_scale)))).clamp_min(1e-14)
        return log(float(values[-1] / values[0]) / condition)

    found = brentq(excess, log(0.02), log(30.0), xtol=1e-3)
    return matrix(float(np.exp(found)))


def newton(seeds: int) -> list[Row]:
    """The jitter is added where the matrix is inverted, as released: the condition number is without it."""
    rows = []
    cases = ((_HEAD, 1.0, "1e-7"), (_HEAD, 700.0, "7e-3"), (_HEAD, 3e4, "0.1"), (3, 3e4, "0.1"))
    for entries, condition, published in cases:
        texts, regular = [], []
        for steps in (20, 40):
            measures = []
            for seed in range(seeds):
                A = _conditioned(49, entries, condition, seed)
                eye = torch.eye(len(A), dtype=torch.float64)
                A += _JITTER * eye
                R = eye - A @ newton_inverse(A.float(), steps).double()
                spectral = float(torch.linalg.matrix_norm(R, 2))
                measures.append([float(R.norm()) / sqrt(len(A)), spectral, float((R @ A).norm() / A.norm())])
                regular.append(float(torch.linalg.cond(A)))
            root, spectral, relative = np.median(measures, axis=0)
            texts.append(f"{root:.1e} ({spectral:.1e}; {relative:.1e})")
        rows.append(
            (
                "|I - A Y| / sqrt(m) (spectral; |A Y A - A| / |A|): 49 tokens of "
                f"{entries} entries, condition {condition:g}, with the jitter {np.median(regular):.0f}",
                f"{published} at 20 steps, repaired at 40",
                f"20 steps {texts[0]}, 40 steps {texts[1]}",
            )
        )
    return rows


def growth(seeds: int) -> list[Row]:
    """Spectral norms of the attention matrix on random tokens, 49 pooled landmarks."""
    rows = []
    published = {14: ("1.75", "0.15"), 28: ("6.1", "0.21"), 56: ("24.9", "0.59")}
    for side, texts in published.items():
        pool = Landmarks(_HEAD, side // 7, 2)
        found = []
        for seed in range(seeds):
            Q = _tokens(side * side, seed)
            T = pool(Q[None], (side, side))[0]
            A, P = gaussian_similarity(T, T), gaussian_similarity(T, Q)
            inverse = torch.linalg.inv(A + _JITTER * torch.eye(len(A), dtype=torch.float64))
            scale = A.sum(1).rsqrt()
            gram = P @ P.mT  # the non-zero eigenvalues of P' M P are those of M P P'
            found.append(
                [
                    float(torch.linalg.eigvals(M @ gram).abs().max())
                    for M in (inverse, scale[:, None] * inverse * scale)
                ]
            )
        plain, normalised = np.mean(found, axis=0)
        rows.append(
            (
                f"spectral norm, {side * side} tokens: plain; normalised",
                "; ".join(texts),
                f"{plain:.3g}; {normalised:.2g}",
            )
        )
    return rows


def landmarks() -> list[Row]:
    """Relative error of the matrix on smooth tokens, as an image has them."""
    side = 28
    noise = _tokens(side * side, 0).mT.reshape(1, _HEAD, side, side)
    smooth = torch.nn.functional.avg_pool2d(noise, 7, 1, 3, count_include_pad=False)
    Q = (smooth / smooth.std()).flatten(2)[0].mT.contiguous()
    S = gaussian_similarity(Q, Q)
    rows = []
    for sampling in ("pool", "subset"):
        errors = []
        for ratio in (7, 4, 2):
            T = Landmarks(_HEAD, ratio, 2, sampling)(Q[None], (side, side))[0]
            kernel = RBFAttentionKernel(None, T, jitter=_JITTER)
            errors.append(float((kernel(Q).to_dense() - S).norm() / S.norm()))
        rows.append(
            (
                f"relative error of the matrix, 784 smooth tokens, {sampling}: 16, 49, 196 landmarks",
                "-",
                ", ".join(f"{error:.3f}" for error in errors),
            )
        )
    return rows


def _seconds(run: Callable[[], object], repeats: int = 3) -> float:
    run()
    times = []
    for _ in range(repeats):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)


def cost(quick: bool) -> list[Row]:
    """Forward and backward pass of one layer, 64 landmarks, width 64, two heads."""
    lengths = (1024, 4096) if quick else (1024, 2048, 4096, 8192, 16384)
    linear, full = [], []
    for n in lengths:
        layer = SoftmaxFreeAttention(64, 2, n // 64, dtype=torch.float32)
        tokens = torch.randn(1, n, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
        linear.append(_seconds(lambda layer=layer, tokens=tokens: layer(tokens).sum().backward()))
        if n <= 4096:
            softmax = torch.nn.MultiheadAttention(64, 2, batch_first=True)
            full.append(
                _seconds(
                    lambda softmax=softmax, tokens=tokens: softmax(tokens, tokens, tokens)[0].sum().backward()
                )
            )
    slope = np.polyfit(np.log(lengths), np.log(linear), 1)[0]
    quadratic = np.polyfit(np.log(lengths[: len(full)]), np.log(full), 1)[0]
    return [
        (
            f"log-log slope of CPU time, {lengths[0]} to {lengths[-1]} tokens",
            "1",
            f"{slope:.2f} ({linear[-1] * 1e3:.0f} ms at {lengths[-1]})",
        ),
        (
            "... of softmax attention, to 4096 tokens",
            "2",
            f"{quadratic:.2f} ({full[-1] * 1e3:.0f} ms at {lengths[len(full) - 1]}, "
            f"softmax-free {linear[len(full) - 1] * 1e3:.0f} ms)",
        ),
    ]


class _Pieces(nn.Module):
    """Series (`B x 1 x L`) as tokens of four steps each."""

    def forward(self, series: Tensor) -> Tensor:
        return series[:, 0].unflatten(-1, (-1, 4))


def _encoder(task: str, seed: int) -> nn.Module:
    """Tokens of pictures by convolutions, of series by pieces; chosen on seed 100."""
    common = {"width": 16, "depth": 2, "out_features": 4, "ratio": 2, "norm": "batch", "seed": seed}
    if "series" in task:
        network = SoftmaxFreeEncoder(64, 4, pool="last", value_window=9, **common)
        return ArrayEncoder(nn.Sequential(_Pieces(), network), (1, 256))
    embedding = ConvolutionalEmbedding((1, 8, 8, 16), seed=seed)
    network = SoftmaxFreeEncoder((8, 8), 16, embedding=embedding, head="mlp", value_window=3, **common)
    return ArrayEncoder(network, (1, 32, 32))


def encoders(quick: bool) -> list[Row]:
    """Negative log density of new values: the kernel behind the transformer, and on flat rows."""
    rows, plan = (60, SeparateTraining(steps=10)) if quick else (300, SeparateTraining())
    found = []
    for task in list(TASKS)[:1] if quick else TASKS:
        values = []
        for seed in range(1 if quick else 3):
            X, Y, new, y = data(task, seed, rows)
            ours = trained(_encoder(task, seed), X, Y, plan)
            flat = DeepKernelGP(X, Y, encoder=nn.Identity()).fit()
            values.append([scores(model, new, y)[0] for model in (ours, flat)])
        ours, flat = np.array(values).T
        found.append(
            (
                f"{task}: softmax-free transformer, the kernel on flat rows",
                "-",
                f"{ours.mean():.3f}, {flat.mean():.3f}; below in {(ours < flat).sum()} of {len(flat)}",
            )
        )
    return found


def main() -> None:
    quick = is_quick(__doc__)
    print_table("Sizes and kernels", sizes(quick) + kernels())
    print_table("Newton's inverse in single precision, Gaussian matrices", newton(1 if quick else 5))
    print_table("The attention matrix", growth(1 if quick else 5) + landmarks())
    print_table("Cost", cost(quick))
    print_table("In front of a kernel: negative log density, lower is better", encoders(quick))


if __name__ == "__main__":
    main()
