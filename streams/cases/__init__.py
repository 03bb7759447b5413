"""The owner of all cases: commands in, steps and audit entries out.

`case_owner.py` decides, by the engine of `citybrain.cases`; the rest is its shell.
"""
