"""The contract in Python: generated from `proto/advisor/v1` by `make proto`; not to be edited."""
