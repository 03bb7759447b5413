"""The case desk: the open cases of a person's units, live, and what can be done with each."""
