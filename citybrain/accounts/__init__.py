"""Who may sign in: roles, accounts with hashed passwords, and the tokens that open walls."""
