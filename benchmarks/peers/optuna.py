"""Optuna's samplers with their default options."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from augury.space.space import Space


class OptunaPeer:
    """An Optuna study on the parameters of a Space, by ask and tell: GPSampler, TPESampler or augury's.

    A finite table is served where it is a full factorial: a numeric column by the index of its level, so
    that the order is kept, a text column as a category.

    Args:
        space: the parameters; must be `OptunaPeer.serves(space)`.
        sign: +1 to maximise, -1 to minimise.
        seed: of the sampler.
        n_initial: from how many trials on the GP decides.
        noisy: whether the function is noisy (Optuna's `deterministic_objective=False`).
        sampler: "gp", "tpe" or "augury".
    """

    def __init__(
        self,
        space: Space,
        sign: float,
        seed: int,
        *,
        n_initial: int,
        noisy: bool = False,
        sampler: str = "gp",
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        chosen: optuna.samplers.BaseSampler
        if sampler == "tpe":
            chosen = optuna.samplers.TPESampler(seed=seed, n_startup_trials=n_initial)
        elif sampler == "augury":
            from augury.integrations.optuna import AugurySampler

            chosen = AugurySampler(seed=seed)
        else:
            chosen = optuna.samplers.GPSampler(
                seed=seed, n_startup_trials=n_initial, deterministic_objective=not noisy
            )
        self.study = optuna.create_study(direction="maximize" if sign > 0 else "minimize", sampler=chosen)
        self.codecs = _codecs(space)
        self._trial: Any = None

    @staticmethod
    def serves(space: Space) -> bool:
        """Whether Optuna can be given this space: no constraints, and a table only when full factorial."""
        if space.candidates is None:
            return space.linear_inequalities is None
        levels = [len(np.unique(column)) for column in space.candidates.T]
        return int(np.prod(levels)) == len(space.candidates)

    def add(self, params: Mapping[str, Any], value: float) -> None:
        """Record an evaluation made elsewhere."""
        import optuna

        self.study.add_trial(
            optuna.trial.create_trial(
                params={name: codec.encode(params[name]) for name, codec in self.codecs.items()},
                distributions={name: codec.distribution for name, codec in self.codecs.items()},
                value=value,
            )
        )

    def ask(self) -> dict[str, Any]:
        """The next parameters."""
        self._trial = self.study.ask({name: codec.distribution for name, codec in self.codecs.items()})
        return {name: codec.decode(self._trial.params[name]) for name, codec in self.codecs.items()}

    def tell(self, value: float) -> None:
        """The value at the parameters last asked for."""
        self.study.tell(self._trial, value)


class _Codec:
    """One parameter in Optuna's terms."""

    def __init__(
        self,
        distribution: Any,
        encode: Callable[[Any], Any] = lambda v: v,
        decode: Callable[[Any], Any] = lambda v: v,
    ) -> None:
        self.distribution = distribution
        self.encode = encode
        self.decode = decode


def _codecs(space: Space) -> dict[str, _Codec]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    from augury.space.parameters import Categorical, Float, Int

    if space.candidates is not None:
        rows = space.decode(space.candidates)
        return {name: _level_codec([row[name] for row in rows]) for name in space.names}
    codecs: dict[str, _Codec] = {}
    for name, parameter in space.parameters.items():
        if isinstance(parameter, Float):
            codecs[name] = _Codec(
                FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
            )
        elif isinstance(parameter, Int):
            codecs[name] = _Codec(
                IntDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
            )
        elif isinstance(parameter, Categorical):
            codecs[name] = _Codec(CategoricalDistribution(list(parameter.values)))
    return codecs


def _level_codec(column: list[Any]) -> _Codec:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    levels = list(dict.fromkeys(column))
    if any(isinstance(level, str) for level in levels):
        return _Codec(CategoricalDistribution(levels))
    levels = sorted(levels)
    return _Codec(IntDistribution(0, len(levels) - 1), levels.index, levels.__getitem__)
