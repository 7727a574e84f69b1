"""The suites, one file each; a file's name is the suite's name on the command line."""
