"""Rules over other rules' alerts."""
