"""The owner of all alerts: episodes and commands in, steps, notices and audit entries out."""
