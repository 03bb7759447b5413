"""The same windowed counts in our streams and in four other stream processors for Python.

Each peer is one file that runs in a virtual environment of its own and knows nothing of this
project; `report.py` is their only common ground.
"""
