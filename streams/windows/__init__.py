"""Tumbling windows and feed health: envelopes are reduced, owners merge and tell."""
