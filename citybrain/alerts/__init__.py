"""Alerts: their records, levels and state machine; pure, time is an argument."""
