"""What the models of several levels of fidelity share.

- `levels`: the column of levels: which it is, and the checks of its entries.
- `level_data`: the rows of one level.
- `level_covariances`, `level_kernel`: the covariance of one level, unless a user gives another.
- `trend_likelihood`: the marginal likelihood of a process about multiples of other functions.
- `linear_chain`: the levels of one outcome, each a multiple of the ones below plus a process of its own.
- `hierarchical_chain`: the same, the predictor of the levels below taken as known.
- `nonlinear_chain`: the levels of one outcome, each a process of the inputs and of the level below.
- `sample_paths`: functions drawn from a posterior, as functions.
- `levelwise`: the BoTorch model of outcomes that are learnt level by level.
"""
