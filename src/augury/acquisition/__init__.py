"""Acquisition: what one more evaluation is worth, and the search for the point where it is worth most.

- `base`: the `Acquisition` protocol.
- `analytic`, `noisy`, `constrained`: closed forms for Gaussian, Student-t and mixture posteriors; `autograd`:
  everything else.
- `moments`, `fantasies`: the door to the surrogate's posterior.
- `search`: `maximize` over any Space; `batch`: several points at once.
- `registry`: the acquisition functions by name.
"""
