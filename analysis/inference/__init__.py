"""Rows to effects, and effects to verdicts."""
