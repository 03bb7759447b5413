"""The anomaly detector on the Numenta Anomaly Benchmark, scored to that benchmark's definition."""
