"""Views of the workspace. Panes show queries and never know one another."""
