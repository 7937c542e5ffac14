"""Learning the weights of many fixed kernels, alone or among agents that share no data."""
