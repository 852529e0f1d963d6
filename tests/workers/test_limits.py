"""A worker keeps many mailboxes open."""

import subprocess
import sys

RAISE = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from workers.limits import raise_file_limit
print(raise_file_limit())
"""


def test_a_process_gets_more_open_files_than_it_began_with() -> None:
    said = subprocess.run([sys.executable, "-c", RAISE], capture_output=True, text=True, check=True)

    assert int(said.stdout) > 256
