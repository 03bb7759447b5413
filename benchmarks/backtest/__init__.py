"""How fast rules are judged over what lies in the store."""
