"""Every question the program asks: pure reads of one moment of a case."""
