"""Access logs: one file per format, and what they share. Runs inside a worker process: no database, no window."""
