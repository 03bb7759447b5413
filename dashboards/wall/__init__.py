"""The five walls: read the store, publish a snapshot a second, draw in the browser."""
