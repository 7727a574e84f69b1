"""Verdicts to pages and to the terminal."""
