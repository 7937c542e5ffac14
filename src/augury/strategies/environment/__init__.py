"""Decisions where parameters are random in use: what to evaluate in which environment, and what to use."""
