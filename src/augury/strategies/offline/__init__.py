"""Offline optimisation: the best designs from a fixed table, without a single new evaluation.

- `strategy`: `OfflineOptimization`, the strategy, with one of the methods
- `registry`: the methods by name
- `coordinates`: designs as real vectors (letters as logits); `table`: the table in them
- `posterior_means`: many Gaussian-process means side by side; `ascent`: gradient ascent on them
- `network`: a network that predicts the score; `network_ascent`, `conservative`, `evolution`: searches of it
- `expected_improvement`: Bayesian optimisation's batch
- `pairs`, `bridge`, `translator`: the probabilistic bridge from poor designs to good ones
- `judge`: the surrogate that predicts the designs
- `distinct`: a batch of designs that differ from each other and from those known
"""
