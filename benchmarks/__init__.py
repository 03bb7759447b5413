"""How fast, how big: each module is a command that prints one table and writes one JSON file."""
