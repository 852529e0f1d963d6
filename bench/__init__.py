"""One file for each figure that is promised: a ratio against a peer or a limit, in one run."""
