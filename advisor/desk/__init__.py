"""The agent's page: a client of the service like any other."""
