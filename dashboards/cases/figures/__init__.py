"""Statistics of cases: what is counted, over which time, and the cases that make each number."""
