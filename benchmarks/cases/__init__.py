"""How many commands on cases are carried out in a second, and what open cases cost."""
