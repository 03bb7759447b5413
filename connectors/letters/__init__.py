"""Dead letters: what they are about, and what is made of them."""
