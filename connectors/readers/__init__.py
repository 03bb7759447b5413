"""Readers of dropped files: one format a module, all in constant memory."""
