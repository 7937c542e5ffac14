"""Gaussian processes: the gap to the exact posterior, and the comparison with maximum likelihood."""

from __future__ import annotations

import copy
import time
import timeit
import warnings
from functools import partial

import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from gpytorch.kernels import MaternKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor
from torch.distributions import Normal

from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.evaluation import measure_gap
from augury.inference.prior_fitted.gp_prior import GPPrior, gp_covariance
from augury.inference.prior_fitted.recipes import recipe
from augury.models.prior_fitted.weights import TrainedNetwork
from augury.models.sparse_axis_process import SparseAxisProcess
from reproductions._table import Row

#: Fits of BoTorch's Gaussian process: without priors of hyperparameters, or with its own.
_FITS = {"maximum likelihood": True, "BoTorch's default": False}
_TARGETS = {0: "<= 0.05", 1: "<= 0.05", 5: "<= 0.10", 10: "<= 0.10", 15: "<= 0.10", 20: "<= 0.10"}


def fixed(quick: bool) -> list[Row]:
    """The network for one Gaussian process of known hyperparameters."""
    network, prior = TrainedNetwork.of("gp").network, recipe("gp").prior
    rows = []
    for n, target in _TARGETS.items():
        gap = measure_gap(network, prior, n, 1, data_sets=100 if quick else 2000)
        measured = f"{gap.gap:.3f} ± {gap.error:.3f} ({gap.network:.3f} against {gap.reference:.3f})"
        means = f"; means differ by {gap.mean_error:.3f} (median)"
        rows.append(
            (f"fixed GP, n = {n}: gap to the exact posterior, nat", f"target {target}", measured + means)
        )
    return rows


def hyperprior(quick: bool) -> list[Row]:
    """The network for sampled hyperparameters against fits of BoTorch's Gaussian process."""
    prior, network = recipe("hyper-gp").prior, TrainedNetwork.of("hyper-gp").network
    rows = []
    for n in (5, 10, 20):
        scores: dict[str, list[Tensor]] = {"network": [], **{name: [] for name in _FITS}}
        for dim in range(1, 6):
            draw = prior.sample(1 if quick else 20, n, 16, dim, torch.Generator().manual_seed(dim))
            outcomes = draw.outcomes(torch.Generator().manual_seed(n))
            scores["network"].append(-network(draw.X, draw.y, draw.X_new).log_prob(outcomes).mean(-1))
            for name, plain in _FITS.items():
                fitted = [_botorch_score(draw, outcomes, b, plain) for b in range(len(draw.y))]
                scores[name].append(torch.tensor(fitted, dtype=torch.float64))
        joined = {name: torch.cat(parts) for name, parts in scores.items()}
        ours = joined["network"]
        for name in _FITS:
            difference = joined[name] - ours
            measured = (
                f"{ours.mean():.3f} against {joined[name].mean():.3f}; median difference "
                f"{difference.median():.3f}, better on {float((difference > 0).double().mean()):.0%}"
            )
            rows.append(
                (f"hyper-priors, d = 1 to 5, n = {n}: negative log likelihood, {name}", "lower", measured)
            )
    return rows


def speed(quick: bool) -> list[Row]:
    """Time of a prediction at one new point: data sets in a batch of 128, single precision, against fits."""
    prior = recipe("hyper-gp").prior
    network = copy.deepcopy(TrainedNetwork.of("hyper-gp").network).float()
    rows = []
    for n in (5, 10):
        draw = prior.sample(128, n, 1, 3, torch.Generator().manual_seed(1))
        outcomes = draw.outcomes(torch.Generator().manual_seed(0))
        with torch.inference_mode():
            ours = min(timeit.repeat(lambda d=draw: network(d.X, d.y, d.X_new), number=1, repeat=5)) / 128
        fits = {
            name: partial(_botorch_score, outcomes=outcomes, plain=plain) for name, plain in _FITS.items()
        }
        for name, fit, published in [
            *((name, fit, "> 200 times") for name, fit in fits.items()),
            ("NUTS (SparseAxisProcess, 128 steps)", _sampled, "> 1,000 times"),
        ]:
            count = 1 if quick else 12
            fit(draw, b=0)
            begun = time.perf_counter()
            for b in range(count):
                fit(draw, b=b)
            theirs = (time.perf_counter() - begun) / count
            measured = f"{1e3 * ours:.3f} ms against {1e3 * theirs:.0f} ms: {theirs / ours:.0f} times"
            rows.append((f"hyper-priors, d = 3, n = {n}: time a data set, {name}", published, measured))
    return rows


def exact_hyperprior(quick: bool) -> list[Row]:
    """The gap to the exact posterior under hyper-priors in one dimension, which draws of the prior weighed by
    their likelihood give."""
    chosen, network = recipe("hyper-gp"), TrainedNetwork.of("hyper-gp").network
    assert isinstance(chosen.prior, GPPrior)
    rows = []
    for n in (5, 10):
        draw = chosen.prior.sample(8 if quick else 40, n, 8, 1, torch.Generator().manual_seed(50 + n))
        outcomes = draw.outcomes(torch.Generator().manual_seed(n))
        ours = -network(draw.X, draw.y, draw.X_new).log_prob(outcomes).mean(-1)
        exact = torch.stack(
            [
                _posterior_score(chosen.prior, draw, outcomes, b, 1000 if quick else 10_000)
                for b in range(len(ours))
            ]
        )
        gap = ours - exact
        error = float(gap.std() / len(gap) ** 0.5)
        rows.append(
            (
                f"hyper-priors, d = 1, n = {n}: gap to the exact posterior",
                "",
                f"{gap.mean():.3f} ± {error:.3f}",
            )
        )
    return rows


def _posterior_score(prior: GPPrior, draw: PriorDraw, outcomes: Tensor, b: int, count: int) -> Tensor:
    """The mean negative log likelihood under the posterior, by importance sampling from the prior."""
    generator = torch.Generator().manual_seed(b)
    n, m = draw.y.shape[-1], outcomes.shape[-1]
    hyper = prior.hyperparameters(count, 1, generator)
    noise = prior.noise(count, 1, generator) * hyper.outputscale.sqrt().unsqueeze(-1)
    z = torch.cat([draw.X[b], draw.X_new[b]]) / hyper.lengthscale.unsqueeze(1)
    K = gp_covariance(prior.covariance, z, z) * hyper.outputscale[:, None, None]
    eye = torch.eye(n, dtype=K.dtype)
    factor = torch.linalg.cholesky(K[:, :n, :n] + noise.square().unsqueeze(-1) * eye)
    white = torch.linalg.solve_triangular(factor, draw.y[b].unsqueeze(-1), upper=False)
    root = torch.linalg.solve_triangular(factor, K[:, :n, n:], upper=False)
    mean = (root.mT @ white).squeeze(-1)
    variance = hyper.outputscale.unsqueeze(-1) - root.square().sum(1) + noise.square()
    evidence = -0.5 * white.square().sum((1, 2)) - factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    weights = evidence.log_softmax(0).unsqueeze(-1)
    density = Normal(mean, variance.clamp_min(1e-12).sqrt()).log_prob(outcomes[b].expand(count, m))
    return -(weights + density).logsumexp(0).mean()


def _sampled(draw: PriorDraw, b: int) -> object:
    return SparseAxisProcess(draw.X[b], draw.y[b].unsqueeze(-1)).fit().posterior(draw.X_new[b])


def _botorch_score(draw: PriorDraw, outcomes: Tensor, b: int, plain: bool) -> float:
    """Without priors of hyperparameters (`plain`: maximum likelihood), or BoTorch's default model."""
    X, Y = draw.X[b], draw.y[b].unsqueeze(-1)
    options = {}
    if plain:
        kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=X.shape[-1]))
        options = {"covar_module": kernel, "likelihood": GaussianLikelihood()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SingleTaskGP(X, Y, **options)
        try:
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        except Exception:
            model.eval()
        with torch.no_grad():
            posterior = model.posterior(draw.X_new[b], observation_noise=True)
            law = Normal(posterior.mean.squeeze(-1), posterior.variance.squeeze(-1).sqrt())
            return -float(law.log_prob(outcomes[b]).mean())


def heads(quick: bool) -> list[Row]:
    """A bar and a Gaussian head trained alike on Gaussian processes with hyper-priors in one dimension."""
    from reproductions.prior_fitted_networks.gaussian_head import train_both

    bars, gaussian, error, steps = train_both(50 if quick else 1500)
    measured = f"{bars:.3f} against {gaussian:.3f} ± {error:.3f} ({steps} steps each)"
    return [
        (
            "bar head against Gaussian head, hyper-priors, d = 1: negative log likelihood",
            "bar lower",
            measured,
        )
    ]
