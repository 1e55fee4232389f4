"""Checks of a whole, compiled pack: what its rules could do that they must not."""
