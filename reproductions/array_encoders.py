"""Deep kernels on pictures, fields and series: convolutional encoders beside the same kernel on flat rows.

The angle of rotated digits (as Wilson et al. 2016 did with faces), the screening length of random fields, the
end of a fractional integral; 300 rows each. Encoder and hyperparameters learn from different rows
(`SeparateTraining`). UniRepLKNet has batch normalisation, which keeps amplitudes, and for pictures and fields
outputs by two layers (chosen on seeds 100 and 101). Mean negative log density of new noisy values in units of
their deviation, root mean squared error as a share of it, CPU seconds and peak memory of the process.

    python -m reproductions.array_encoders [--quick]
"""

from __future__ import annotations

import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from augury.inference import SeparateTraining
from augury.models import DeepKernelGP
from augury.networks import ArrayEncoder, SGConvEncoder
from augury.networks.encoders import InceptionNeXt, UniRepLKNet
from augury.problems.array_regression import fading_memory_series, rotated_digits, screened_poisson_fields
from reproductions._table import Row, is_quick, print_table

_ROWS, _NEW, _FEATURES = 300, 500, 4
Data = tuple[Tensor, Tensor, Tensor, Tensor]

_SMALL = {"num_classes": _FEATURES, "layer_scale": 1.0}  # at 1e-6, as published, blocks would do nothing
TASKS: dict[str, Callable[[int, int], tuple[np.ndarray, np.ndarray]]] = {
    "angle of digits": rotated_digits,
    "screening length of fields": screened_poisson_fields,
    "fractional integral of series": fading_memory_series,
}


def _image(network: nn.Module) -> nn.Module:
    return ArrayEncoder(network, (1, 32, 32))


def _signal(network: nn.Module) -> nn.Module:
    return ArrayEncoder(network, (1, 256))


def _unireplknet(dims: int, seed: int) -> nn.Module:
    head = "mlp" if dims == 2 else "linear"
    kernels = ((3,), (13,))
    return UniRepLKNet(
        1, (1, 1), 16, kernels, head=head, norm="batch", spatial_dims=dims, seed=seed, **_SMALL
    )


def _inception(dims: int, seed: int) -> nn.Module:
    return InceptionNeXt(1, (1, 1), (16, 32), spatial_dims=dims, seed=seed, **_SMALL)


def _sgconv(seed: int) -> nn.Module:
    network = SGConvEncoder(1, 256, 16, 2, _FEATURES, "last", bidirectional=False, taps=16, seed=seed)
    return ArrayEncoder(network, (256, 1))


ENCODERS: dict[str, dict[str, Callable[[int], nn.Module]]] = {
    "angle of digits": {
        "UniRepLKNet": lambda seed: _image(_unireplknet(2, seed)),
        "InceptionNeXt": lambda seed: _image(_inception(2, seed)),
    },
    "screening length of fields": {
        "UniRepLKNet": lambda seed: _image(_unireplknet(2, seed)),
        "InceptionNeXt": lambda seed: _image(_inception(2, seed)),
    },
    "fractional integral of series": {
        "SGConv": _sgconv,
        "UniRepLKNet": lambda seed: _signal(_unireplknet(1, seed)),
        "InceptionNeXt": lambda seed: _signal(_inception(1, seed)),
    },
}
PLAN = SeparateTraining()


def data(task: str, seed: int, rows: int = _ROWS) -> Data:
    """Training rows and outcomes, new rows and outcomes."""
    X, y = (torch.from_numpy(part) for part in TASKS[task](rows + _NEW, seed))
    return X[:rows], y[:rows, None], X[rows:], y[rows:]


def scores(model: DeepKernelGP, new: Tensor, y: Tensor) -> tuple[float, float]:
    """Mean negative log density in units of the deviation of the outcomes, and the error as a share of it."""
    mean, variance = model.mean_variance(new)
    density = torch.distributions.Normal(mean, (variance + model.noise_variance).sqrt()).log_prob(y).mean()
    return float(-density - y.std().log()), float((mean - y).square().mean().sqrt() / y.std())


def trained(encoder: nn.Module, X: Tensor, Y: Tensor, plan: SeparateTraining) -> DeepKernelGP:
    return DeepKernelGP(X, Y, encoder=encoder, training=plan).fit()


def comparison(task: str, seeds: range, plan: SeparateTraining, rows: int) -> list[Row]:
    found: dict[str, list[tuple[float, float]]] = {}
    seconds: dict[str, float] = {}
    for seed in seeds:
        X, Y, new, y = data(task, seed, rows)
        models: dict[str, Callable[[], DeepKernelGP]] = {
            "the kernel on flat rows": lambda X=X, Y=Y: DeepKernelGP(X, Y, encoder=nn.Identity()).fit()
        }
        for name, encoder in ENCODERS[task].items():
            models[name] = lambda X=X, Y=Y, encoder=encoder, seed=seed: trained(encoder(seed), X, Y, plan)
        for name, fit in models.items():
            begun = time.process_time()
            model = fit()
            seconds[name] = seconds.get(name, 0.0) + (time.process_time() - begun) / len(seeds)
            found.setdefault(name, []).append(scores(model, new, y))
    flat = np.array(found["the kernel on flat rows"])[:, 0]
    rows_of_table: list[Row] = []
    for name, values in found.items():
        density, error = np.array(values).T
        listed = ", ".join(f"{value:.2f}" for value in density)
        better = (
            ""
            if name == "the kernel on flat rows"
            else f"; below flat in {(density < flat).sum()} of {len(flat)}"
        )
        measured = f"{density.mean():.3f} ({listed}){better}; error {error.mean():.3f}; {seconds[name]:.0f} s"
        rows_of_table.append((f"{task}: {name}", "", measured))
    return rows_of_table


def main() -> None:
    quick = is_quick(__doc__)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    plan = SeparateTraining(steps=10) if quick else PLAN
    for task in TASKS:
        table = comparison(task, range(1 if quick else 3), plan, 60 if quick else _ROWS)
        print_table(f"{task}: negative log density, lower is better", table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print_table("Memory", [("peak of this process", "", f"{peak:.0f} MiB")])


if __name__ == "__main__":
    main()
