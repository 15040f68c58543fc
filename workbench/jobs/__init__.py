"""Long work: the runner, the pool of worker processes, and the jobs themselves. Import the modules you need."""
