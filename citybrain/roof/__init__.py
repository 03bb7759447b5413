"""What starts and drives everything: the command line, one machine, replay and drills."""
