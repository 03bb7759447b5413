"""What the desks share: who sits at one, what may be sent, how requests are answered."""
