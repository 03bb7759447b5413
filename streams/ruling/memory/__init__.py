"""What conditions keep of the past: cells, items, windows, signs of life, groups of places."""
