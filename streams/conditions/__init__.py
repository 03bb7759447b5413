"""The kinds of conditions that a rule can have; one file is one kind."""
