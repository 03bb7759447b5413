"""ONE FILE = ONE KIND OF TILE: what it reads from a view; its script is in `assets/`."""
