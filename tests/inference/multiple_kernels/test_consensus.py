"""Agents that learn weights together and keep their rows."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.multiple_kernels.agent import Agent, predicted
from augury.inference.multiple_kernels.consensus import ConsensusADMM, fused_prediction
from augury.inference.multiple_kernels.evidence import Evidence
from augury.inference.multiple_kernels.majorise_minimise import majorise_minimise
from augury.inference.multiple_kernels.rounding import message_bits, stochastic_round
from augury.kernels import GridSpectralMixtureKernel

NOISE = 0.05
X = torch.arange(60.0).double().unsqueeze(-1)
Y = (0.4 * X[:, 0]).sin() + 0.2 * torch.randn(60, generator=torch.Generator().manual_seed(0)).double()
KERNEL = GridSpectralMixtureKernel(1, 25, std=0.004)
QUICK = ConsensusADMM(max_rounds=25)


def agents(count, **options):
    pairs = zip(X.tensor_split(count), Y.tensor_split(count), strict=True)
    if not options:
        return [Agent.of(x, y, KERNEL, NOISE) for x, y in pairs]
    return [Agent(lambda x=x, y=y: (x, y), KERNEL, NOISE, **options) for x, y in pairs]


def test_one_agent_finds_what_the_solver_does():
    agreed = ConsensusADMM().run(agents(1))
    components = KERNEL.components(X)
    alone = majorise_minimise(components, Y.numpy(), NOISE)
    objective = Evidence(components, Y.numpy()).terms(agreed.weights, NOISE).objective
    assert agreed.converged
    assert objective == pytest.approx(alone.objective_trace[-1], abs=0.3)


def test_two_agents_agree_on_weights_that_suit_both():
    agreed = ConsensusADMM(max_rounds=80).run(agents(2))
    assert agreed.primal[-1] < 0.2 * agreed.primal[0]
    parts = [
        Evidence(KERNEL.components(x), y.numpy())
        for x, y in zip(X.tensor_split(2), Y.tensor_split(2), strict=True)
    ]

    def total(weights):
        return sum(part.terms(np.maximum(weights, 1e-9), NOISE).objective for part in parts)

    equal = np.full(25, float(Y.var()) / 25)
    single = majorise_minimise(KERNEL.components(X[:30]), Y[:30].numpy(), NOISE).weights
    assert total(agreed.weights) < min(total(equal), total(single))


def test_messages_are_counted_and_rounded_ones_are_shorter():
    plain, rounded = QUICK.run(agents(2)), ConsensusADMM(0.01, max_rounds=25).run(agents(2))
    assert plain.bits == plain.bits_unquantised == 64 * 25 * 4 * len(plain.primal)
    assert rounded.bits < 0.2 * rounded.bits_unquantised
    unit = float(np.mean([y.numpy().var() for y in Y.tensor_split(2)]))
    lattice = 13 * rounded.weights / (0.01 * unit)  # the mean of the last 13 of 25 rounds
    assert np.allclose(lattice, lattice.round(), atol=1e-6)


def test_a_weight_below_one_step_of_the_lattice_is_not_lost():
    """Of 0.4 steps most rounds have none and some have one; their mean is nearer than either."""
    exact = ConsensusADMM(max_rounds=60).run(agents(2)).weights
    step = 2.5 * float(np.sort(exact)[-2])
    unit = float(np.mean([y.numpy().var() for y in Y.tensor_split(2)]))
    rounded = ConsensusADMM(step / unit, max_rounds=60).run(agents(2)).weights
    assert 0.0 < rounded[np.argsort(exact)[-2]] < step
    assert np.abs(rounded - exact).max() < 0.5 * step


def test_the_same_on_threads():
    with ThreadPoolExecutor(2) as executor:
        there = QUICK.run(agents(2, executor=executor))
    assert np.array_equal(there.weights, QUICK.run(agents(2)).weights)


def test_the_same_on_a_cluster_and_no_row_leaves_its_worker():
    """Two Dask workers talk over sockets; whatever holds rows refuses to be sent."""
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        workers = list(client.scheduler_info()["workers"])
        there = []
        for index, worker in enumerate(workers):
            options = {"workers": [worker], "allow_other_workers": False, "pure": False}
            there.append(Agent(_Rows(index), KERNEL, NOISE, executor=client, **options))
        agreed = ConsensusADMM(max_rounds=4).run(there)
        fused = fused_prediction(there, agreed.weights, X[:3])
        held = {worker: keys for worker, keys in client.has_what().items() if keys}
        assert set(held) == set(workers)
        with pytest.raises(Exception, match="ould not serialize"):
            there[0]._held.result()
    here = ConsensusADMM(max_rounds=4).run(agents(2))
    assert np.array_equal(agreed.weights, here.weights)
    assert np.allclose(fused, fused_prediction(agents(2), here.weights, X[:3]))


class _Rows:
    """Loads one half of the rows, wherever it is called."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __call__(self):
        return X.tensor_split(2)[self.index], Y.tensor_split(2)[self.index]


def test_private_data_cannot_be_pickled():
    with pytest.raises(NotSupportedError, match="stay on its worker"):
        pickle.dumps(agents(1)[0]._held.result())


def test_a_fused_prediction_weighs_by_precision():
    weights = QUICK.run(agents(2)).weights
    mean, variance = fused_prediction(agents(2), weights, X[10:12])
    parts = [
        predicted(KERNEL, weights, NOISE, x, y.numpy(), X[10:12])
        for x, y in zip(X.tensor_split(2), Y.tensor_split(2), strict=True)
    ]
    expected = 1.0 / sum(1.0 / part[1] for part in parts)
    assert np.allclose(variance, expected)
    assert np.allclose(mean, expected * sum(part[0] / part[1] for part in parts))


def test_rounding_is_unbiased_and_bounded():
    rng = np.random.default_rng(0)
    values = np.full(200_000, 0.3)
    rounded = stochastic_round(values, 0.25, rng)
    assert set(np.unique(rounded)) == {0.25, 0.5}
    assert rounded.mean() == pytest.approx(0.3, abs=2e-3)
    assert rounded.var() <= 0.25**2 / 4
    assert stochastic_round(values, 0.0, rng) is values
    assert message_bits(np.array([0.0, 0.75, 0.25, 0.5]), 0.25) == 8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ConsensusADMM(-0.1), "quantization"),
        (lambda: ConsensusADMM(penalty=0.0), "penalty"),
        (lambda: QUICK.run([]), "at least one agent"),
        (lambda: fused_prediction([], np.ones(1), X), "at least one agent"),
        (
            lambda: QUICK.run([*agents(1), Agent.of(X, Y, GridSpectralMixtureKernel(1, 3), NOISE)]),
            "must be the same",
        ),
        (lambda: Agent.of(X, Y[:3], KERNEL, NOISE), "n x d inputs"),
        (lambda: Agent.of(X, Y, KERNEL, 0.0), "positive variance"),
        (lambda: stochastic_round(np.ones(2), -1.0, np.random.default_rng(0)), "step of quantisation"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(InvalidInputError, match=message):
        call()
