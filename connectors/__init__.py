"""Bring departments' events in: the push door, watched folders, Kafka topics."""
