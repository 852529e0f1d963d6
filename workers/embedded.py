"""Refuses, in words, to go on without the packages that only `orchestre up` needs.

To be imported before whatever needs them.
"""

import sys
from importlib.util import find_spec

PACKAGES = ("aiosmtpd", "psutil")
UNAVAILABLE = 69
"""EX_UNAVAILABLE, from sysexits.h."""

if missing := [name for name in PACKAGES if find_spec(name) is None]:
    sys.stderr.write(
        f"`orchestre up` needs {' and '.join(missing)}. "
        "Install what it needs with: pip install 'orchestre[embedded]'\n"
    )
    sys.exit(UNAVAILABLE)
