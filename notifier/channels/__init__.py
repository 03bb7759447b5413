"""ONE FILE = ONE CHANNEL: a module here that defines `CHANNEL` is a kind of receiver."""
