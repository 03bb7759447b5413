"""The shared floor: records of the flow, topics, settings, clock, bus, store; knows no stage."""
