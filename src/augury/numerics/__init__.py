"""Dense linear algebra, batched optimisation and special functions, on NumPy and LAPACK."""
