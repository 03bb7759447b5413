"""Hostile requests on both ports, and good ones beside them."""
