"""The command line: the top of the house, one module a noun."""
