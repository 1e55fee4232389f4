"""The command line: serving, advising once, and working on a pack.

Exit codes: 0 fine, 1 the thing checked is wrong, 2 used wrongly, 3 the service is out of reach.
"""
