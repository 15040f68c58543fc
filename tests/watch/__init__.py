"""`workbench watch` from end to end: the command line in a process of its own, against real and hostile servers."""
