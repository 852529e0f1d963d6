"""The container files say what they should, and what they start runs without containers too."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.config import Settings, environment_names
from core.keyring import make_key

from .servers.install import free_port, require
from .servers.postgres import running_postgres
from .servers.redis import TELLS, redis_binary, running_broker

ROOT = Path(__file__).parent.parent
PACKAGES = ["apis", "core", "db", "products", "providers", "services", "workers"]
SECRETS = {"POSTGRES_PASSWORD": "a" * 48, "ORCHESTRE_KEY": make_key()}
ONE_SHOTS = {"migrate"}
OURS = ["migrate", "api", "worker", "beat", "listener"]
START_SECONDS = 30.0

RAW = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def compose(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Docker's own reader of compose files, which needs no engine to read one."""
    program = require("docker-compose", install="make test")
    return subprocess.run(
        [program, "--env-file", "/dev/null", "--profile", "*", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services as Docker understands them."""
    read = compose("config", "--format", "json", "--no-path-resolution", **SECRETS)
    assert read.returncode == 0, read.stderr
    found: dict[str, dict[str, Any]] = json.loads(read.stdout)["services"]
    return found


def test_the_parts_are_all_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {*OURS, "flower", "postgres", "redis"}


@pytest.mark.parametrize("missing", SECRETS)
def test_it_does_not_start_without_a_secret(missing: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}

    read = compose("config", "--quiet", **given)

    assert read.returncode != 0
    assert missing in read.stderr


def test_no_secret_has_a_default() -> None:
    named = re.findall(r"(?<!\$)\$\{(\w*(?:PASSWORD|KEY|AUTH|SECRET|TOKEN)\w*)(:?[-?+])(.?)", RAW)

    assert {name for name, _, _ in named} == {*SECRETS, "FLOWER_BASIC_AUTH"}
    assert {operator for name, operator, _ in named if name in SECRETS} == {":?"}
    assert {after for name, _, after in named if name not in SECRETS} == {"}"}


def test_the_monitor_does_not_start_without_credentials() -> None:
    command = yaml.safe_load(RAW)["services"]["flower"]["command"]

    run = subprocess.run(
        [part.replace("$$", "$") for part in command],
        env={"PATH": "/usr/bin:/bin", "FLOWER_BASIC_AUTH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode != 0
    assert "Set it to name:password" in run.stderr


def test_only_the_monitor_is_off_by_default(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "profiles" in service} == {"flower"}


def test_what_keeps_running_comes_back_and_is_watched(services: dict[str, dict[str, Any]]) -> None:
    lasting = {name: service for name, service in services.items() if name not in ONE_SHOTS}
    watched_by_the_image = {"api"}

    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}
    assert {name for name, service in lasting.items() if "healthcheck" not in service} == (
        watched_by_the_image
    )
    assert "HEALTHCHECK" in DOCKERFILE


def test_nothing_starts_before_the_tables_are_there(services: dict[str, dict[str, Any]]) -> None:
    for name in ("api", "worker", "beat", "listener"):
        needed = services[name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
        assert needed["redis"]["condition"] == "service_healthy"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_ports_are_open_on_the_loopback_address_only(services: dict[str, dict[str, Any]]) -> None:
    ports = {
        name: {port["host_ip"] for port in service["ports"]}
        for name, service in services.items()
        if service.get("ports")
    }

    assert ports == {"api": {"127.0.0.1"}, "flower": {"127.0.0.1"}}


def test_what_is_kept_is_kept_in_named_volumes(services: dict[str, dict[str, Any]]) -> None:
    mounts = [mount for service in services.values() for mount in service.get("volumes", [])]

    assert {mount["type"] for mount in mounts} == {"volume"}
    assert {mount["source"] for mount in mounts} == {"home", "postgres", "redis"}
    assert {mount["source"] for mount in mounts} == set(yaml.safe_load(RAW)["volumes"])


def test_every_image_has_a_version(services: dict[str, dict[str, Any]]) -> None:
    images = [service["image"] for service in services.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert all(re.search(r":\d", image) for image in images), images


def test_every_setting_in_the_file_exists(services: dict[str, dict[str, Any]]) -> None:
    given = {name for service in OURS for name in services[service]["environment"]}

    assert given <= set(environment_names())


def test_the_settings_are_fit_for_production(
    services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services["api"]["environment"].items():
        monkeypatch.setenv(name, value)

    settings = Settings.read(_env_file=None)

    assert settings.environment == "production"
    settings.check()


def test_our_parts_may_do_no_more_than_they_must(services: dict[str, dict[str, Any]]) -> None:
    for name in [*OURS, "flower"]:
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]


def test_a_worker_may_finish_its_last_send(services: dict[str, dict[str, Any]]) -> None:
    minutes, seconds = re.fullmatch(
        r"(\d+)m(\d+)s", services["worker"]["stop_grace_period"]
    ).groups()  # type: ignore[union-attr]

    assert int(minutes) * 60 + int(seconds) > Settings.model_fields["effect_seconds"].default


def test_the_dockerfile_passes_its_linter() -> None:
    linter = require("hadolint", install="make test")

    run = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (0, "")


def test_images_run_as_nobody_in_particular() -> None:
    stages = DOCKERFILE.split("\nFROM ")[1:]
    users = [re.findall(r"^USER (\S+)", stage, re.MULTILINE) for stage in stages[1:]]

    assert users == [["1500"], ["1500:1500"]]


def test_everything_from_outside_is_installed_by_hash() -> None:
    commands = re.findall(r"pip install ((?:[^&\n]|\\\n)*)", DOCKERFILE)

    assert len(commands) == 4
    for command in commands:
        assert "--require-hashes" in command or "--no-deps dist/" in command


def test_the_image_is_built_from_the_sources_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {f"!{name}/" for name in PACKAGES} <= set(rules)
    for name in re.findall(r"!(\S+)", "\n".join(rules)):
        assert (ROOT / name).exists(), name
    assert not [rule for rule in rules if rule.startswith("!.")]


def test_the_wheel_holds_every_file_of_every_package(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )

    [wheel] = tmp_path.glob("orchestre-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if "dist-info" not in name}
    assert held == {
        "main.py",
        *(
            str(path.relative_to(ROOT))
            for name in PACKAGES
            for path in (ROOT / name).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ),
    }


# The commands themselves, without containers. Needs `orchestre`, as apis/cli.py makes it:
# `migrate` ends with 0; `serve` answers GET /healthz; `worker`, `beat` and `listener` stay;
# `doctor` ends with 0 while the store, the broker and the key are there; SIGTERM ends each within
# 30 seconds.
needs_cli = pytest.mark.skipif(
    not (ROOT / "apis" / "cli.py").exists(), reason="The command line is not written yet."
)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the compose file, with servers of our own for the containers."""
    folder = tmp_path_factory.mktemp("deployment")
    read = compose("config", "--format", "json", "--no-path-resolution", **SECRETS)
    environment: dict[str, str] = json.loads(read.stdout)["services"]["api"]["environment"]
    with (
        running_postgres() as postgres,
        postgres.database() as url,
        running_broker(redis_binary(), options=TELLS) as broker,
    ):
        yield {
            **environment,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ORCHESTRE_HOME": str(folder),
            "ORCHESTRE_HOST": "127.0.0.1",
            "ORCHESTRE_PORT": str(free_port()),
            "ORCHESTRE_SMTP_PORT": "0",
            "DATABASE_URL": url,
            "BROKER_URL": broker.url,
        }


def run(command: list[str], environment: dict[str, str], **options: Any) -> int:
    folder = environment["ORCHESTRE_HOME"]
    return subprocess.run(command, cwd=folder, env=environment, check=False, **options).returncode


@needs_cli
@pytest.mark.network
def test_the_commands_of_the_compose_file_run(
    services: dict[str, dict[str, Any]], surroundings: dict[str, str]
) -> None:
    assert run(services["migrate"]["command"], surroundings) == 0

    running = {
        name: subprocess.Popen(
            services[name]["command"], cwd=surroundings["ORCHESTRE_HOME"], env=surroundings
        )
        for name in ("api", "worker", "beat", "listener")
    }
    try:
        for name in running:
            check = services[name].get("healthcheck", {}).get("test", image_healthcheck())[1:]
            assert becomes_healthy(check, surroundings), f"{name} did not become healthy"
        assert {name for name, part in running.items() if part.poll() is not None} == set()
    finally:
        for part in running.values():
            part.send_signal(signal.SIGTERM)
        for part in running.values():
            part.wait(START_SECONDS)


def image_healthcheck() -> list[str]:
    """The health check of the image, as the last stage of the Dockerfile declares it."""
    declared = DOCKERFILE.rpartition("HEALTHCHECK")[2].partition("CMD ")[2].partition("\n")[0]
    return ["CMD", *json.loads(declared)]


def becomes_healthy(check: list[str], environment: dict[str, str]) -> bool:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        if run(check, environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return True
        time.sleep(0.5)
    return False
