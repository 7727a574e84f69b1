"""Where trials and probes run: processes of this machine, or a Ray cluster."""
