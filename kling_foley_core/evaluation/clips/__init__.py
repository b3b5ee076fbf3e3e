"""`evaluate clips`: sounds of any system judged on films, one clip at a time and all of them together."""
