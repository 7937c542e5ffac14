"""Ax: augury's surrogates in its modular BoTorch generator (extra `augury[ax]`).

Importing this module tells Ax how to fit them: by their own `fit`. Then any Model class of augury serves as
`ModelConfig(botorch_model_class=...)`, and `generation_strategy` makes of a name what a `Client` takes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ax.adapter.registry import Generators
from ax.generation_strategy.generation_node import GenerationNode
from ax.generation_strategy.generation_strategy import GenerationStrategy
from ax.generation_strategy.generator_spec import GeneratorSpec
from ax.generation_strategy.transition_criterion import MinTrials
from ax.generators.torch.botorch_modular.surrogate import ModelConfig, SurrogateSpec
from ax.generators.torch.botorch_modular.utils import fit_botorch_model
from botorch.models.model import Model

from augury.errors import InvalidInputError
from augury.models.build import fit_model
from augury.models.registry import MODELS
from augury.models.surrogate import Surrogate
from augury.signature import accepts, signature_of
from augury.study.execution.limits import check_count

__all__ = ["generation_strategy", "model_config"]


@fit_botorch_model.register(Surrogate)
def _fit_surrogate(model: Surrogate, mll_class: Any = None, mll_options: Any = None) -> None:
    """The one rule for all of them; it leaves what Ax knows of marginal likelihoods alone."""
    fit_model(model)


def model_config(model: Any = "gp", **options: Any) -> ModelConfig:
    """What Ax's `SurrogateSpec` takes to learn by one of augury's surrogates.

    Args:
        model: a name in `augury.models.registry.MODELS`, a Model class, or `functools.partial` of one.
        options: further arguments of its constructor (`depth=5`).

    Raises:
        InvalidInputError: an unknown name, no Model class, or options that it does not take.
    """
    given = MODELS.load(model) if isinstance(model, str) else model
    kind, known = (given.func, given.keywords) if isinstance(given, partial) else (given, {})
    if not (isinstance(kind, type) and issubclass(kind, Model)):
        raise InvalidInputError(
            f"Ax constructs models itself: give a Model class, a partial of one or its name, not {model!r}"
        )
    name = model if isinstance(model, str) else kind.__name__
    signature = signature_of(kind)
    if options and signature is not None and not accepts(signature, 2, {**known, **options}):
        taken = list(signature.parameters)[2:]
        raise InvalidInputError(
            f"{name} cannot be given {', '.join(options)}; beside the data it takes {', '.join(taken)}"
        )
    return ModelConfig(botorch_model_class=kind, model_options={**known, **options}, name=name)


def generation_strategy(
    model: Any = "gp", *, num_initial: int = 5, acquisition_class: Any = None, **options: Any
) -> GenerationStrategy:
    """Sobol points, then Bayesian optimisation with one of augury's surrogates, for `Client`.

        client.set_generation_strategy(generation_strategy("infinite-width"))

    Args:
        model: as for `model_config`.
        num_initial: trials of the Sobol start.
        acquisition_class: a BoTorch acquisition function; Ax's choice when None. It must be one that serves
            the surrogate: a Monte Carlo one where its posterior is not Gaussian.
        options: as for `model_config`.

    Raises:
        InvalidInputError: as `model_config`; a start of no trials.
    """
    check_count("num_initial", num_initial)
    arguments: dict[str, Any] = {
        "surrogate_spec": SurrogateSpec(model_configs=[model_config(model, **options)])
    }
    if acquisition_class is not None:
        arguments["botorch_acqf_class"] = acquisition_class
    decide = GenerationNode(
        name="augury", generator_specs=[GeneratorSpec(Generators.BOTORCH_MODULAR, generator_kwargs=arguments)]
    )
    start = GenerationNode(
        name="Sobol",
        generator_specs=[GeneratorSpec(Generators.SOBOL)],
        transition_criteria=[MinTrials(threshold=num_initial, transition_to="augury")],
    )
    return GenerationStrategy(name="Sobol+augury", nodes=[start, decide])
