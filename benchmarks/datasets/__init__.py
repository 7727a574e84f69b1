"""The data sets, one file each; a file's name is the data set's name on the command line."""
