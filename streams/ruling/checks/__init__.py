"""What no type can say about a rule, found when the files are read."""
