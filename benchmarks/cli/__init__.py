"""The command line: flags, plans, execution, and what is printed."""
