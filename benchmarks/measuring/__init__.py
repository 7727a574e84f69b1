"""Measure what a network costs: counts, times, memory, peaks. Loads torch."""
