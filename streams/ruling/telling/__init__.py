"""How a found spell becomes an episode, and how a failed rule is told."""
