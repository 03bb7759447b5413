"""Fetching connectors: the contract of a kind of source, and what runs the feeds of one."""
