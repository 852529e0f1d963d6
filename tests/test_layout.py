"""The repository keeps the promises it makes about its own shape."""

import ast
import re
import subprocess
import sys
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ["apis", "core", "db", "products", "providers", "services", "workers"]
VAGUE = {"common", "handler", "helpers", "impl", "manager", "types", "utils"}
HEAVY = ["alembic", "firebase_admin", "googleapiclient", "huggingface_hub", "openai"]
"""Costs hundreds of milliseconds to import, and is used by few: only what needs it imports it."""

DOORS = ["apis", "services", "workers.tasks"]
REGISTRIES = re.compile(
    r"(pypi|pythonhosted|npmjs|yarnpkg|debian|ubuntu|jsdelivr|unpkg)" + r"\.(org|com|net|io)\b"
    r"|" + r"\b(ghcr|quay|gcr)" + r"\.io\b" + r"|proxy" + r"\.golang\b"
)
SKIPPED = {".git", ".venv", "__pycache__", "node_modules", "var", "dist", "build"}


def files() -> list[Path]:
    """Every file that belongs to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not SKIPPED & set(path.parts)]
    return [path for path in found if path.is_file()]


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_there_are_files_to_look_at() -> None:
    assert ROOT / "pyproject.toml" in files()
    assert ROOT / "core" / "errors.py" in modules("core")


@pytest.mark.parametrize("name", PACKAGES)
def test_our_packages_are_ours(name: str) -> None:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin == str(ROOT / name / "__init__.py")


def test_no_dependency_ships_a_package_of_the_same_name() -> None:
    clashes = {
        (dist.metadata["Name"], file.parts[0])
        for dist in distributions()
        for file in dist.files or []
        if file.parts[0] in PACKAGES and dist.metadata["Name"] != "orchestre"
    }

    assert not clashes


def test_a_package_opens_with_a_docstring_and_holds_at_most_re_exports() -> None:
    busy = {
        str(path.relative_to(ROOT))
        for path in modules(*PACKAGES)
        if path.name == "__init__.py" and not _only_re_exports(ast.parse(path.read_text()))
    }

    assert not busy


def _only_re_exports(tree: ast.Module) -> bool:
    return ast.get_docstring(tree) is not None and all(
        isinstance(statement, ast.Import | ast.ImportFrom) or _is_all(statement)
        for statement in tree.body[1:]
    )


def _is_all(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"


def test_every_module_opens_with_a_docstring() -> None:
    silent = {
        str(path.relative_to(ROOT))
        for path in modules(*PACKAGES)
        if "versions" not in path.parts and not ast.get_docstring(ast.parse(path.read_text()))
    }

    assert not silent


def test_no_module_has_a_vague_name() -> None:
    vague = {
        str(path.relative_to(ROOT))
        for path in modules(*PACKAGES, "tests", "bench")
        if {path.stem, path.parent.name} & VAGUE
    }

    assert not vague


def test_every_folder_of_python_is_a_package() -> None:
    """Without it, mypy and import-linter look past a folder without a word."""
    bare = {
        str(path.parent.relative_to(ROOT))
        for path in modules(*PACKAGES, "tests")
        if not (path.parent / "__init__.py").exists() and path.parent.name != "versions"
    }

    assert not bare


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the affair of whoever installs."""
    named = {
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in files()
        for found in [REGISTRIES.search(path.read_text(errors="ignore"))]
        if found
    }

    assert not named


def test_every_locked_package_has_its_hashes() -> None:
    bare = [
        f"{lock.name}: {entry.split()[0]}"
        for lock in sorted((ROOT / "requirements").glob("*.txt"))
        for entry in re.split(r"\n(?=[a-z0-9])", "\n" + lock.read_text())[1:]
        if "==" not in entry.split()[0] or "--hash=sha256:" not in entry
    ]

    assert not bare


def test_what_runs_and_what_is_tested_are_the_same_versions() -> None:
    app, dev = (_locked(ROOT / "requirements" / name) for name in ("app.txt", "dev.txt"))

    assert app.items() <= dev.items()


def _locked(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==([^\s;]+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("door", DOORS)
def test_opening_a_door_does_not_load_an_sdk(door: str) -> None:
    names = [dotted(path) for path in _modules_of(door)]
    program = (
        f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def _modules_of(door: str) -> list[Path]:
    """The modules of a door, as many as there are."""
    path = ROOT / door.replace(".", "/")
    found = modules(door) if path.is_dir() else [path.with_suffix(".py")]
    return [path for path in found if path.exists()]
