"""A real server of our own, for a service given no Redis: found, started, watched, ended."""
