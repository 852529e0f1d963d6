"""Real servers that tests start on this machine, on free loopback ports, and stop again."""
