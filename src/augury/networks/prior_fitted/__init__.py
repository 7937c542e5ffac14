"""Prior-fitted networks: transformers that read a data set and predict from it.

- `attention`: queries attend to the context and to themselves.
- `kernel_bank`: Gaussian processes with one lengthscale each, on a grid.
- `hyperparameter_modes`, `sampled_experts`: processes with a lengthscale for each input, sampled from their
  posterior.
- `opinions`: what several processes say of new outcomes.
- `kernel_experts`: all of them together, an input of the network.
- `transformer`: the network.
"""
