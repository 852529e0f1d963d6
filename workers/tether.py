"""Becomes another program, which the kernel ends when the process that started it dies.

`python tether.py PARENT PROGRAM ARGUMENT …`: PARENT is the starter's process id. Where the kernel
has no such service, the program just runs; whoever starts next finds it by its process file.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From sys/prctl.h."""


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Had it died before the line above, nobody would tell us.
    if os.getppid() != parent:
        sys.exit("Whoever started this has died.")
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main()
