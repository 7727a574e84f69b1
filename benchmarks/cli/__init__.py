"""From flags to answers."""
