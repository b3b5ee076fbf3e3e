"""From a film and texts to sound: the settings, the sampling, and the pipeline that joins all networks."""
