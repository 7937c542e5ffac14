"""The parts of `reproductions.bnn_surrogates`: who runs, on what, how, and what is made of the runs."""
