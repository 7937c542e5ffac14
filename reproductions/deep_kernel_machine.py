"""Deep kernel machines: Yang et al., "A theory of representation learning gives a deep generalisation of
kernel methods", ICML 2023.

The closed form of linear kernels; a function of one direction among ten, and one that is not, by
regularisation; concrete strength (`regression/concrete.csv` in `AUGURY_DATA`) beside sparse Gaussian
processes, the regularisation chosen on rows held out; digits with and without learnt representations.

    python -m reproductions.deep_kernel_machine [--quick]
"""

from __future__ import annotations

import os
from collections.abc import Callable
from math import inf, log, pi, sqrt
from pathlib import Path

import numpy as np
import torch
from botorch.models.model import Model
from gpytorch.kernels import RBFKernel, ScaleKernel
from scipy.optimize import minimize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor

from augury.inference.sparse.collapsed import Collapsed
from augury.inference.sparse.stochastic import Stochastic
from augury.kernels.gram import ArcCosineGram, LinearGram, RBFGram
from augury.models import DeepKernelMachine, DeepKernelMachineClassifier, SparseGaussianProcess
from augury.models.deep_kernel_machines.full import full_objective, gaussian_divergence
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

Split = tuple[Tensor, Tensor, Tensor, Tensor]
_CUBE = sqrt(12.0)


def scores(model: Model, split: Split) -> tuple[float, float]:
    """Error and mean log density of the test rows, in the units of `Y`."""
    _, _, X, Y = split
    posterior = model.posterior(X.unsqueeze(-2), observation_noise=True)
    mean, variance = posterior.mean[:, 0], posterior.variance[:, 0]
    density = -0.5 * ((mean - Y).square() / variance + variance.log() + log(2.0 * pi))
    return float((mean - Y).square().mean().sqrt()), float(density.mean())


# -- linear kernels ------------------------------------------------------------------------------------


def linear_error(size: int = 6, layers: int = 3) -> float:
    """The largest deviation of the Gram matrices found by gradients from their closed form."""
    generator = torch.Generator().manual_seed(0)
    A = torch.randn(2, size, 2 * size, generator=generator, dtype=torch.float64)
    G0, S = A @ A.mT / (2 * size)
    lower = torch.ones(size, size).tril().bool()

    def grams(vector: Tensor) -> list[Tensor]:
        parts = vector.split(int(lower.sum()))
        factors = [torch.zeros(size, size).double().masked_scatter(lower, part) for part in parts]
        return [factor @ factor.T for factor in factors]

    def objective(vector: np.ndarray) -> tuple[float, np.ndarray]:
        x = torch.from_numpy(vector).requires_grad_(True)
        value = -full_objective(
            grams(x), G0, [1.0] * layers, LinearGram(), lambda K: -gaussian_divergence(S, K)
        )
        (gradient,) = torch.autograd.grad(value, x)
        return float(value.detach()), gradient.numpy()

    start = torch.linalg.cholesky(G0)[lower].repeat(layers).numpy()
    options = {"maxiter": 10_000, "ftol": 0.0, "gtol": 1e-12, "maxcor": 60}
    found = grams(
        torch.from_numpy(minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x)
    )
    values, vectors = np.linalg.eig(torch.linalg.solve(G0, S).numpy())
    errors = []
    for level, G in enumerate(found, start=1):
        power = (vectors * values ** (level / (layers + 1)) @ np.linalg.inv(vectors)).real
        errors.append(float((G - G0 @ torch.from_numpy(power)).abs().max()))
    return max(errors)


# -- directions ----------------------------------------------------------------------------------------


def direction(Z: Tensor) -> Tensor:
    """`sin(3 (z1 + z2) / sqrt 2)`."""
    return torch.sin(3.0 * (Z[:, :1] + Z[:, 1:2]) / sqrt(2.0))


def signs(Z: Tensor) -> Tensor:
    """`sign(z1) sign(z2)`: no direction is enough."""
    return Z[:, :1].sign() * Z[:, 1:2].sign()


def simulated(function: Callable[[Tensor], Tensor], seed: int, train: int, test: int) -> Split:
    """Ten standard normal inputs, in the scale of the cube; outcomes with noise 0.1, standardised."""
    generator = torch.Generator().manual_seed(seed)
    Z = torch.randn(train + test, 10, generator=generator, dtype=torch.float64)
    Y = function(Z) + 0.1 * torch.randn(train + test, 1, generator=generator, dtype=torch.float64)
    Y = (Y - Y[:train].mean()) / Y[:train].std()
    X = Z / _CUBE + 0.5
    return X[:train], Y[:train], X[train:], Y[train:]


def isotropic() -> ScaleKernel:
    """One lengthscale for all inputs."""
    return ScaleKernel(RBFKernel())


def direction_rows(quick: bool) -> list[Row]:
    """The sweep over the regularisation."""
    train, seeds = (300, [0]) if quick else (600, [0, 1])
    inference = Collapsed(max_iterations=40, warm_up=80) if quick else None
    splits = [simulated(direction, seed, train, 400) for seed in seeds]
    published = {
        inf: "1.01, -1.43",
        1e3: "1.01, -1.43",
        100.0: "0.20, 0.31",
        10.0: "0.18, 0.38",
        1.0: "0.30, -21.9",
    }
    rows: list[Row] = []

    def add(claim: str, reference: str, make: Callable[[Tensor, Tensor], Model], cases: list[Split]) -> None:
        measured = [scores(make(*split[:2]).fit(), split) for split in cases]  # type: ignore[operator]
        rows.append(
            (claim, reference, "; ".join(f"{error:.3f}, {density:.2f}" for error, density in measured))
        )

    add(
        "isotropic sparse GP",
        "1.01, -1.43",
        lambda X, Y: SparseGaussianProcess(X, Y, covar_module=isotropic()),
        splits,
    )
    for nu in [inf, 100.0] if quick else list(published):
        add(
            f"regularisation {nu:g}",
            published[nu],
            lambda X, Y, nu=nu: DeepKernelMachine(X, Y, ard=False, regularization=nu, inference=inference),
            splits,
        )
    if not quick:
        add(
            "regularisation 100, a weight for each input in front (the default)",
            "",
            lambda X, Y: DeepKernelMachine(X, Y),
            splits,
        )
        for nu, reference in ((inf, "0.78 to 0.80"), (100.0, "0.69; 0.85"), (10.0, "0.61 to 0.69, -18; -24")):
            add(
                f"control sign(x1) sign(x2), regularisation {nu:g}",
                reference,
                lambda X, Y, nu=nu: DeepKernelMachine(X, Y, ard=False, regularization=nu),
                [simulated(signs, 0, 600, 400)],
            )
    return rows


# -- concrete ------------------------------------------------------------------------------------------


def concrete(seed: int) -> Split | None:
    """A random split, nine tenths for training, inputs in units of their deviation."""
    path = Path(os.environ.get("AUGURY_DATA", "")) / "regression" / "concrete.csv"
    if not path.is_file():
        return None
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    rows = torch.from_numpy(table[np.random.default_rng(seed).permutation(len(table))])
    train = int(0.9 * len(rows))
    X, Y = rows[:, :-1], rows[:, -1:]
    X = (X - X[:train].mean(dim=0)) / X[:train].std(dim=0) / _CUBE + 0.5
    return X[:train], Y[:train], X[train:], Y[train:]


def concrete_rows(quick: bool) -> list[Row]:
    """Sparse Gaussian processes and deep kernel machines on the same splits."""
    if concrete(0) is None:
        return [("concrete", "", "AUGURY_DATA has no regression/concrete.csv")]
    kernels: dict[str, Callable[[Tensor, Tensor], Model]] = {
        "isotropic sparse GP": lambda X, Y: SparseGaussianProcess(X, Y, covar_module=isotropic()),
        "ARD sparse GP": lambda X, Y: SparseGaussianProcess(
            X, Y, covar_module=ScaleKernel(RBFKernel(ard_num_dims=8))
        ),
    }
    if not quick:
        both = RBFGram() + ArcCosineGram()
        kernels["deep kernel machine, RBF + arc-cosine, regularisation chosen"] = lambda X, Y: (
            DeepKernelMachine(X, Y, kernel=both, ard=False, regularization="auto", candidates=CANDIDATES)
        )
        kernels["the same with a weight for each input"] = lambda X, Y: DeepKernelMachine(
            X, Y, kernel=both, ard=True, regularization="auto", candidates=CANDIDATES
        )
    references = ("6.34; 5.68", "", "5.87; 5.29 at 100, 4.94; 4.93 at 10", "")
    rows: list[Row] = []
    baseline = np.empty(0)
    for (name, make), reference in zip(kernels.items(), references, strict=False):
        errors, texts = [], []
        for seed in range(1 if quick else SPLITS):
            split = concrete(seed)
            assert split is not None
            model = make(*split[:2]).fit()  # type: ignore[operator]
            error, density = scores(model, split)
            errors.append(error)
            chosen = f" (nu {model.regularization[0]:g})" if isinstance(model, DeepKernelMachine) else ""
            texts.append(f"{error:.2f}, {density:.2f}{chosen}")
        baseline = baseline if len(baseline) else np.array(errors)
        shares = 100.0 * (np.array(errors) / baseline - 1.0)
        change = f"{paired(shares, np.zeros(len(shares)))} %" if len(shares) > 1 else f"{shares[0]:+.1f} %"
        rows.append((f"concrete: {name}", reference, f"{'; '.join(texts)}: {change}"))
    return rows


# -- digits --------------------------------------------------------------------------------------------


def digit_rows(quick: bool) -> list[Row]:
    """Accuracy and log density with and without representations that are learnt."""
    X, y = load_digits(return_X_y=True)
    rows: list[Row] = []
    for nu in (inf, 1.0):
        texts = []
        for seed in range(1 if quick else 2):
            train_X, test_X, train_y, test_y = train_test_split(
                X, y, test_size=0.25, random_state=seed, stratify=y
            )
            inference = Stochastic(num_epochs=10 if quick else 30, batch_size=256, lr=0.03)
            model = DeepKernelMachineClassifier(num_inducing=100, regularization=nu, inference=inference)
            P = model.fit(train_X, train_y).predict_proba(test_X)
            accuracy = float((P.argmax(axis=1) == test_y).mean())
            texts.append(f"{accuracy:.1%}, {np.log(P[np.arange(len(test_y)), test_y]).mean():.3f}")
        rows.append((f"digits, regularisation {nu:g}", "higher at 1" if nu == 1.0 else "", "; ".join(texts)))
    return rows


#: What the regularisation of concrete is chosen from, and the number of splits.
CANDIDATES = (inf, 100.0, 30.0, 10.0)
SPLITS = 5


def main() -> None:
    quick = is_quick(__doc__)
    print_table(
        "linear kernels, 6 rows, 3 layers",
        [("largest deviation from G_0 (G_0^-1 S)^(l/(L+1))", "below 1e-6", f"{linear_error():.1e}")],
    )
    print_table("one direction of ten inputs: error, log density by seed", direction_rows(quick))
    print_table("concrete strength: error, log density by split", concrete_rows(quick))
    print_table("1,797 digits: accuracy, log density", digit_rows(quick))


if __name__ == "__main__":
    main()
