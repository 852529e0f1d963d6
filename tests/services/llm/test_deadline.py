import httpx2
import pytest

from services.llm.deadline import client, within
from tests.servers.chat_completions import scripted_service


def test_what_is_late_already_is_not_begun() -> None:
    with scripted_service() as service, client() as http:
        with within(0), pytest.raises(httpx2.TimeoutException):
            http.post(service.url, json={})

        assert service.asked == []


def test_a_deadline_ends_with_its_block() -> None:
    with scripted_service() as service, client() as http:
        with within(0):
            pass

        assert http.post(service.url, json={}).status_code == 200


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_service() as proxy, client() as http:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)

        answer = http.post("http://model.invalid/v1", json={"hello": 1})

        assert answer.status_code == 200
        assert proxy.asked == [{"hello": 1}]
        assert proxy.headers[0]["host"] == "model.invalid"


def test_what_the_environment_excepts_goes_past_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_service() as service, client() as http:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        assert http.post(service.url, json={}).status_code == 200
