"""Simulated suites whose true effects are known, to measure how often verdicts are wrong."""
