"""The probes, one file each: what is asked of a trained network. The file's name is the probe's."""
