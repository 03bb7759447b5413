"""`citybrain rules …`: tests beside rules, backtest, explain, and tables for people."""
