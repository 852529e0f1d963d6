"""Writes through HuggingFace: its router, or an inference endpoint of one's own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import chat
from .base import Completion, Prompt

if TYPE_CHECKING:
    from huggingface_hub import InferenceClient

SERVICE = "HuggingFace"
KEY = "HUGGINGFACE_API_KEY"


class HuggingFaceLLM:
    """One model, through whichever provider serves it, or at an endpoint of one's own."""

    def __init__(self, *, api_key: str, model: str, endpoint: str = "") -> None:
        self._model = model
        self._api_key = api_key
        self._endpoint = endpoint

    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        client = self._opened(deadline)

        import httpx2
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

        from .deadline import within

        try:
            with within(deadline):
                answer = client.chat_completion(chat.messages(prompt), model=self._model)
        except InferenceTimeoutError as error:
            raise chat.too_late(SERVICE, deadline) from error
        except HfHubHTTPError as error:
            raise chat.fault(
                error.response.status_code,
                error.response.headers,
                service=SERVICE,
                key=KEY,
                model=self._model,
            ) from error
        except httpx2.RequestError as error:
            raise chat.unreachable(SERVICE) from error
        except (ValueError, TypeError, AttributeError, KeyError):
            # What the client raises depends on where the answer stops making sense to it;
            # it is not chained, because it would carry the answer itself into a log.
            raise chat.no_completion(SERVICE) from None
        return chat.read(answer, model=self._model, service=SERVICE)

    def _opened(self, deadline: float) -> InferenceClient:
        """A client for one call; the connections behind it are the process's."""
        from huggingface_hub import InferenceClient

        _share_connections()
        return InferenceClient(
            base_url=self._endpoint or None,
            token=self._api_key,
            timeout=deadline,
        )


@functools.cache
def _share_connections() -> None:
    """Give the library our HTTP client, once; it has one for the whole process."""
    from huggingface_hub import set_client_factory

    from .deadline import client

    set_client_factory(client)
