"""Checks of what only a real account can tell: `orchestre doctor --live`. They prove, or refute,
what the simulators can only assume."""
