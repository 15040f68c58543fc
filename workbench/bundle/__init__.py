"""What is handed over: written in one pass, verified before it is called done, checkable without this program."""
