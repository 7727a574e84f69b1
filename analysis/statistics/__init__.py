"""Arithmetic of intervals, tests, corrections and power. The unit is the seed; distributions are SciPy's."""
