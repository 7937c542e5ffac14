"""What the kernels of infinitely wide networks share, for GPyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from gpytorch.constraints import Interval, Positive
from gpytorch.kernels import Kernel
from gpytorch.priors import Prior
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.activation import Activation
from augury.kernels.dual import ScaledDual
from augury.kernels.duals import dual_of
from augury.kernels.fully_connected import fully_connected, scales
from augury.kernels.program import (
    ActivationStep,
    KernelState,
    Program,
    Step,
    Variances,
    WeightStep,
)

ActivationLike = str | Callable[[Tensor], Tensor] | Activation


def fully_connected_program(depth: int, activation: ActivationLike) -> Program:
    """The recursion of a network of `depth` hidden layers.

    Raises:
        InvalidInputError: `depth` is not a positive integer.
    """
    if not isinstance(depth, int) or depth < 1:
        raise InvalidInputError(f"depth must be the number of hidden layers, 1 or more; given {depth!r}")
    dual = dual_of(activation)
    steps: list[Step] = [WeightStep(0)]
    for layer in range(1, depth + 1):
        steps += [ActivationStep(dual), WeightStep(layer)]
    return Program(tuple(steps))


class InfiniteWidthKernel(Kernel):
    """What the NNGP kernel and the neural tangent kernel share; take one of the two.

    Args:
        depth: number of hidden layers, that is of nonlinearities.
        weight_var: variance of the weights times their fan-in; a number for all layers or one for each.
        bias_var: variance of the biases, the same way; 0 for none, where it is not learnt.
        activation: a name, a callable, or an `Activation`.
        learn: whether the variances are parameters to be learnt, or fixed.
        program: the recursion of another architecture, instead of `depth` and `activation`; see
            `augury.networks.Sequential`, which makes it.
        weight_var_prior: of `weight_var`.
        bias_var_prior: of `bias_var`.
        weight_var_constraint: positive unless given.
        bias_var_constraint: positive unless given.
        **kwargs: `batch_shape`, `active_dims` of `gpytorch.kernels.Kernel`.

    Raises:
        InvalidInputError: a depth below 1, variances out of range or as many as no layers have.
    """

    has_lengthscale = False
    _tangents = False

    def __init__(
        self,
        depth: int = 3,
        weight_var: float | Sequence[float] | Tensor = 10.0,
        bias_var: float | Sequence[float] | Tensor = 1.6,
        activation: ActivationLike = "relu",
        *,
        learn: bool = False,
        program: Program | None = None,
        weight_var_prior: Prior | None = None,
        bias_var_prior: Prior | None = None,
        weight_var_constraint: Interval | None = None,
        bias_var_constraint: Interval | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.program = fully_connected_program(depth, activation) if program is None else program
        self._layers = self.program.layers
        self.learn = learn
        given = {"weight_var": weight_var, "bias_var": bias_var}
        priors = {"weight_var": weight_var_prior, "bias_var": bias_var_prior}
        constraints = {"weight_var": weight_var_constraint, "bias_var": bias_var_constraint}
        for name, value in given.items():
            values = self._checked(name, value)
            if not learn:
                self.register_buffer(f"_{name}", values.expand(*self.batch_shape, values.shape[-1]).clone())
                continue
            self.register_parameter(
                f"raw_{name}", torch.nn.Parameter(torch.zeros(*self.batch_shape, values.shape[-1]).double())
            )
            self.register_constraint(f"raw_{name}", constraints[name] or Positive())
            self._set(name, values)
            prior = priors[name]
            if prior is not None:
                self.set_prior(name, prior)

    def set_prior(self, name: str, prior: Prior) -> None:
        """Give "weight_var" or "bias_var", which must be learnt, a prior."""
        self.register_prior(
            f"{name}_prior", prior, lambda m: m._get(name), lambda m, value: m._set(name, value)
        )

    def _checked(self, name: str, value: float | Sequence[float] | Tensor) -> Tensor:
        values = torch.atleast_1d(torch.as_tensor(value, dtype=torch.float64)).detach()
        lowest = "positive" if name == "weight_var" or self.learn else "0 or more"
        sound = torch.isfinite(values) & ((values > 0) if lowest == "positive" else (values >= 0))
        if not bool(sound.all()):
            raise InvalidInputError(f"{name} must be {lowest} and finite; given {value!r}")
        if values.shape[-1] not in (1, self._layers):
            raise InvalidInputError(
                f"{name} must be one number or one for each of the {self._layers} layers with weights; "
                f"given {values.shape[-1]}"
            )
        return values

    def _get(self, name: str) -> Tensor:
        if not self.learn:
            return getattr(self, f"_{name}")
        constraint = getattr(self, f"raw_{name}_constraint")
        return constraint.transform(getattr(self, f"raw_{name}"))

    def _set(self, name: str, value: float | Sequence[float] | Tensor) -> None:
        values = self._checked(name, value)
        if not self.learn:
            getattr(self, f"_{name}").copy_(values)
            return
        constraint = getattr(self, f"raw_{name}_constraint")
        raw = getattr(self, f"raw_{name}")
        self.initialize(**{f"raw_{name}": constraint.inverse_transform(values).expand_as(raw)})

    @property
    def weight_var(self) -> Tensor:
        """`batch_shape x 1`, or `batch_shape x layers`."""
        return self._get("weight_var")

    @weight_var.setter
    def weight_var(self, value: float | Sequence[float] | Tensor) -> None:
        self._set("weight_var", value)

    @property
    def bias_var(self) -> Tensor:
        """`batch_shape x 1`, or `batch_shape x layers`."""
        return self._get("bias_var")

    @bias_var.setter
    def bias_var(self, value: float | Sequence[float] | Tensor) -> None:
        self._set("bias_var", value)

    def layer_variances(self) -> Variances:
        """The variances of each layer with weights, `batch_shape x layers`."""
        shape = (*self.batch_shape, self._layers)
        return Variances(self.weight_var.expand(shape), self.bias_var.expand(shape))

    def scaled_duals(self) -> list[ScaledDual] | None:
        """The duals of the activations when the network is a plain chain of layers whose kernel the tiled
        recursion computes, else None."""
        duals: list[ScaledDual] = []
        for index, step in enumerate(self.program.steps):
            if index % 2 == 0 and isinstance(step, WeightStep) and step.layer == index // 2:
                continue
            if index % 2 and isinstance(step, ActivationStep) and isinstance(step.dual, ScaledDual):
                duals.append(step.dual)
                continue
            return None
        return duals if len(self.program.steps) % 2 and duals else None

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n x m` covariance of `x1` (`... x n x d`) and `x2` (`... x m x d`), or `... x n` of pairs.

        Raises:
            InvalidInputError: a variance overflows (the exponential does so in few layers).
        """
        if params.get("last_dim_is_batch"):
            raise InvalidInputError("infinitely wide networks have no kernel of a single input dimension")
        x1, x2 = x1.double(), (x1 if x2 is x1 else x2).double()
        if x2.data_ptr() == x1.data_ptr() and x2.shape == x1.shape and x2.requires_grad == x1.requires_grad:
            x2 = x1
        same = x2 is x1 or _equal_without_gradient(x1, x2)
        if diag:
            return self._diagonal(x1, x1 if same else x2, self.layer_variances())
        duals = self.scaled_duals()
        if duals is not None and x1.dim() == x2.dim() == 2 and not self.batch_shape:
            value = self._fused(duals, x1, None if same else x2)
        else:
            value = self.dense(x1, x1 if same else x2)
        return value

    def _diagonal(self, x1: Tensor, x2: Tensor, variances: Variances) -> Tensor:
        return self._value(self.program.pairs(x1, x2, variances, tangents=self._tangents))

    def _value(self, state: KernelState) -> Tensor:
        _check_finite(state.left, state.right)
        if not self._tangents:
            return state.K
        assert state.T is not None
        return state.T

    def _fused(self, duals: list[ScaledDual], x1: Tensor, x2: Tensor | None) -> Tensor:
        variances = self.layer_variances()
        left = scales(x1, duals, variances.weight, variances.bias)
        right = None if x2 is None else scales(x2, duals, variances.weight, variances.bias)
        _check_finite(left.variance, left.variance if right is None else right.variance)
        K, T = fully_connected(duals, left, right, tangents=self._tangents)
        return K if T is None else T

    def dense(self, x1: Tensor, x2: Tensor, variances: Variances | None = None) -> Tensor:
        """The covariance `... x n x m` by tensors, without the checks of a call.

        Args:
            x1: `... x n x d`.
            x2: `... x m x d`; of `x1` itself, the diagonal comes from the recursion of variances.
            variances: those of the layers; the kernel's own when None.
        """
        variances = self.layer_variances() if variances is None else variances
        value = self._value(self.program.matrix(x1, x2, variances, tangents=self._tangents))
        if x2 is x1:
            diagonal = self._diagonal(x1, x1, variances).expand(value.shape[:-1])
            value = value.diagonal_scatter(diagonal, dim1=-2, dim2=-1)
        return value


def _check_finite(*variances: Tensor) -> None:
    """A covariance is no larger than the variances, so that these tell whether all is finite.

    Raises:
        InvalidInputError: it is not.
    """
    if not all(bool(torch.isfinite(values.detach()).all()) for values in variances):
        raise InvalidInputError(
            "the kernel of this network is not finite for these inputs; scale the inputs to the unit "
            "cube, or take smaller variances, fewer layers or a bounded activation"
        )


def _equal_without_gradient(x1: Tensor, x2: Tensor) -> bool:
    if x1.requires_grad or x2.requires_grad:
        return False
    return x1.shape == x2.shape and bool(torch.equal(x1, x2))
