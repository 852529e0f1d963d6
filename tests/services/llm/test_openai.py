from collections.abc import Iterator
from pathlib import Path

import pytest

from core.messages import Message
from products.catalogs.csv_file import read_products
from services.drafting import write_draft
from services.llm.openai import OpenAILLM
from tests.servers.language_model import MODEL, language_model
from tests.services.letters import letter

from .contract import ChatContract

SHOP = Path(__file__).parents[3] / "products" / "samples" / "outdoor.csv"


class TestOpenAI(ChatContract):
    key = "OPENAI_API_KEY"

    @pytest.fixture(autouse=True)
    def _closed(self) -> Iterator[None]:
        self.opened: list[OpenAILLM] = []
        yield
        for llm in self.opened:
            llm.close()

    def open(self, url: str) -> OpenAILLM:
        self.opened.append(OpenAILLM(api_key="opensesame", base_url=url, model="small"))
        return self.opened[-1]


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    with language_model() as url:
        yield url


def test_a_real_model_writes_a_draft(model_url: str) -> None:
    llm = OpenAILLM(api_key="none", base_url=model_url, model=MODEL)
    question: Message = letter("How much is the Enamel Mug?")
    [mug] = [p for p in read_products(SHOP).products if p.sku == "CUP-ENM-B"]

    draft = write_draft(
        question,
        products=[mug],
        instructions="Answer in one short sentence.",
        llm=llm,
        deadline=100,
    )

    llm.close()
    assert draft.author == MODEL
    assert draft.product_ids == ("CUP-ENM-B",)
    assert len(draft.body) > 10
