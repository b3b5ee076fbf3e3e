"""Files written whole or not at all; caches that can be made again."""
