"""Lee, Yun, Yang and Lee (ICLR 2022), Scale Mixtures of Neural Network Gaussian Processes.

The limit of wide networks with a random scale of the last layer; regression on real and synthetic data; data
whose scale is not the one the prior expects; classes never seen in training. The values of the paper's tables
are not quoted: only its claims are tested.

    python -m reproductions.scale_mixtures [--quick]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from gpytorch.kernels import RBFKernel
from scipy.optimize import minimize
from scipy.stats import kstest, wilcoxon
from scipy.stats import t as student_t
from sklearn.datasets import load_diabetes, load_digits

from augury.kernels.nngp import NNGPKernel
from augury.models import GaussianProcess, ScaleMixtureProcess, StudentTClassifier, StudentTProcess
from augury.models.exact.model import ExactModel
from augury.models.infinite_width_gp import InfiniteWidthGP
from augury.models.scale_mixture.burr import BurrXII
from augury.models.scale_mixture.inverse_gamma import InverseGamma
from augury.models.scale_mixture.likelihood import ScaleMixtureLikelihood
from augury.models.scale_mixture.model import ScaleMixtureModel
from augury.models.scale_mixture.quadrature import Quadrature
from reproductions._table import Row, is_quick, print_table

ALPHA = BETA = 2.0
#: Networks held at a time.
_BLOCK = 500


# -- 1. the limit theorem ------------------------------------------------------------------------------


def network_outputs(X: torch.Tensor, networks: int, width: int, *, mixed: bool, seed: int = 0) -> np.ndarray:
    """Outputs (`networks x n`) of random one-hidden-layer ReLU networks at `X` (`n x d`).

    Args:
        X: inputs.
        networks: how many are drawn.
        width: of the hidden layer.
        mixed: whether each has a last layer of its own variance `s ~ InvGamma(2, 2)`; 1 otherwise.
        seed: of the weights.
    """
    generator = torch.Generator().manual_seed(seed)
    outputs = []
    for start in range(0, networks, _BLOCK):
        count = min(_BLOCK, networks - start)
        first = torch.randn(count, X.shape[1], width, generator=generator)
        hidden = torch.relu((X.float() / X.shape[1] ** 0.5) @ first)
        last = torch.randn(count, width, 1, generator=generator) / width**0.5
        output = (hidden @ last).squeeze(-1)
        if mixed:
            gamma = torch._standard_gamma(torch.full((count, 1), ALPHA), generator=generator)
            output = output * (BETA / gamma).sqrt()
        outputs.append(output)
    return torch.cat(outputs).double().numpy()


def limit_theorem(quick: bool) -> list[Row]:
    """Outputs of finite networks against the Student-t process of the infinitely wide one."""
    networks, width = (4000, 200) if quick else (20_000, 1000)
    X = torch.tensor([[1.0, 0.2, -0.5], [0.3, -1.2, 0.8], [-0.4, 0.9, 1.5]]).double()
    K = NNGPKernel(depth=1, weight_var=1.0, bias_var=0.0)(X).to_dense().detach().numpy()
    law = student_t(2.0 * ALPHA)
    rows, spreads = [], {}
    for mixed in (True, False):
        outputs = network_outputs(X, networks, width, mixed=mixed)
        distance = max(kstest(outputs[:, i] / K[i, i] ** 0.5, law.cdf).statistic for i in range(3))
        squares = np.log(np.linalg.solve(np.linalg.cholesky(K), outputs.T) ** 2)
        spreads[mixed] = distance, float(np.corrcoef(squares)[np.triu_indices(3, 1)].mean())
    rows.append(
        (
            f"last-layer scale drawn: outputs are t with 4 degrees ({networks} networks, width {width})",
            "in the limit; KS < 0.015",
            f"largest KS distance of three inputs {spreads[True][0]:.4f}",
        )
    )
    rows.append(("fixed scale: they are not", "normal", f"KS distance {spreads[False][0]:.4f}"))
    shared = float(torch.polygamma(1, torch.tensor(ALPHA)))
    expected = shared / (shared + np.pi**2 / 2.0)
    rows.append(
        (
            "one scale for all inputs: correlation of log squares of whitened outputs",
            f"{expected:.3f} (0 if fixed)",
            f"{spreads[True][1]:.3f} ({spreads[False][1]:.3f} if fixed)",
        )
    )
    return rows


# -- 2. regression -------------------------------------------------------------------------------------


def nll(model: torch.nn.Module, X: torch.Tensor, Y: torch.Tensor) -> np.ndarray:
    """Negative log density of each outcome (`N x 1`), noise included, one by one."""
    with torch.no_grad():
        posterior = model.posterior(X.unsqueeze(-2), observation_noise=True)
        if isinstance(model, ScaleMixtureModel):
            return -posterior.log_prob(Y.unsqueeze(-2)).numpy()
        return -posterior.distribution.log_prob(Y).numpy()


def mixtures(gaussian: Callable[[], ExactModel], learned: bool) -> dict[str, Callable[[], torch.nn.Module]]:
    """The Gaussian process and the mixtures over it; `learned` is whether the Student-t's prior is."""
    return {
        "GP": gaussian,
        "t": lambda: ScaleMixtureModel(gaussian(), InverseGamma(ALPHA, BETA, learned), known_noise=False),
        "Burr": lambda: ScaleMixtureModel(gaussian(), Quadrature(BurrXII(2.0, 1.0)), known_noise=False),
    }


def synthetic(heavy: bool) -> tuple[np.ndarray, np.ndarray]:
    """The paper's two synthetic sets: a draw from a GP with normal noise, or with Cauchy noise."""
    n, reach, seed = (300, 150.0, 761) if heavy else (100, 50.0, 829)
    rng = np.random.default_rng(seed)
    x = np.linspace(-reach, reach, n)
    K = np.exp(-0.5 * (x[:, None] - x) ** 2) + 1e-8 * np.eye(n)
    f = np.linalg.cholesky(K) @ rng.standard_normal(n)
    noise = 0.8 * rng.standard_cauchy(n) if heavy else 0.2 * rng.standard_normal(n)
    return x[:, None], f + noise


def compare(name: str, X: np.ndarray, y: np.ndarray, n: int, splits: int, network: bool) -> list[Row]:
    """Mean negative log likelihood on the rows left out, over splits, with and without standardisation."""
    low, high = X.min(axis=0), X.max(axis=0)
    inputs = torch.from_numpy((X - low) / np.where(high > low, high - low, 1.0))
    outcomes = torch.from_numpy(y)[:, None]
    rows = []
    for standardised in (True, False):
        scores: dict[str, list[float]] = {}
        for split in range(splits):
            order = torch.randperm(len(y), generator=torch.Generator().manual_seed(split))
            train, test = order[:n], order[n:]

            def gaussian(train: torch.Tensor = train, standardised: bool = standardised) -> ExactModel:
                options = {} if standardised else {"outcome_transform": None}
                if network:
                    return InfiniteWidthGP(
                        inputs[train],
                        outcomes[train],
                        depth=4,
                        weight_var=2.0,
                        bias_var=0.1,
                        learn=True,
                        **options,
                    )
                return GaussianProcess(inputs[train], outcomes[train], **options)

            for label, build in mixtures(gaussian, learned=not standardised).items():
                model = build().fit()
                scores.setdefault(label, []).append(float(nll(model, inputs[test], outcomes[test]).mean()))
        base = np.array(scores["GP"])
        measured = [f"GP {base.mean():.3f}"]
        for label in ("t", "Burr"):
            difference = np.array(scores[label]) - base
            error = difference.std(ddof=1) / len(difference) ** 0.5
            measured.append(f"{label} - GP {difference.mean():+.3f} ± {error:.3f}")
        kernel = "network kernel" if network else "Matern"
        scale = "standardised" if standardised else "as they are"
        rows.append((f"{name}, n = {n}, {kernel}, outcomes {scale}: NLL", "t <= GP", ", ".join(measured)))
    return rows


def regression(quick: bool) -> list[Row]:
    """Diabetes at three sizes and the synthetic sets."""
    splits = 3 if quick else 10
    X, y = load_diabetes(return_X_y=True)
    rows = []
    for n in (20,) if quick else (20, 50, 398):
        for network in (True, False):
            rows += compare("diabetes", X, y, n, splits, network)
    for heavy in (False,) if quick else (False, True):
        data = synthetic(heavy)
        name = "syn-t" if heavy else "syn-normal"
        rows += compare(name, *data, n=int(0.9 * len(data[1])), splits=splits, network=False)
    return rows


# -- 3. wrong scale ------------------------------------------------------------------------------------


def wrong_scale(quick: bool) -> list[Row]:
    """Data of covariance `s (K + noise)` under priors that expect `K + noise`, all else known.

    The scale's prior is InvGamma with both numbers learnt (as the paper's code does, and by default where
    outcomes are taken as they are), InvGamma(2, 2) fixed, or BurrXII(2, 1). With the fixed one the scale is
    estimated by `(2 + Q / 2) / (2 + n / 2)`, which is not below 0.074 at n = 50 however small the outcomes
    are.
    """
    repeats, n, noise = (20 if quick else 200), 50, 0.01
    kernel = RBFKernel().double()
    kernel.lengthscale = 0.3
    kernel.requires_grad_(False)
    factories = {
        "GP": GaussianProcess,
        "t": StudentTProcess,
        "t, fixed": lambda *data, **named: StudentTProcess(*data, learn_scale_prior=False, **named),
        "Burr": lambda *data, **named: ScaleMixtureProcess(*data, scale_prior=BurrXII(2.0, 1.0), **named),
    }
    rows = []
    for s in (0.01, 1.0, 100.0):
        excess: dict[str, list[float]] = {name: [] for name in factories}
        for repeat in range(repeats):
            generator = torch.Generator().manual_seed(repeat)
            X = torch.rand(n + 20, 2, dtype=torch.float64, generator=generator)
            A = kernel(X).to_dense() + noise * torch.eye(n + 20)
            draw = torch.randn(n + 20, 1, dtype=torch.float64, generator=generator)
            Y = s**0.5 * torch.linalg.cholesky(A) @ draw
            scores = {}
            for name, factory in factories.items():
                model = factory(X[:n], Y[:n], outcome_transform=None, covar_module=kernel)
                _set_noise(model, noise)
                if name == "t":
                    _learn_scale_prior(model)
                scores[name] = nll(model, X[n:], Y[n:]).mean()
            oracle = GaussianProcess(X[:n], Y[:n] / s**0.5, outcome_transform=None, covar_module=kernel)
            _set_noise(oracle, noise)
            best = nll(oracle, X[n:], Y[n:] / s**0.5).mean() + 0.5 * np.log(s)
            for name, score in scores.items():
                excess[name].append(float(score - best))
        measured = [f"{name} {np.mean(values):.3f}" for name, values in excess.items()]
        sure = wilcoxon(excess["t"], excess["GP"]).pvalue
        rows.append(
            (
                f"excess NLL per point over the true scale, n = {n}, s = {s:g}",
                "t <= 0.3, GP explodes" if s != 1.0 else "t <= 0.3",
                ", ".join(measured) + f" (t against GP: p = {sure:.0e})",
            )
        )
    return rows


def _learn_scale_prior(model: StudentTProcess) -> None:
    """Fit the two numbers of the scale's prior, all else kept."""
    outcomes = model.gaussian.regressions.unfitted().outcomes
    likelihood = ScaleMixtureLikelihood([outcome.likelihood() for outcome in outcomes], model.prior)
    fixed = model.gaussian.theta.reshape(-1).numpy()

    def negative(own: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = likelihood.value_gradient(np.concatenate([own, fixed]))
        return -value, -gradient[: len(own)]

    found = minimize(negative, model.prior.theta, jac=True, method="L-BFGS-B", bounds=model.prior.bounds().T)
    model.load_state_dict({**model.state_dict(), "scale_theta": torch.from_numpy(found.x)})


def _set_noise(model: torch.nn.Module, noise: float) -> None:
    """Give the noise variance relative to the kernel, which nothing is fitted to."""
    state = model.state_dict()
    name = next(key for key in state if key.endswith("theta") and not key.startswith("scale"))
    model.load_state_dict({**state, name: torch.full_like(state[name], np.log(noise))})


# -- 4. classes never seen -----------------------------------------------------------------------------


def unseen_classes(quick: bool) -> list[Row]:
    """Digits 0 to 4 are learnt; 5 to 9 are shown."""
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    known = np.flatnonzero(y < 5)
    rng = np.random.default_rng(0)
    order = rng.permutation(known)
    train, test, unseen = order[: 150 if quick else 500], order[500:], np.flatnonzero(y >= 5)
    options = {"num_inducing": 50 if quick else 150, "epochs": 60 if quick else 300, "learning_rate": 0.03}
    rows = []
    for kernel_name in ("Matern",) if quick else ("Matern", "network kernel"):
        for name, prior in (("t", 2.0), ("GP (alpha = beta = 10,000)", 1e4)):
            kernel = None
            if kernel_name != "Matern":
                kernel = NNGPKernel(depth=4, weight_var=2.0, bias_var=0.1, learn=True)
            model = StudentTClassifier(kernel, alpha=prior, beta=prior, **options).fit(X[train], y[train])
            inside, outside = model.predict_proba(X[test]), model.predict_proba(X[unseen])
            score = -np.log(inside[np.arange(len(test)), y[test]]).mean()
            accuracy = (inside.argmax(axis=1) == y[test]).mean()
            entropies = [-(p * np.log(np.maximum(p, 1e-300))).sum(axis=1) for p in (inside, outside)]
            told = (entropies[1][:, None] > entropies[0][None]).mean()
            rows.append(
                (
                    f"digits 0-4, {kernel_name}, {name}",
                    "t less sure outside",
                    f"accuracy {accuracy:.3f}, NLL {score:.3f}; entropy {entropies[0].mean():.2f} inside, "
                    f"{entropies[1].mean():.2f} on 5-9; told apart {told:.3f}",
                )
            )
    return rows


def main() -> None:
    """Print the four tables."""
    quick = is_quick(__doc__)
    print_table("1. The limit of wide networks with a random scale", limit_theorem(quick))
    print_table("2. Regression: mean test NLL, paired over splits", regression(quick))
    print_table("3. Data on another scale than expected", wrong_scale(quick))
    print_table("4. Classes never seen in training", unseen_classes(quick))


if __name__ == "__main__":
    main()
