"""The facts that every pack may speak of, one module a family."""
