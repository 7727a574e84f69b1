"""Pages and terminal output made from verdicts."""
