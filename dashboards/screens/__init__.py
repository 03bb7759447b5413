"""ONE FILE = ONE SCREEN: a module here that defines `SCREEN` is on the wall."""
