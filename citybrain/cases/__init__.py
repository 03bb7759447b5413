"""Matters that are owned until they are closed and checked; pure."""
