"""Photos and papers of cases: brought, looked at, put to a case."""
