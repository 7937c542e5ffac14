"""Sharpness of a surrogate: how much its mean prediction moves when its parameters do, and a penalty on
it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field, replace
from typing import Self, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.inference.mean_prediction import (
    MeanPrediction,
    ModulePrediction,
    module_mean,
    slope_of,
    slopes,
    trainable,
)

_FLAT = 1e-12  # a gradient this short has no direction
_ASCENT_STEPS = 5
_LARGEST = 100.0


class SharpnessWarning(UserWarning):
    """The budget of a sharpness penalty cannot be kept."""


@final
@dataclass
class SharpnessRegularizer:
    r"""A bound on the sharpness of a surrogate, kept by a multiplier that grows while it is exceeded.

    With :math:`h(w)` the average prediction at the data, training minimises its loss subject to
    :math:`\rho \|\nabla_w h(w)\| \le \epsilon`: each step adds :math:`\lambda` times the gradient of the left
    side, and then :math:`\lambda \leftarrow \max(0, \lambda + \eta (\rho \|\nabla h\| - \epsilon))`. That
    gradient takes first derivatives only,

    .. math::
        \nabla_w \rho \|\nabla h\| = \rho \, \nabla^2 h \, u \approx
        \frac{\rho}{r} \bigl(\nabla h(w + r u) - \nabla h(w)\bigr), \qquad u = \nabla h / \|\nabla h\|

    or, with `exact`, second derivatives by automatic differentiation. Several networks side by side have a
    multiplier each. The outcomes should have unit variance: sharpness is in their unit. A bias that is added
    to the prediction alone contributes 1 to the squared norm, so no budget below the radius can be kept.

    Args:
        radius: :math:`\rho`.
        fd_step: r.
        budget: :math:`\epsilon`; None for a weight that stays as it is (the unconstrained variant, published
            with radius and step 0.2 and weight 0.01).
        weight: the first :math:`\lambda`.
        dual_lr: :math:`\eta`.
        project: whether the multiplier is kept from becoming negative. The published code does not, and then
            rewards sharpness below the budget.
        exact: whether second derivatives are taken.

    Raises:
        InvalidInputError: a radius, step or rate that is not positive, a negative budget or weight.

    Source: Dao, Nguyen, Truong and Hoang, "Incorporating surrogate gradient norm to improve offline
    optimization techniques", NeurIPS 2024 (arXiv:2503.04242).
    """

    radius: float = 0.05
    fd_step: float = 0.05
    budget: float | None = 0.1
    weight: float = 1e-3
    dual_lr: float = 1e-3
    project: bool = True
    exact: bool = False
    multiplier: Tensor = field(init=False, repr=False, compare=False)
    last_sharpness: Tensor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not min(self.radius, self.fd_step, self.dual_lr) > 0.0:
            raise InvalidInputError("radius, fd_step and dual_lr of a sharpness penalty must be positive")
        if self.weight < 0.0 or (self.budget is not None and self.budget < 0.0):
            raise InvalidInputError("the weight and the budget of a sharpness penalty must not be negative")
        self.multiplier = torch.full((1,), self.weight, dtype=torch.float64)
        self.last_sharpness = torch.full((1,), math.nan, dtype=torch.float64)

    def fresh(self) -> Self:
        """The same options, with the multiplier at its start: one for each training."""
        return replace(self)

    def gradient(self, mean: MeanPrediction, theta: Tensor) -> Tensor:
        """What the penalty adds to the gradient of the loss; then the multipliers are updated.

        Args:
            mean: the average predictions at the data, differentiable.
            theta: `C x P` parameters.

        Returns:
            `C x P`. Zero where the average prediction does not depend on the parameters.
        """
        at = theta.detach().requires_grad_(True)
        with torch.enable_grad():
            slope = slope_of(mean(at), at, create_graph=self.exact)
            norm = slope.norm(dim=1)
            steep = norm.detach() > _FLAT
            if self.exact:
                (change,) = torch.autograd.grad(norm[steep].sum(), at, allow_unused=True)
                change = torch.zeros_like(at) if change is None else change
        if not self.exact:
            direction = slope / norm.clamp(min=_FLAT)[:, None]
            change = (slopes(mean, theta + self.fd_step * direction) - slope) / self.fd_step
        weights = self.multiplier.to(theta).expand(len(theta))
        added = torch.where(steep[:, None], (weights * self.radius)[:, None] * change, 0.0)
        self._update(self.radius * norm.detach().double())
        return added.detach()

    def backward(
        self, loss: Tensor, module: nn.Module, X: Tensor, mean_fn: ModulePrediction | None = None
    ) -> None:
        """Add the gradients of the loss and of the penalty to `.grad` of the module's parameters.

        Args:
            loss: of a batch.
            module: the surrogate.
            X: the inputs of the batch.
            mean_fn: predictions from the module, parameters by name and inputs; by default the module is
                called. It must use the parameters given (`torch.func.functional_call`), not the module's own.

        Raises:
            InvalidInputError: a loss that is not finite (nothing is changed), a module without trainable
                parameters, predictions that are not one for each input.
        """
        if not bool(torch.isfinite(loss).all()):
            raise InvalidInputError(f"the loss is {float(loss.detach())}; no step was made")
        mean, theta = module_mean(module, X, mean_fn)
        loss.backward()
        parts = self.gradient(mean, theta)[0]
        offset = 0
        for parameter in trainable(module).values():
            part = parts[offset : offset + parameter.numel()].reshape(parameter.shape).to(parameter)
            parameter.grad = part.clone() if parameter.grad is None else parameter.grad.add_(part)
            offset += parameter.numel()

    def state_dict(self) -> dict[str, Tensor]:
        """What a training that goes on needs."""
        return {"multiplier": self.multiplier.clone(), "last_sharpness": self.last_sharpness.clone()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """The inverse of `state_dict`."""
        self.multiplier, self.last_sharpness = state["multiplier"].clone(), state["last_sharpness"].clone()

    def _update(self, sharpness: Tensor) -> None:
        self.last_sharpness = sharpness
        if self.budget is None:
            return
        multiplier = self.multiplier + self.dual_lr * (sharpness - self.budget)
        if self.project:
            multiplier = multiplier.clamp(min=0.0)
        if bool((multiplier > _LARGEST).any()):
            warnings.warn(
                f"the budget of {self.budget:g} for the sharpness is out of reach (it is "
                f"{float(sharpness.max()):.3g}); its multiplier stays at {_LARGEST:g}. Raise the budget",
                SharpnessWarning,
                stacklevel=3,
            )
        self.multiplier = multiplier.clamp(max=_LARGEST)


def surrogate_sharpness(
    module: nn.Module,
    X: Tensor,
    radius: float = 0.05,
    method: str = "first_order",
    mean_fn: ModulePrediction | None = None,
) -> float:
    r"""How much the average prediction can rise when the parameters move by at most a radius.

    .. math::
        R(w) = \max_{\|d\| \le \rho} h(w + d) - h(w) \approx \rho \|\nabla h(w)\|

    Args:
        module: the surrogate.
        X: `n x d` inputs over which predictions are averaged.
        radius: :math:`\rho`.
        method: "first_order" for the right side, "ascent" for the maximum that projected gradient ascent
        finds. mean_fn: as in `SharpnessRegularizer.backward`.

    Raises:
        InvalidInputError: a radius that is not positive, another method, and as `backward` does.
    """
    if not radius > 0.0 or method not in ("first_order", "ascent"):
        raise InvalidInputError(
            f"radius must be positive and method 'first_order' or 'ascent'; given {radius} and {method!r}"
        )
    mean, theta = module_mean(module, X, mean_fn)
    slope = slopes(mean, theta)
    norm = float(slope.norm())
    if method == "first_order" or norm < _FLAT:
        return radius * norm
    moved = radius * slope / norm
    for _ in range(_ASCENT_STEPS):
        slope = slopes(mean, theta + moved)
        moved = moved + radius * slope / slope.norm().clamp(min=_FLAT)
        moved = moved * (radius / moved.norm().clamp(min=radius))
    with torch.no_grad():
        return float(mean(theta + moved) - mean(theta))
