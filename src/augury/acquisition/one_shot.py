"""Acquisition functions that are searched together with what would be done next: one-shot optimisation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch

from augury.acquisition.circumstances import as_tensor
from augury.acquisition.situation import Situation
from augury.acquisition.starts import is_box
from augury.errors import NotSupportedError
from augury.space.space import Space

_FANTASIES, _TREE = 16, (4, 3)  # of the knowledge gradient; of this evaluation and of the next
_RESTARTS, _RAW_POINTS, _MAX_ITERATIONS = 4, 64, 60


class OneShot:
    """A BoTorch one-shot acquisition function, which brings its own search over a box.

    `augury.acquisition.search.maximize` calls `search`; without constraints on outcomes only.

    Args:
        function: whose samplers are seeded.
        q: points that BoTorch is to search for, the further ones included where it does not add them itself.
        restarts: of the search.
        raw_points: among which its starts are chosen.
        iterations: of each climb, at most.
    """

    def __init__(
        self,
        function: Any,
        q: int = 1,
        *,
        restarts: int = _RESTARTS,
        raw_points: int = _RAW_POINTS,
        iterations: int = _MAX_ITERATIONS,
    ) -> None:
        self.function, self.q = function, q
        self.restarts, self.raw_points, self.iterations = restarts, raw_points, iterations

    def search(self, space: Space, seed: int) -> tuple[np.ndarray, float]:
        """The point (`d`) of largest value, and that value.

        Raises:
            NotSupportedError: a space that is not a box.
        """
        from botorch.optim import optimize_acqf

        if not is_box(space):
            raise NotSupportedError(
                "one-shot acquisition functions are searched in boxes of numbers only; use "
                "acquisition='knowledge-gradient'"
            )
        held = dict(space.fixed_columns) or None
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the optimiser: it stops after few iterations on purpose
            torch.manual_seed(seed % 2**63)
            point, value = optimize_acqf(
                self.function,
                torch.from_numpy(space.bounds.copy()),
                q=self.q,
                num_restarts=self.restarts,
                raw_samples=self.raw_points,
                fixed_features=held,
                options={"maxiter": self.iterations},
            )
        return space.snap(point.detach().numpy().reshape(-1, space.dim)[:1])[0], float(np.asarray(value))

    def value(self, X: np.ndarray) -> np.ndarray:
        """Not defined for a point alone.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError("a one-shot acquisition function has no value at a point alone; see `search`")

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `value`."""
        raise NotSupportedError("a one-shot acquisition function has no value at a point alone; see `search`")


def one_shot_knowledge_gradient(situation: Situation) -> OneShot:
    """BoTorch's `qKnowledgeGradient` with 16 fantasies.

    Source: Balandat et al., "BoTorch: a framework for efficient Monte-Carlo Bayesian optimization", NeurIPS
    2020, section 4.2.
    """
    from botorch.acquisition.knowledge_gradient import qKnowledgeGradient

    _check(situation)
    function = qKnowledgeGradient(
        situation.model,
        num_fantasies=None,
        sampler=_sampler(_FANTASIES, situation.seed),
        posterior_transform=_sign(situation),
        X_pending=as_tensor(situation.running),
    )
    return OneShot(function)


def multi_step_lookahead(situation: Situation) -> OneShot:
    """BoTorch's `qMultiStepLookahead`: the knowledge gradient of this evaluation and one more after it.

    Source: Jiang et al., "Efficient nonmyopic Bayesian optimization via one-shot multi-step trees", NeurIPS
    2020.
    """
    from botorch.acquisition.multi_step_lookahead import qMultiStepLookahead

    _check(situation)
    function = qMultiStepLookahead(
        situation.model,
        batch_sizes=[1] * len(_TREE),
        samplers=[_sampler(count, situation.seed + k) for k, count in enumerate(_TREE)],
        posterior_transform=_sign(situation),
        X_pending=as_tensor(situation.running),
    )
    return OneShot(function, q=function.get_augmented_q_batch_size(1))


def _check(situation: Situation) -> None:
    if situation.constraints:
        raise NotSupportedError(
            "one-shot acquisition functions take no constraints and no failures; use "
            "acquisition='knowledge-gradient'"
        )
    if "fantasize" not in getattr(situation.model, "capabilities", ("fantasize",)):
        raise NotSupportedError(f"{type(situation.model).__name__} cannot be conditioned on fantasies")


def _sampler(count: int, seed: int) -> Any:
    from botorch.sampling.normal import SobolQMCNormalSampler

    return SobolQMCNormalSampler(torch.Size([count]), seed=seed % 2**31)


def _sign(situation: Situation) -> Any:
    from botorch.acquisition.objective import ScalarizedPosteriorTransform

    return None if situation.maximize else ScalarizedPosteriorTransform(torch.tensor([-1.0]).double())
