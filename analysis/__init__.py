"""Analysis of the records: frames, estimates, verdicts, figures and reports. It never loads torch."""
