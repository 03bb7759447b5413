"""ONE FILE = ONE TABLE with its DDL and, for a rollup, its view; see `sinks.table`."""
