"""Of records that change: which version of each was told last, and what a new one takes back."""
