"""Evaluating trials: in this process, in worker processes, or by any executor."""
