"""Feed the city with recorded data and a seeded simulator, through the doors of departments."""

from citybrain.roof.replay.commands import replay, run

__all__ = ["replay", "run"]
