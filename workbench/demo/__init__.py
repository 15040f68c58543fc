"""The invented demonstration case: its inputs are drawn in code, and their truth is known."""
