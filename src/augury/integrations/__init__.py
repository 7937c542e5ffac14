"""Faces in other tools: scikit-learn, Optuna, Ax. Each is imported by name, for each needs its tool."""
