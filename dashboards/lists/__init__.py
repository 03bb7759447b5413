"""Live lists: what is open now, fed by the log, so that a slow store delays nobody.

A list begins with the owner's newest snapshot and follows its topic's tail; viewers of one scope
share a channel. Desk and walls look at the same list; the store answers history only.
"""
