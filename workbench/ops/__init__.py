"""Every change of the program, one function a verb."""
