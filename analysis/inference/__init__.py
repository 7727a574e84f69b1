"""Effects computed from table rows, and verdicts computed from effects."""
