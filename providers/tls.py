"""Whom this process trusts over TLS. Loading the authorities takes longer than a hundred polls, so
that is done once for each file that names them."""

import ssl
import threading

_MADE: dict[str, ssl.SSLContext] = {}
_MAKING = threading.Lock()


def trusting(authorities: str = "") -> ssl.SSLContext:
    """The context that believes the certificate authorities in a PEM file; empty for those of
    this machine. `OSError` when the file cannot be read. Callers share it, and change nothing."""
    # Threads that start together would each load the same.
    with _MAKING:
        if authorities not in _MADE:
            _MADE[authorities] = ssl.create_default_context(cafile=authorities or None)
        return _MADE[authorities]
