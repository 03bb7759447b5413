"""What other systems read: CAP messages and their feed, under /open/."""
