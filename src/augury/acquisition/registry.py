"""The acquisition functions by name, and what each is built from.

A registered part is a callable `(situation) -> Acquisition`, of a `Situation` (one objective), of a
`MultiObjectiveSituation` or of an `EnvironmentSituation`; other packages register theirs in the entry-point
groups `augury.acquisitions`, `augury.multi_objective_acquisitions` and `augury.environment_acquisitions`.
Where a function has several versions, parts are callables of a `VersionSituation` that give a `Jointly` or a
`PointFirst` (groups `augury.fidelity_acquisitions` and `augury.multi_objective_fidelity_acquisitions`).
"""

from __future__ import annotations

from augury.registry import Registry

ACQUISITIONS = Registry(
    "acquisition for one objective",
    "augury.acquisitions",
    {
        "log-ei": "augury.acquisition.situation:log_ei",
        "log-nei": "augury.acquisition.situation:log_nei",
        "ucb": "augury.acquisition.situation:ucb",
        "log-pi": "augury.acquisition.textbook:log_pi",
        "risk-neutral-nei": "augury.acquisition.textbook:risk_neutral_nei",
        "knowledge-gradient": "augury.acquisition.textbook:knowledge_gradient",
        "max-value-entropy": "augury.acquisition.textbook:max_value_entropy",
        "thompson": "augury.acquisition.textbook:thompson",
        "predictive-entropy": "augury.acquisition.entropy_search:predictive_entropy_search",
        "joint-entropy": "augury.acquisition.entropy_search:joint_entropy_search",
        "one-shot-kg": "augury.acquisition.one_shot:one_shot_knowledge_gradient",
        "multi-step": "augury.acquisition.one_shot:multi_step_lookahead",
        "probability-of-feasibility": "augury.acquisition.textbook:probability_of_feasibility",
        "log-ei-per-cost": "augury.acquisition.cost:log_ei_per_cost",
        "log-nei-per-cost": "augury.acquisition.cost:log_nei_per_cost",
        "risk-neutral-nei-per-cost": "augury.acquisition.cost:risk_neutral_nei_per_cost",
        "knowledge-gradient-per-cost": "augury.acquisition.cost:knowledge_gradient_per_cost",
        "max-value-entropy-per-cost": "augury.acquisition.cost:max_value_entropy_per_cost",
    },
)

ENVIRONMENT_ACQUISITIONS = Registry(
    "acquisition for a random environment",
    "augury.environment_acquisitions",
    {
        "environmental-kg": "augury.acquisition.environment_situation:environmental_knowledge_gradient",
        "integrated-ei": "augury.acquisition.environment_situation:integrated_expected_improvement",
        "risk-ei": "augury.acquisition.environment_situation:risk_expected_improvement",
    },
)

_BOUNDS = "augury.acquisition.version_bounds"
_PARTS = "augury.acquisition.version_parts"

FIDELITY_ACQUISITIONS = Registry(
    "acquisition of points and versions for one objective",
    "augury.fidelity_acquisitions",
    {
        "augmented-ei": f"{_PARTS}:augmented_expected_improvement",
        "variable-fidelity-ei": f"{_PARTS}:variable_fidelity_expected_improvement",
        "mf-mes": f"{_PARTS}:max_value_entropy_per_cost",
        "mf-kg": "augury.acquisition.version_knowledge_gradient:MultiFidelityKnowledgeGradient",
        "one-shot-mf-kg": "augury.acquisition.one_shot_versions:OneShotMultiFidelityKG",
        "mf-ucb": f"{_BOUNDS}:MultiFidelityUCB",
        "boca": f"{_BOUNDS}:BOCA",
        "two-step-threshold": f"{_BOUNDS}:Threshold",
        "two-step-variance": f"{_BOUNDS}:VarianceReduction",
    },
)

MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS = Registry(
    "acquisition of points and versions for several objectives",
    "augury.multi_objective_fidelity_acquisitions",
    {
        "momf": "augury.acquisition.version_hypervolume:MOMF",
        "mf-hvkg": "augury.acquisition.one_shot_versions:MultiFidelityHypervolumeKG",
    },
)

MULTI_OBJECTIVE_ACQUISITIONS = Registry(
    "acquisition for several objectives",
    "augury.multi_objective_acquisitions",
    {
        "log-ehvi": "augury.acquisition.multi_objective:log_ehvi",
        "log-nehvi": "augury.acquisition.multi_objective:log_nehvi",
        "parego": "augury.acquisition.multi_objective:parego",
    },
)
