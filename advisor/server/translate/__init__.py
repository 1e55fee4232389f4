"""Between the contract's messages and the core's values; each direction has its own modules."""
