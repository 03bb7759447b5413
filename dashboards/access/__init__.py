"""Who looks and who acts: sign-in, sessions, walls opened by a token, and the guard before all."""
