"""Real servers on this machine for tests: each a context manager with its own folder, port and log, ended with it."""
