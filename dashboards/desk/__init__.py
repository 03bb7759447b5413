"""The duty desk at /desk: every open alert live, and what a person does about it."""
