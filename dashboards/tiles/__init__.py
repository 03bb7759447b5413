"""ONE FILE = ONE KIND OF TILE: what it reads; its drawing is `assets/wall/tiles/<kind>.js`."""
