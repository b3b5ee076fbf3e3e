"""Training of every part: recipes, the one loop, data, and a module per part."""
