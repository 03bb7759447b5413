"""Drills: a made-up situation through the real path, marked as an exercise everywhere."""
