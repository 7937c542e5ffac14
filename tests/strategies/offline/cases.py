"""Small versions of the offline methods, which learn in milliseconds."""

from __future__ import annotations

from augury.strategies.offline.ascent import NetworkAscent, ProcessAscent
from augury.strategies.offline.conservative import ConservativeModels
from augury.strategies.offline.evolution import EvolutionStrategy
from augury.strategies.offline.expected_improvement import OfflineExpectedImprovement
from augury.strategies.offline.network import ScoreNetworks
from augury.strategies.offline.translator import BridgeTranslator

_NETWORKS = ScoreNetworks(hidden=(8,), epochs=3, lr=0.01)

SMALL = {
    "bridge": BridgeTranslator(
        epochs=1, functions_per_epoch=1, ascent_steps=3, hidden=(8,), min_steps=1, n_steps=5, lr=0.01
    ),
    "gp-ascent": ProcessAscent(count=1, steps=5),
    "network-ascent": NetworkAscent(_NETWORKS, steps=5),
    "coms": ConservativeModels(_NETWORKS, steps=2),
    "cma-es": EvolutionStrategy(_NETWORKS, generations=3),
    "qei": OfflineExpectedImprovement(max_rows=20),
}
