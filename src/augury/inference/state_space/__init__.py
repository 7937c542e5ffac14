"""Gaussian processes of one input as linear state-space models: everything in time linear in the points."""
