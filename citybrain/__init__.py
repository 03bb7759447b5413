"""The shared floor of the situation center: records, topics, settings, clock, bus and store.

Nothing in here knows the four stages (connectors, streams, sinks, dashboards); only the roof
(`citybrain.roof.cli`, `citybrain.roof.local`) does.
"""

__version__ = "0.1.0"
