"""Services as others have emulated them, in one Node process that starts as many as are asked for.

None of us wrote them, and so they do not share our misunderstandings. They speak plain HTTP, and
listen on loopback only.
"""

import json
import subprocess
from typing import Any

from .install import NPM_LINE, free_port, require, require_emulators


class Emulators:
    def __init__(self) -> None:
        node, folder = require("node", install=NPM_LINE), require_emulators()
        self._process = subprocess.Popen(
            [str(node), "serve.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, service: str, *, by: str, base_url: str = "", **seed: Any) -> str:
        """A new one that remembers nothing but `seed`; its address. `by` is the package."""
        assert self._process.stdin
        assert self._process.stdout
        port = free_port()
        wanted = {"from": by, "service": service, "port": port, "seed": seed}
        if base_url:
            wanted["baseUrl"] = base_url
        print(json.dumps(wanted), file=self._process.stdin, flush=True)
        assert self._process.stdout.readline(), "it ended before it was ready"
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._process.communicate(timeout=10)
