"""Run one trial, or one probe, in one process. Loads torch."""
