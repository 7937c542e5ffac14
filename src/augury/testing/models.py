"""The conformance suite of models: what strategies and BoTorch rely on, as small named checks.

    @pytest.mark.parametrize("check", augury.testing.MODEL_CHECKS, ids=lambda check: check.__name__)
    def test_my_model_conforms(check):
        check(MyModel)

Each check takes a factory (a Model class, or any callable with its arguments `train_X`, `train_Y`,
`train_Yvar`, `categorical_features` that returns a model not yet fit) and raises AssertionError with one
sentence about what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from augury.testing import model_capabilities, model_data, model_predictions
from augury.testing.model_cases import ModelFactory

ModelCheck = Callable[[ModelFactory], None]

MODEL_CHECKS: tuple[ModelCheck, ...] = (
    model_predictions.predicts_with_the_right_shapes,
    model_predictions.predicts_batches_like_single_points,
    model_predictions.learns_a_smooth_function,
    model_predictions.is_less_certain_away_from_data,
    model_predictions.predicts_in_the_units_of_the_outcomes,
    model_predictions.is_differentiable,
    model_predictions.observation_noise_adds_variance,
    model_predictions.serves_some_outcomes_only,
    model_predictions.applies_a_posterior_transform,
    model_predictions.is_deterministic,
    model_predictions.leaves_global_random_state_alone,
    model_predictions.leaves_its_arguments_alone,
    model_predictions.state_restores_predictions,
    model_predictions.saves_and_loads,
    model_capabilities.declares_its_capabilities,
    model_capabilities.gaussian_moments_agree_with_the_posterior,
    model_capabilities.location_and_scale_agree_with_the_posterior,
    model_capabilities.draws_joint_samples,
    model_capabilities.conditions_on_observations,
    model_capabilities.fantasizes,
    model_capabilities.remembers_its_training_inputs,
    model_capabilities.serves_an_acquisition_function_of_botorch,
    model_data.takes_categories,
    model_data.copes_with_one_row,
    model_data.copes_with_duplicates,
    model_data.copes_with_constant_outcomes,
    model_data.copes_with_extreme_outcomes,
    model_data.copes_with_known_noise,
    model_data.copes_with_points_outside_the_cube,
    model_data.converts_to_double_precision,
    model_data.starts_from_earlier_hyperparameters,
    model_data.is_constructed_from_a_dataset,
    model_data.refuses_bad_training_data,
)


def check_model(factory: ModelFactory) -> None:
    """Run every check of `MODEL_CHECKS` over one model.

    Args:
        factory: returns a new model for training data; a Model class will do.

    Raises:
        AssertionError: the model breaks a rule; the message says which.
    """
    for check in MODEL_CHECKS:
        check(factory)
