"""What `docs/providers.md` tells is true: its code runs, and its tables are complete."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from providers.base import BaseProvider
from providers.plugins.maildir import MaildirProvider

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "providers.md").read_text()
PROVIDER = "providers/plugins/perch.py"
TEST = "tests/providers/plugins/test_perch.py"
MORE_PLUGINS = """
from providers import plugins
plugins.__path__.append({folder!r})
"""


def code(path: str) -> str:
    """The page's code block that begins with this path."""
    [found] = re.findall(rf"```python\n# {re.escape(path)}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with the page's provider and its test, beside the project."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "perch.py").write_text(code(PROVIDER))
    (tmp_path / "test_perch.py").write_text(code(TEST))
    (tmp_path / "conftest.py").write_text(MORE_PLUGINS.format(folder=str(plugins)))
    return tmp_path


def run(*command: str, folder: Path, text: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pages_provider_passes_the_pages_test(workspace: Path) -> None:
    ini = ("-c", os.devnull, "--rootdir", str(workspace), "-W", "error")
    quiet = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib")

    told = run("pytest", *ini, *quiet, "test_perch.py", folder=workspace)

    passed = re.search(r"(\d+) passed", told)
    assert passed
    assert int(passed[1]) >= 25
    assert "skipped" not in told


@pytest.mark.parametrize("path", [PROVIDER, TEST])
def test_the_pages_code_is_in_the_house_style(path: str) -> None:
    name = ("--no-cache", "--stdin-filename", path, "-")

    # Which imports are the project's own cannot be told before the file is there.
    run("ruff", "check", "--ignore", "I001", *name, folder=ROOT, text=code(path))
    run("ruff", "format", "--check", *name, folder=ROOT, text=code(path))


def test_a_provider_is_about_a_hundred_lines() -> None:
    lines = [line for line in code(PROVIDER).splitlines() if line.strip()]

    assert len(lines) <= 110


@pytest.mark.parametrize("provider", [MaildirProvider])
def test_every_setting_is_explained(provider: type[BaseProvider]) -> None:
    section = PAGE.partition(f"\n## {provider.name}\n")[2].partition("\n## ")[0]

    missing = [name for name in provider.settings_type.model_fields if f"`{name}`" not in section]

    assert missing == []


def test_every_link_within_the_page_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    there = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= there
