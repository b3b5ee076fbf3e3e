"""What is shown of a sound beside its film: movement, one picture, the data of a player."""
