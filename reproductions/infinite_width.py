"""Infinitely wide networks: what the papers say of their kernels, computed here (no timing).

    python -m reproductions.infinite_width [--quick]

Sources: Li, Rudner and Wilson (2024), "A study of Bayesian neural network surrogates for Bayesian
optimization" (the I-BNN surrogate); Lee et al. (2018); Williams (1997); Jacot et al. (2018); Lee et al.
(2019); Novak et al. (2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import asin, pi, sqrt

import torch
from botorch.models.kernels.infinite_width_bnn import InfiniteWidthBNNKernel
from torch import Tensor

from augury.kernels import NNGPKernel
from augury.models import InfiniteWidthGP
from augury.networks import Activation, Conv2d, Dense, GlobalAveragePool, Sequential
from augury.networks.architecture import learning_rates
from augury.networks.empirical import empirical_ntk
from reproductions._table import Row, is_quick, print_table

WIDTHS = (16, 64, 256)
OUTPUTS = 2000


def inputs(n: int, d: int) -> Tensor:
    """`n x d` points of the unit cube."""
    return torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def kernel_rows() -> Iterator[Row]:
    """The kernel of the published surrogate."""
    X = inputs(200, 10)
    theirs = InfiniteWidthBNNKernel(3).double()
    theirs.weight_var = torch.tensor(10.0, dtype=torch.float64)
    theirs.bias_var = torch.tensor(1.6, dtype=torch.float64)
    ours = NNGPKernel()
    K = ours(X).to_dense()
    apart = ~torch.eye(len(X), dtype=torch.bool)
    difference = (K / theirs(X).to_dense().detach() - 1.0).abs()
    yield (
        "I-BNN: ReLU kernel against the authors' (BoTorch), off the diagonal",
        "equal",
        _size(difference[apart]),
    )
    yield "  on the diagonal, where theirs clamps the angle", "-", _size(difference.diagonal())
    yield "its variance with weights 10, biases 1.6, depth 3, in the cube", "about 1e3", _range(K.diagonal())
    corner, centre = (NNGPKernel()(torch.full((1, 10), x).double(), diag=True).item() for x in (1.0, 0.5))
    yield "it is not stationary: variance at the corner / at the centre", "above 1", f"{corner / centre:.2f}"
    model = InfiniteWidthGP(X[:20], X[:20].sum(-1, keepdim=True))
    yield "hyperparameters fitted, beside the mean", "1 (the noise)", str(model.theta.shape[-1])
    x, y = X[0], X[1]
    w, b = 10.0, 1.3
    k0 = {
        pair: b + w * float(u @ v) / 10 for pair, (u, v) in {"xy": (x, y), "xx": (x, x), "yy": (y, y)}.items()
    }
    direct = b + 2 * w / pi * asin(2 * k0["xy"] / sqrt((1 + 2 * k0["xx"]) * (1 + 2 * k0["yy"])))
    erf = NNGPKernel(1, w, b, "erf")(x.unsqueeze(0), y.unsqueeze(0)).to_dense().item()
    yield "I-BNN with erf, one layer (Williams 1997)", f"{direct:.12f}", f"{erf:.12f}"


def network_rows(draws: int) -> Iterator[Row]:
    """Finite networks approach both kernels as they widen."""
    X = inputs(5, 6)
    for name, make in (
        ("ReLU network, 3 hidden layers", _dense),
        ("convolutions and pooling", _convolutional),
    ):
        errors = []
        for width in WIDTHS:
            network = make(width, OUTPUTS)
            with torch.no_grad():
                values = torch.stack([network.module(6, seed=seed)(X) for seed in range(draws)])
            covariance = torch.einsum("sio,sjo->ij", values, values) / (draws * OUTPUTS)
            errors.append(_relative(covariance, network.nngp()(X).to_dense()))
        yield f"covariance of a {name} to the NNGP kernel, widths {WIDTHS}", "converges", _series(errors)
        errors = []
        for width in WIDTHS:
            network = make(width, 1)
            T = network.ntk()(X).to_dense()
            deviations = []
            for seed in range(draws):
                module = network.module(6, seed=seed)
                deviations.append(
                    _relative(empirical_ntk(module, X, rates=learning_rates(network, module)), T)
                )
            errors.append(sum(deviations) / draws)
        yield (
            f"tangent kernel of one {name} to the NTK, widths {WIDTHS}",
            "falls as 1/sqrt(n)",
            _series(errors),
        )


def _dense(width: int, outputs: int) -> Sequential:
    hidden = [layer for _ in range(3) for layer in (Dense(width, 2.0, 0.1), Activation("relu"))]
    return Sequential(*hidden, Dense(outputs, 2.0, 0.1))


def _convolutional(width: int, outputs: int) -> Sequential:
    convolution = Conv2d(width, 2.0, 0.1)
    layers = (convolution, Activation("relu"), convolution, Activation("relu"), GlobalAveragePool())
    return Sequential(*layers, Dense(outputs, 2.0, 0.1), input_shape=(1, 2, 3))


def _relative(estimate: Tensor, exact: Tensor) -> float:
    return float(torch.linalg.norm(estimate - exact) / torch.linalg.norm(exact))


def _series(errors: list[float]) -> str:
    return ", ".join(f"{error:.1%}" for error in errors)


def _size(values: Tensor) -> str:
    return f"relative difference below {float(values.max()):.1g}"


def _range(values: Tensor) -> str:
    return f"{float(values.min()):.0f} to {float(values.max()):.0f}"


def main() -> None:
    """Compute and print."""
    draws = 10 if is_quick(__doc__) else 200
    print_table("Infinitely wide networks", [*kernel_rows(), *network_rows(draws)])


if __name__ == "__main__":
    main()
