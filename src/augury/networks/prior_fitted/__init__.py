"""Prior-fitted networks: transformers that read a data set and predict from it.

- `attention`: queries attend to the context and to themselves.
- `kernel_experts`: what a bank of simple Gaussian processes says, an input of the network.
- `transformer`: the network.
"""
