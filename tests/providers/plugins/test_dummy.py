from datetime import datetime

import pytest

from core.errors import Unavailable
from core.messages import Address, Envelope
from providers import Account
from providers.plugins import dummy
from providers.plugins.dummy import DummyProvider
from tests.providers.contract import ALICE, KEY, NOW, ProviderContract, Sent, an_outgoing, minute


class TestDummyProvider(ProviderContract):
    @pytest.fixture
    def provider(self) -> DummyProvider:
        dummy.MAILBOXES.clear()
        self.mailbox = dummy.MAILBOXES[ALICE]
        self.deliver("How much is the tent?", subject="Tent", at=NOW)
        self.deliver("Hello?", subject="Re: Tent", at=minute(1))
        return DummyProvider(Account(address=Address(handle=ALICE)))

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        self.mailbox.receive(text, subject=subject, received_at=at, thread_id="t1")

    def remove(self, envelope: Envelope) -> None:
        self.mailbox.inbox = [m for m in self.mailbox.inbox if m.envelope.id != envelope.id]

    def sent(self) -> list[Sent]:
        return [
            Sent(out.to.handle, out.subject, out.body, key) for key, out, _ in self.mailbox.sent
        ]

    def snapshot(self) -> object:
        return list(self.mailbox.inbox), list(self.mailbox.sent)

    def answer_by_hand(self, envelope: Envelope) -> bool:
        self.mailbox.answered_by_hand.add(envelope.id)
        return True

    def test_it_records_a_double_as_a_double(self, provider: DummyProvider) -> None:
        provider.send(an_outgoing(), key=KEY)
        provider.send(an_outgoing(), key=KEY)

        assert len(self.sent()) == 2

    def test_a_fault_is_raised_once_and_nothing_is_done(self, provider: DummyProvider) -> None:
        self.mailbox.fault = Unavailable()

        with pytest.raises(Unavailable):
            provider.send(an_outgoing(), key=KEY)
        assert self.sent() == []
        provider.send(an_outgoing(), key=KEY)
        assert len(self.sent()) == 1

    def test_a_fault_can_wait_for_one_call(self, provider: DummyProvider) -> None:
        self.mailbox.fault, self.mailbox.fault_on = Unavailable(), "send"

        provider.identify()

        with pytest.raises(Unavailable):
            provider.send(an_outgoing(), key=KEY)

    def test_a_lost_answer_is_sent_all_the_same(self, provider: DummyProvider) -> None:
        self.mailbox.lose_answer = True

        with pytest.raises(TimeoutError):
            provider.send(an_outgoing(), key=KEY)

        assert len(self.sent()) == 1

    def test_headers_replace_the_usual_ones_of_their_name(self, provider: DummyProvider) -> None:
        message = self.mailbox.receive(
            "Hi", headers=[("Message-ID", "<x@y.example>"), ("X-Loop", "1"), ("X-Loop", "2")]
        )

        assert message.envelope.values("message-id") == ["<x@y.example>"]
        assert message.envelope.values("x-loop") == ["1", "2"]
        assert message.envelope.values("to") == [ALICE]
