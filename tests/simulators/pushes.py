"""What simulated services send of themselves, and how it gets to a door of ours."""

from collections.abc import Callable
from typing import NamedTuple

from fastapi.testclient import TestClient

PUBLIC_URL = "https://shop.example"


class Pushed(NamedTuple):
    """One request of a service's own."""

    url: str
    headers: dict[str, str]
    body: bytes


class Answered(NamedTuple):
    status: int
    text: str
    media_type: str = ""


Knock = Callable[[Pushed], Answered]


def knocker(client: TestClient) -> Knock:
    """Brings a request to the API, as the proxy before it would."""

    def knock(pushed: Pushed) -> Answered:
        path = pushed.url.removeprefix(PUBLIC_URL)
        answer = client.post(path, headers=pushed.headers, content=pushed.body)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return Answered(answer.status_code, answer.text, kind)

    return knock


def nobody(pushed: Pushed) -> Answered:
    """Nobody is there."""
    return Answered(0, "Connection refused")
