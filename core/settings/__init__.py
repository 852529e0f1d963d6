"""What can be set, by what it is about. `core.config` reads it."""
