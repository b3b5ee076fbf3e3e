"""What measures a whole model: on held-out clips of Foley World, and a codec on held-out recordings."""
