"""Run trials and probes: in processes of this machine, or on a Ray cluster."""
