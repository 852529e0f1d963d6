"""Settings come from the environment, and a wrong one is named in words."""

from itertools import pairwise
from pathlib import Path

import pytest

from core.config import Settings, environment_names
from core.errors import Invalid
from core.keyring import make_key
from core.settings.installation import Environment

SAMPLE = Path(__file__).parents[2] / ".env.sample"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting in the environment, and no .env file in the folder."""
    for name in environment_names():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


def sample() -> dict[str, tuple[str, str]]:
    """What .env.sample says of each setting: its sentence and its default, by name."""
    lines = SAMPLE.read_text().splitlines()
    pairs = [
        (line.partition("="), before)
        for before, line in pairwise(lines)
        if "=" in line and not line.startswith("#")
    ]
    return {name: (before.removeprefix("# "), value) for (name, _, value), before in pairs}


def test_the_sample_names_every_setting_in_order() -> None:
    assert list(sample()) == list(environment_names())


def test_the_sample_says_the_same_of_each_setting_as_its_docstring() -> None:
    said = {name: sentence for name, (sentence, _) in sample().items()}

    assert said == {name: field.description for name, field in environment_names().items()}


def test_the_sample_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (_, value) in sample().items():
        monkeypatch.setenv(name, value)

    assert Settings.read() == Settings.read(_env_file=None)
    assert Settings.read() == Settings.model_construct()


def test_the_sample_shows_every_default_that_is_not_empty() -> None:
    shown = {name for name, (_, value) in sample().items() if value}

    assert shown == {
        name for name, field in environment_names().items() if field.default not in (None, "")
    }


def test_the_sample_works_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(SAMPLE.read_text())

    assert Settings.read() == Settings.model_construct()


def test_a_dotenv_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORCHESTRE_PORT=9000\nOPENAI_MODEL=small\n")

    settings = Settings.read()

    assert (settings.port, settings.openai_model) == (9000, "small")


def test_the_environment_wins_over_dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORCHESTRE_PORT=9000\n")
    monkeypatch.setenv("ORCHESTRE_PORT", "9001")

    assert Settings.read().port == 9001


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRE_PORT", "")

    assert Settings.read().port == 8000


def test_every_malformed_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRE_PORT", "http")
    monkeypatch.setenv("ORCHESTRE_LOG_LEVEL", "LOUD")
    monkeypatch.setenv("ORCHESTRE_CAP_PER_THREAD", "-1")

    with pytest.raises(Invalid) as caught:
        Settings.read()

    message = str(caught.value)
    assert "ORCHESTRE_PORT" in message
    assert "ORCHESTRE_LOG_LEVEL" in message
    assert "ORCHESTRE_CAP_PER_THREAD" in message
    assert ".env.sample" in message


def test_what_was_wrong_with_a_secret_is_said_without_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", "hunter2")
    monkeypatch.setenv("ORCHESTRE_PORT", "http")

    with pytest.raises(Invalid) as caught:
        Settings.read()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["ORCHESTRE_KEY", "OPENAI_API_KEY", "DATABASE_URL"])
def test_a_setting_can_be_read_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))

    settings = Settings.read()

    values = {"ORCHESTRE_KEY": settings.key, "OPENAI_API_KEY": settings.openai_api_key}
    secret = values.get(name)
    value = secret.get_secret_value() if secret else settings.database_url
    assert value == "from the file"


def test_the_environment_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite://")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://here")

    assert Settings.read().database_url == "postgresql+psycopg://here"


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY_FILE", "/nowhere/key")

    with pytest.raises(Invalid, match=r"ORCHESTRE_KEY_FILE names '/nowhere/key'"):
        Settings.read()


def test_production_names_everything_that_is_missing() -> None:
    settings = Settings.read(environment=Environment.PRODUCTION)

    with pytest.raises(Invalid) as caught:
        settings.check()

    message = str(caught.value)
    assert "ORCHESTRE_KEY is missing" in message
    assert "orchestre keys make" in message
    assert "DATABASE_URL is missing" in message


def test_production_starts_with_a_key_and_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRE_ENVIRONMENT", "production")
    monkeypatch.setenv("ORCHESTRE_KEY", make_key())
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://orchestre@postgres/orchestre")

    Settings.read().check()


def test_development_needs_nothing() -> None:
    Settings.read().check()


@pytest.mark.parametrize("weak", ["secret", "c2hvcnQ=", "A" * 43 + "=", "é" * 43])
def test_a_weak_key_is_refused(monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", weak)

    with pytest.raises(Invalid, match="orchestre keys make"):
        Settings.read().keys()


def test_a_weak_key_is_refused_before_production_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRE_ENVIRONMENT", "production")
    monkeypatch.setenv("ORCHESTRE_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://orchestre@postgres/orchestre")

    with pytest.raises(Invalid, match="orchestre keys make"):
        Settings.read().check()


def test_old_keys_come_after_the_one_that_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [make_key() for _ in range(3)]
    monkeypatch.setenv("ORCHESTRE_KEY", keys[0])
    monkeypatch.setenv("ORCHESTRE_OLD_KEYS", f"{keys[1]}, {keys[2]},")

    first, *old = Settings.read().keys()

    assert len({first, *old}) == 3
    monkeypatch.setenv("ORCHESTRE_KEY", keys[1])
    assert Settings.read().keys()[0] == old[0]


def test_without_a_key_one_is_made_in_the_home_folder(tmp_path: Path) -> None:
    settings = Settings.read(home=tmp_path / "home")

    first, again = settings.keys(), settings.keys()

    assert first == again
    assert (tmp_path / "home" / "keys" / "sealing.key").stat().st_mode & 0o777 == 0o600


def test_no_secret_is_shown() -> None:
    settings = Settings.read(key=make_key(), OPENAI_API_KEY="sk-secret")

    assert settings.key is not None
    assert settings.key.get_secret_value() not in repr(settings)
    assert "sk-secret" not in repr(settings)


@pytest.mark.parametrize(
    "url", ["https://mail.shop.example", "http://127.0.0.1:8000/", "http://[::1]:80", ""]
)
def test_a_public_address_is_safe_or_this_machines(url: str) -> None:
    assert Settings.read(public_url=url).public_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.shop.example",
        "mail.shop.example",
        "https://a@b.example",
        "https://a.example/x",
        "http://127.0.0.1.evil.example",
        "https://a.example\n",
        "javascript:x",
    ],
)
def test_any_other_public_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(Invalid, match=r"ORCHESTRE_PUBLIC_URL.*this machine alone"):
        Settings.read(public_url=url)


def test_without_a_public_address_browsers_reach_the_port() -> None:
    assert Settings.read(port=8123).public() == "http://127.0.0.1:8123"
    assert Settings.read(host="0.0.0.0").public() == "http://127.0.0.1:8000"
    assert Settings.read(port=0).public() == ""


SERVICES = [
    name
    for name, field in environment_names().items()
    if name.startswith("ORCHESTRE_") and str(field.default).startswith("https:")
]


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_address_is_never_without_tls(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://service.example")

    with pytest.raises(Invalid, match=f"{name}: .*it should begin with https://"):
        Settings.read()
