"""Writes through OpenAI, or any service that speaks its chat-completions API."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from . import chat
from .base import Completion, Prompt

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletionMessageParam

SERVICE = "OpenAI"
KEY = "OPENAI_API_KEY"


class OpenAILLM:
    """One model at one address. Threads share it, and its connections."""

    def __init__(self, *, api_key: str, base_url: str, model: str) -> None:
        self._model = model
        self._base_url = base_url
        self._api_key = api_key
        self._client: OpenAI | None = None
        self._lock = threading.Lock()

    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        client = self._opened()

        import openai

        from .deadline import within

        asked = cast("list[ChatCompletionMessageParam]", chat.messages(prompt))
        try:
            with within(deadline):
                answer = client.chat.completions.with_raw_response.create(
                    model=self._model, messages=asked
                )
        except openai.APITimeoutError as error:
            raise chat.too_late(SERVICE, deadline) from error
        except openai.APIConnectionError as error:
            raise chat.unreachable(SERVICE) from error
        except openai.APIStatusError as error:
            raise chat.fault(
                error.status_code,
                error.response.headers,
                service=SERVICE,
                key=KEY,
                model=self._model,
            ) from error
        return chat.read(answer.content, model=self._model, service=SERVICE)

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _opened(self) -> OpenAI:
        """The one client. The SDK costs a second to import, so it waits for the first use."""
        with self._lock:
            if self._client is None:
                from openai import OpenAI

                from .deadline import client

                self._client = OpenAI(
                    api_key=self._api_key,
                    base_url=self._base_url,
                    max_retries=0,
                    timeout=None,
                    http_client=client(),
                )
            return self._client
