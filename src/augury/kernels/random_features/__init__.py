"""Random features: an activation of a weighted sum as a product of features of input and weights."""
