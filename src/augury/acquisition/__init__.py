"""Acquisition: what one more evaluation is worth, and the search for the point where it is worth most.

- `base`: the `Acquisition` protocol.
- `analytic`, `noisy`, `constrained`: closed forms for Gaussian, Student-t and mixture posteriors; `autograd`:
  everything else.
- `expected_max_of_lines`, `knowledge_gradient`: what one more evaluation adds to the best posterior mean;
  `max_value_entropy`, `thompson`: the textbook's others, built by name in `textbook`.
- `moments`, `fantasies`: the door to the surrogate's posterior.
- `search`: `maximize` over any Space; `batch`: several points at once.
- `registry`: the acquisition functions by name.
"""
