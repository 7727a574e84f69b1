"""Tables and data frames made from records."""
