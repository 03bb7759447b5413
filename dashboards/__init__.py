"""The wall: five live screens in a browser, drawn from the store's tables and nothing else."""
