"""Results on disk: records, their layout and their strict JSON. Nothing here loads torch."""
