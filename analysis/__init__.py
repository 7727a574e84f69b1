"""What the records mean: frames, estimates, verdicts, figures, report. Never loads torch."""
