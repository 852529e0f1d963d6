"""What every language model behind HTTP must do, proven against a service that misbehaves."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from core.errors import Refused, Unavailable
from services.llm import LLM, Prompt
from tests.servers.chat_completions import Scripted, completion, scripted_service

PROMPT = Prompt(instructions="Be brief.", material="How much is the tent?", question="How much?")
IN_THE_STATUS_LINE, IN_THE_HEADERS, IN_THE_BODY = 4, 40, 110


class ChatContract(ABC):
    key: str
    """The setting that holds the key, as people know it."""

    @abstractmethod
    def open(self, url: str) -> LLM:
        """The service under test, with the key `opensesame` and the model `small`."""

    @pytest.fixture
    def service(self) -> Iterator[Scripted]:
        with scripted_service() as service:
            yield service

    @pytest.fixture
    def llm(self, service: Scripted) -> LLM:
        return self.open(service.url)

    def test_it_gives_the_words_the_model_and_the_tokens(self, llm: LLM) -> None:
        completed = llm.complete(PROMPT, deadline=5)

        assert completed.text == "It costs 249 euros."
        assert completed.model == "scripted-1"
        assert (completed.input_tokens, completed.output_tokens) == (11, 7)

    def test_it_keeps_our_words_and_the_strangers_apart(self, llm: LLM, service: Scripted) -> None:
        llm.complete(PROMPT, deadline=5)

        [asked] = service.asked
        assert asked["model"] == "small"
        assert asked["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How much is the tent?"},
        ]
        assert service.headers[0]["authorization"] == "Bearer opensesame"

    def test_it_keeps_its_connection(self, llm: LLM, service: Scripted) -> None:
        for _ in range(3):
            llm.complete(PROMPT, deadline=5)

        assert service.connections == 1

    @pytest.mark.parametrize(
        "status", ["429 Too Many Requests", "500 Oops", "502 Bad Gateway", "503 Busy"]
    )
    def test_a_service_in_trouble_is_asked_once_and_again_later(
        self, llm: LLM, service: Scripted, status: str
    ) -> None:
        service.status = status

        with pytest.raises(Unavailable, match=status[:3]) as caught:
            llm.complete(PROMPT, deadline=5)

        assert caught.value.retry_after is None or caught.value.retry_after == 0
        assert len(service.asked) == 1

    def test_it_says_how_long_the_service_wants_to_be_left_alone(
        self, llm: LLM, service: Scripted
    ) -> None:
        service.status, service.extra = "429 Too Many Requests", {"Retry-After": "17"}

        with pytest.raises(Unavailable) as caught:
            llm.complete(PROMPT, deadline=5)

        assert caught.value.retry_after == 17

    def test_until_a_date_is_a_time_to_wait_too(self, llm: LLM, service: Scripted) -> None:
        then = datetime.now(UTC) + timedelta(seconds=90)
        service.status = "503 Busy"
        service.extra = {"Retry-After": format_datetime(then, usegmt=True)}

        with pytest.raises(Unavailable) as caught:
            llm.complete(PROMPT, deadline=5)

        assert caught.value.retry_after == pytest.approx(90, abs=5)

    @pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
    def test_a_bad_key_is_named_and_not_shown(
        self, llm: LLM, service: Scripted, status: str
    ) -> None:
        service.status = status

        with pytest.raises(Refused, match=f"check {self.key}") as caught:
            llm.complete(PROMPT, deadline=5)

        assert "opensesame" not in str(caught.value)

    @pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "422 No"])
    def test_what_will_never_work_is_refused(
        self, llm: LLM, service: Scripted, status: str
    ) -> None:
        service.status = status

        with pytest.raises(Refused):
            llm.complete(PROMPT, deadline=5)

    @pytest.mark.parametrize(
        "body",
        [
            b"<html>Welcome to the router</html>",
            b'{"choices": [{"message"',
            b"{}",
            b"[1, 2]",
            b'"hello"',
            b'{"choices": [{"message": null}]}',
            b'{"choices": "none"}',
            b"\xff\xfe\x00",
        ],
    )
    def test_garbage_is_refused_without_repeating_it(
        self, llm: LLM, service: Scripted, body: bytes
    ) -> None:
        service.body = body

        with pytest.raises(Refused, match="no chat completion") as caught:
            llm.complete(PROMPT, deadline=5)

        assert caught.value.__cause__ is None

    @pytest.mark.parametrize("body", [b'{"choices": []}', completion(""), completion(None)])
    def test_a_model_that_writes_nothing_is_refused(
        self, llm: LLM, service: Scripted, body: bytes
    ) -> None:
        service.body = body

        with pytest.raises(Refused, match="wrote nothing"):
            llm.complete(PROMPT, deadline=5)

    @pytest.mark.parametrize("reason", ["length", "content_filter"])
    def test_half_an_answer_is_none(self, llm: LLM, service: Scripted, reason: str) -> None:
        service.body = completion("The tent costs", finish_reason=reason)

        with pytest.raises(Refused):
            llm.complete(PROMPT, deadline=5)

    @pytest.mark.parametrize("after", [0, IN_THE_HEADERS, IN_THE_BODY])
    def test_a_connection_that_is_cut_is_tried_again_later(
        self, llm: LLM, service: Scripted, after: int
    ) -> None:
        service.cut_after = after

        with pytest.raises(Unavailable, match="hung up"):
            llm.complete(PROMPT, deadline=5)

    def test_nobody_there_is_tried_again_later(self, llm: LLM, service: Scripted) -> None:
        gone = self.open("http://127.0.0.1:9/v1")

        with pytest.raises(Unavailable, match="cannot be reached"):
            gone.complete(PROMPT, deadline=5)

    @pytest.mark.parametrize("place", [IN_THE_STATUS_LINE, IN_THE_HEADERS, IN_THE_BODY])
    def test_the_deadline_holds_though_a_byte_comes_now_and_then(
        self, llm: LLM, service: Scripted, place: int
    ) -> None:
        service.trickle_from = place
        started = time.monotonic()

        with pytest.raises(Unavailable, match=r"within 0\.5 seconds"):
            llm.complete(PROMPT, deadline=0.5)

        assert time.monotonic() - started < 2

    def test_the_next_call_has_a_deadline_of_its_own(self, llm: LLM, service: Scripted) -> None:
        service.trickle_from = IN_THE_BODY
        with pytest.raises(Unavailable):
            llm.complete(PROMPT, deadline=0.2)
        service.trickle_from = None

        completed = llm.complete(PROMPT, deadline=5)

        assert completed.text == "It costs 249 euros."

    def test_an_answer_without_end_is_cut_off(self, llm: LLM, service: Scripted) -> None:
        service.body = completion("la " * 2_000_000)

        with pytest.raises(Unavailable):
            llm.complete(PROMPT, deadline=10)

    def test_it_is_sent_nowhere_else(self, llm: LLM, service: Scripted) -> None:
        service.status, service.body = "307 Elsewhere", b""
        service.extra = {"Location": service.url + "/other"}

        with pytest.raises(Refused):
            llm.complete(PROMPT, deadline=5)

        assert len(service.asked) == 1
