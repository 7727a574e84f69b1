"""Benchmarks of this project's own speed, compared with the training loop that a user would write instead."""
