"""The programs that tests need and no Python package brings: found, installed, or asked for.

`python -m tests.servers.install` installs what is missing, as root; else it prints what to type.
With `responders` it does so for the automatic responders that a benchmark runs.
"""

import os
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRE_PARTS = "ORCHESTRE_TEST_REQUIRE_PARTS"
"""Set to 1 where every part is installed, as in CI: a part that is missing then fails its tests."""

DEBIAN: dict[str, tuple[str, ...]] = {
    "chromium": ("chromium",),
    "dovecot": ("dovecot-imapd", "dovecot-lmtpd"),
    "mlmmj-receive": ("mlmmj",),
    "redis-server": ("redis-server",),
    "sieve-test": ("dovecot-sieve",),
    "strace": ("strace",),
    "swaks": ("swaks",),
}
"""Programs by name, and the Debian packages that bring them."""

RESPONDERS: dict[str, tuple[str, ...]] = {
    "exim4": ("exim4-daemon-light",),
    "mailbot": ("maildrop",),
    "sieve-test": ("dovecot-sieve",),
    "vacation": ("vacation",),
}
"""The automatic responders that the gate is measured beside. No test needs them."""

EMULATORS = Path(__file__).with_name("npm")
"""The folder of what npm installs: services that others have emulated."""

NPM_CI = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix")
NPM_LINE = f"{' '.join(NPM_CI)} tests/servers/npm  (Node.js 20 or later)"

NOWHERE = {
    "cloud_firestore_emulator": "the Google Cloud SDK's component cloud-firestore-emulator",
    "cloud-pubsub-emulator": "the Google Cloud SDK's component pubsub-emulator",
}
"""Programs that no package registry holds: their tests are skipped without them, always."""


def require(binary: str, *, install: str = "") -> Path:
    """The path of a program; without it the test is skipped, or fails where parts are required."""
    return find(binary) or missing(binary, install=install or _how(binary))


def require_in_package(package: str, binary: str, *, install: str) -> Path:
    """The path of a program that a Python package ships, without importing the package."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if found := next(Path(folder).glob(binary), None):
            return found
    return missing(package, install=install)


def find(binary: str) -> Path | None:
    """A program on PATH, beside this Python, or where Debian keeps its servers."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    found = shutil.which(binary, path=os.pathsep.join([*folders, "/usr/sbin", "/usr/local/sbin"]))
    return Path(found) if found else None


def missing(part: str, *, install: str) -> NoReturn:
    """Skip the test with a sentence that says what to type, or fail it where parts are required."""
    sentence = f"{part} is not on this machine. Install it with: {install}"
    if os.environ.get(REQUIRE_PARTS) == "1" and part not in NOWHERE:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(group: str = "") -> int:
    """Install what is missing; 1 when a part is still missing where parts are required."""
    wanted = RESPONDERS if group == "responders" else DEBIAN
    packages = _missing_packages(wanted)
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_get("update", "-q")
        _apt_get("install", "-q", "-y", "--no-install-recommends", *packages)
        packages = _missing_packages(wanted)
    emulated = bool(group) or _emulators_are_there() or _npm_ci()
    if not emulated:
        print("Without Node.js some of it will be skipped. To run it all:\n ", NPM_LINE)
    if packages:
        print("Some of it will be skipped. To run it all:\n  sudo", _apt_line(packages))
    for binary, source in NOWHERE.items():
        if not group and find(binary) is None:
            print(f"Skipped without {binary}: it comes only with {source}.")
    lacking = bool(packages) or not emulated
    return int(lacking and os.environ.get(REQUIRE_PARTS) == "1")


def require_emulators() -> Path:
    """The folder that they are started in, with Node.js."""
    if not _emulators_are_there():
        missing("an emulator", install=NPM_LINE)
    return EMULATORS


def _emulators_are_there() -> bool:
    """And as the lock has them."""
    lock, installed = EMULATORS / "package-lock.json", EMULATORS / "node_modules"
    done = installed / ".package-lock.json"
    return done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime


def _npm_ci() -> bool:
    """Its own words go to standard error; it checks what it gets against the lock's hashes."""
    if find("npm") is None:
        return False
    subprocess.run(
        [*NPM_CI, str(EMULATORS)], check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    return _emulators_are_there()


def _apt_get(*arguments: str) -> None:
    """Its own words go to standard error; that it failed shows in what is still missing."""
    subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


def _missing_packages(wanted: dict[str, tuple[str, ...]]) -> list[str]:
    return [
        package
        for binary, packages in wanted.items()
        if find(binary) is None
        for package in packages
    ]


def _how(binary: str) -> str:
    known = DEBIAN | RESPONDERS
    return _apt_line(known[binary]) if binary in known else NOWHERE[binary]


def _apt_line(packages: list[str] | tuple[str, ...]) -> str:
    return f"apt-get install {' '.join(packages)}"


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
