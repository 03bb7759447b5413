"""Thin shells around the pure parts: take records, call logic, send what it says, acknowledge."""
