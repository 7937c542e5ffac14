"""Müller, Hollmann, Pineda Arango, Grabocka, Hutter (2022), Transformers Can Do Bayesian Inference."""
