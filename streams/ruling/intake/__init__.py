"""What comes in: excerpts of envelopes as columns, chosen and keyed for each rule."""
