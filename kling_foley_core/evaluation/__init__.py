"""How well a model does: measures, the networks they need, runners that measure a whole model, reports."""
