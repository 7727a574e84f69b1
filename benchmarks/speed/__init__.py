"""Benchmarks of this project itself: how fast it trains, beside what a user would write instead."""
