"""The ways to offline designs by name; third parties add theirs through `augury.offline_methods`."""

from __future__ import annotations

from augury.registry import Registry

OFFLINE_METHODS = Registry(
    "offline method",
    "augury.offline_methods",
    {
        "bridge": "augury.strategies.offline.translator:BridgeTranslator",
        "gp-ascent": "augury.strategies.offline.ascent:ProcessAscent",
        "network-ascent": "augury.strategies.offline.ascent:NetworkAscent",
        "coms": "augury.strategies.offline.conservative:ConservativeModels",
        "cma-es": "augury.strategies.offline.evolution:EvolutionStrategy",
        "qei": "augury.strategies.offline.expected_improvement:OfflineExpectedImprovement",
    },
)
