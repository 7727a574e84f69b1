"""The probes: measurements of a trained network, one file each. The file's name is the probe's name."""
