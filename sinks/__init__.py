"""Write topics into ClickHouse, each record with exactly-once effect."""
