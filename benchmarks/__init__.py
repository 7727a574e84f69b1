"""What is run, and how it is written down: suites, recipes, trials, records, and the command `python -m benchmarks.run`."""
