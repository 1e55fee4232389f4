"""The gRPC services and what surrounds them: limits, errors, health, metrics, start and drain.

A method translates, calls one function of the core, stores and replies.
"""
