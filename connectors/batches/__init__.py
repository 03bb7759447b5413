"""Published batches: which there are, and taking one back."""
