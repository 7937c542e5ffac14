"""Sparse Gaussian processes: conformance, the exact process as their limit, arrays on disk."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from botorch.models.transforms.input import Normalize
from botorch.models.transforms.outcome import Log
from gpytorch.kernels import RBFKernel

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.sparse.stochastic import Stochastic
from augury.models import GaussianProcess, SparseGaussianProcess
from augury.testing import MODEL_CHECKS
from tests.models.cases import outcomes, points

by_minibatches = partial(SparseGaussianProcess, inference=Stochastic(num_epochs=15, lr=0.15))


@pytest.mark.parametrize("factory", [SparseGaussianProcess, by_minibatches], ids=["collapsed", "stochastic"])
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check, factory) -> None:
    check(factory)


def test_with_all_rows_as_inducing_points_it_predicts_like_the_exact_process() -> None:
    X, new = points(30, 2), points(6, 2, seed=1)
    Y = outcomes(X)
    sparse, exact = SparseGaussianProcess(X, Y).fit(), GaussianProcess(X, Y).fit()
    for name in ("mean", "variance"):
        given, expected = (getattr(model.posterior(new), name) for model in (sparse, exact))
        torch.testing.assert_close(given, expected, rtol=0.1, atol=0.05)


def test_its_joint_posterior_is_that_of_the_inducing_values() -> None:
    """The mean and covariance by dense inverses, from the posterior of the values themselves."""
    X, new = points(40, 2), points(5, 2, seed=1)
    model = SparseGaussianProcess(X, outcomes(X), num_inducing=12, outcome_transform=None).fit()
    seen = [12.0**0.5 * (x - 0.5) for x in (model.train_inputs[0], new)]
    kernel, Z = model.covariance.kernel, model.inducing_points
    Kuu, noise = kernel(Z).to_dense() + 1e-6 * torch.eye(12).double(), model.likelihood.noise
    Kuf, Kus = kernel(Z, seen[0]).to_dense(), kernel(Z, seen[1]).to_dense()
    inverse = torch.linalg.inv(Kuu + Kuf @ Kuf.T / noise)
    mean = Kus.T @ inverse @ Kuf @ outcomes(X) / noise
    covariance = kernel(seen[1]).to_dense() - Kus.T @ (torch.linalg.inv(Kuu) - inverse) @ Kus
    torch.testing.assert_close(model.posterior(new).mean, mean, rtol=1e-5, atol=1e-5)
    given = model.posterior(new).mvn.covariance_matrix
    torch.testing.assert_close(given, covariance + 1e-8 * torch.eye(5).double(), rtol=1e-4, atol=1e-6)


def arrays(folder, n=3000):
    X = np.memmap(folder / "X", np.float64, "w+", shape=(n, 2))
    Y = np.memmap(folder / "Y", np.float64, "w+", shape=(n, 1))
    X[:] = points(n, 2).numpy()
    Y[:] = outcomes(torch.from_numpy(np.array(X))).numpy()
    return X, Y


def test_a_file_is_learnt_from_like_tensors(tmp_path, monkeypatch) -> None:
    X, Y = arrays(tmp_path)
    monkeypatch.setattr("augury.inference.sparse.rows.CHUNK", 512)
    models = [
        SparseGaussianProcess(x, y, num_inducing=10, inference=Stochastic(num_epochs=2, batch_size=128)).fit()
        for x, y in ((X, Y), (torch.from_numpy(np.array(X)), torch.from_numpy(np.array(Y))))
    ]
    new = points(20, 2, seed=1)
    torch.testing.assert_close(models[0].posterior(new).mean, models[1].posterior(new).mean)
    torch.testing.assert_close(models[0].posterior(new).variance, models[1].posterior(new).variance)


def test_a_file_is_read_in_chunks_only(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("augury.inference.sparse.rows.CHUNK", 100)
    monkeypatch.setattr("augury.models.sparse.streamed_rows.CHUNK", 100)
    longest = 0

    class Watched(np.memmap):
        def __getitem__(self, index):
            nonlocal longest
            part = super().__getitem__(index)
            longest = max(longest, len(part) if part.ndim else 1)
            return part

    X, Y = (array.view(Watched) for array in arrays(tmp_path))
    SparseGaussianProcess(X, Y, num_inducing=5, inference=Stochastic(num_epochs=1, batch_size=50)).fit()
    assert longest == 100


def test_an_array_keeps_its_inputs_and_takes_no_transform_that_learns(tmp_path) -> None:
    X, Y = arrays(tmp_path, 200)
    with pytest.raises(NotSupportedError, match="array"):
        SparseGaussianProcess(X, Y).train_inputs  # noqa: B018
    for options in (
        {"categorical_features": [1]},
        {"outcome_transform": Log()},
        {"input_transform": Normalize(2)},
    ):
        with pytest.raises(NotSupportedError, match="array"):
            SparseGaussianProcess(X, Y, **options)
    Y[150] = np.nan
    with pytest.raises(InvalidInputError, match="train_Y has an entry that is not finite"):
        SparseGaussianProcess(X, Y)
    with pytest.raises(InvalidInputError, match=r"n x d and train_Y n x m"):
        SparseGaussianProcess(X, Y[:, 0])


def test_known_noise_in_an_array_weighs_rows_like_a_tensor_s(tmp_path) -> None:
    X, Y = arrays(tmp_path, 60)
    Yvar = (0.01 + points(60, 1, seed=9)).numpy()
    tensors = [torch.from_numpy(np.array(part)) for part in (X, Y, Yvar)]
    models = [SparseGaussianProcess(*data, num_inducing=8).fit() for data in ((X, Y, Yvar), tensors)]
    new = points(6, 2, seed=1)
    for noise in (False, True):
        first, second = (model.posterior(new, observation_noise=noise) for model in models)
        torch.testing.assert_close(first.variance, second.variance, rtol=1e-5, atol=1e-8)
        torch.testing.assert_close(first.mean, second.mean, rtol=1e-5, atol=1e-6)


def test_a_kernel_of_one_s_own_is_copied_and_trained() -> None:
    X, kernel = points(30, 2), RBFKernel()
    model = SparseGaussianProcess(X, outcomes(X), covar_module=kernel, num_inducing=10).fit()
    assert model.covariance.kernel is not kernel
    assert float(kernel.lengthscale) == pytest.approx(0.6931, abs=1e-4)
    assert float(model.covariance.kernel.lengthscale) != pytest.approx(0.6931, abs=1e-2)


def test_options_that_are_wrong_are_refused() -> None:
    X = points(5, 2)
    with pytest.raises(InvalidInputError, match="gpytorch Kernel; given str"):
        SparseGaussianProcess(X, outcomes(X), covar_module="rbf")
    with pytest.raises(InvalidInputError, match="num_inducing must be at least 1; given 0"):
        SparseGaussianProcess(X, outcomes(X), num_inducing=0)
    with pytest.raises(NotSupportedError, match="fit"):
        SparseGaussianProcess(X, outcomes(X)).posterior(X)
