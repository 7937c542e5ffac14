"""scikit-learn: surrogates as regressors, and hyperparameter search with augury's decisions."""

from __future__ import annotations

from augury.integrations.sklearn.regressor import SurrogateRegressor as SurrogateRegressor
from augury.integrations.sklearn.search import AugurySearchCV as AugurySearchCV

__all__ = ["AugurySearchCV", "SurrogateRegressor"]
