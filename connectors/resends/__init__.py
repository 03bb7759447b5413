"""Which records were delivered before: an exact resend changes nothing."""
