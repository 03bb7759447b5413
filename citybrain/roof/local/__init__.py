"""One machine, nothing installed but Python: a real Kafka, ClickHouse's engine and a supervisor."""
