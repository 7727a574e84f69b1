"""The groups of --help, in their order: each flag of a run, by the name of its field, is in one of them."""

PANELS: dict[str, tuple[str, ...]] = {
    "What to test": (
        "suite",
        "compare",
        "on",
        "margin",
        "matched",
        "name",
        "arms",
        "dataset",
        "data",
        "download",
        "holdout",
        "image_size",
    ),
    "How to train": ("recipe", "settings", "rates", "is_tuned", "is_compiled"),
    "How much, and where": (
        "seeds",
        "until",
        "hours",
        "measure",
        "device",
        "jobs",
        "executor",
        "ray_address",
        "cpus_per_trial",
        "gpus_per_trial",
        "shard",
        "trial_timeout",
        "retries",
        "retry_failed",
        "checkpoint_every",
    ),
    "What to report": ("out", "predict", "is_verbose", "require", "as_json", "is_dry_run", "is_list", "trial"),
}


def panel_of(name: str) -> str:
    """Return the group of a flag, which is given by the name of its field."""
    return next(panel for panel, names in PANELS.items() if name in names)


def place_of(name: str) -> int:
    """Return the place of a flag in --help."""
    return [flag for names in PANELS.values() for flag in names].index(name)
