"""What the machine lets a process have."""

import resource
from contextlib import suppress

MOST_FILES = 65_536


def raise_file_limit() -> int:
    """As many open files as we may have without asking; how many those are.

    Each mailbox that is kept open is one, and the usual 1,024 are soon used up.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
