"""The command line. It does everything that the window does to a case, in English, without Qt."""
