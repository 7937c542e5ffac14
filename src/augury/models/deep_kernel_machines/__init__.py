"""Parts of deep kernel machines: their covariance, the choice of the regularisation, the full objective."""
