from collections.abc import Iterator

import pytest
from huggingface_hub import close_session

from services.llm.huggingface import HuggingFaceLLM

from .contract import ChatContract


class TestHuggingFace(ChatContract):
    key = "HUGGINGFACE_API_KEY"

    @pytest.fixture(autouse=True)
    def _closed(self) -> Iterator[None]:
        yield
        close_session()

    def open(self, url: str) -> HuggingFaceLLM:
        return HuggingFaceLLM(api_key="opensesame", endpoint=url, model="small")
