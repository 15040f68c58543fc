"""Values only, standard library only: what every other room may import."""
