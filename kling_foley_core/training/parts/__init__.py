"""One module for each part that can be trained, and what only that part needs."""
