"""Owners of partitions: state that is a function of a log, snapshotted, restored, handed over.

`owned.py` is the shell that windows, rule shards and the alerts share; `records_owner.py` is what
every owner of records with a life of their own shares (alerts, and whatever follows).
"""
