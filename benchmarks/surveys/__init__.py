"""The surveys, one file each; a file's name is the survey's name on the command line."""
