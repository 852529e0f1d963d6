"""What every provider must do. Subclass it, supply an account, and inherit the tests."""

import json
from abc import ABC, abstractmethod
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from core.errors import NotSupported, Refused
from core.messages import Address, Envelope, Outgoing
from providers import BaseProvider, Capability

NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
ALICE = "alice@shop.example"
BOB = "bob@customer.example"
KEY = "5f0c1c3e-0f3b-5d53-9d3e-3f7f6f1d2a10"


NO_IDS = (
    *("", " ", "x", "0", "1:1", "1:*", "*", ".", "..", "new/1", "%2e%2e%2f", "é", "١:١", "a\x00b"),
    *("../../me/drafts", "../profile", "?format=full", "x?$select=body", "x/send", "/etc/passwd"),
    *("0:0\r\nA1 LOGOUT", "1:1 BODY[]", "INBOX:1:1", "' or 1 eq 1", "A" * 1_024, "9" * 30),
)
"""What no service has ever called a message, though somebody may ask for it."""


class Sent(NamedTuple):
    """One message in the service's own record of what this account has sent."""

    to: str
    subject: str
    body: str
    key: str


def minute(number: int) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=number)


def an_outgoing(**changes: Any) -> Outgoing:
    """An answer from alice to bob, with `changes`."""
    usual: dict[str, Any] = {
        "to": Address(handle=BOB, name="Bob"),
        "sender": Address(handle=ALICE, name="Alice"),
        "subject": "Re: Tent",
        "date": minute(5),
        "message_id": f"<{KEY}@shop.example>",
        "headers": (("Auto-Submitted", "auto-replied"),),
        "body": "It is 99 euros.\n\nWarm regards,\nÅsa & the shop",
    }
    return Outgoing(**(usual | changes))


def drain(provider: BaseProvider, cursor: str, *, limit: int = 50) -> tuple[list[Envelope], str]:
    """All envelopes after `cursor`, page by page, and the last cursor."""
    envelopes: list[Envelope] = []
    for _ in range(1000):
        page = provider.fetch_new(cursor, limit=limit)
        if not page.envelopes:
            return envelopes, page.cursor
        assert len(page.envelopes) <= limit
        assert page.cursor != cursor, "a page that is not empty moves the cursor on"
        envelopes.extend(page.envelopes)
        cursor = page.cursor
    raise AssertionError("the pages of a quiet mailbox never end")


class ProviderContract(ABC):
    """pytest makes a new instance for each test: keep in `self` what the hooks need."""

    @pytest.fixture
    @abstractmethod
    def provider(self) -> Any:
        """Alice's account, open for one test. It has received a message from bob, subject
        "Tent", text "How much is the tent?", at NOW, and one more a minute later."""

    @abstractmethod
    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        """Let the service receive one more message from bob, at `at`."""

    @abstractmethod
    def remove(self, envelope: Envelope) -> None:
        """Let the owner delete a message."""

    @abstractmethod
    def sent(self) -> list[Sent]:
        """The service's own record of what it has sent, or handed over, for the account."""

    @abstractmethod
    def snapshot(self) -> object:
        """The mailbox as its owner sees it: what is there, what is marked as read."""

    def answer_by_hand(self, envelope: Envelope) -> bool:
        """Let the owner answer without us; false where the service does not show that."""
        return False

    # Reading

    def test_what_is_new_comes_oldest_first(self, provider: BaseProvider) -> None:
        page = provider.fetch_new(provider.cursor_at(NOW))

        assert [envelope.received_at for envelope in page.envelopes] == [NOW, minute(1)]

    def test_an_envelope_says_who_wrote_about_what(self, provider: BaseProvider) -> None:
        [first, second] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert (first.sender.handle, first.subject) == (BOB, "Tent")
        assert first.id != second.id
        assert first.thread_id
        assert all(name == name.lower() for name, _ in first.headers)
        assert first.received_at.utcoffset() == timedelta(0)

    def test_the_same_cursor_gives_the_same_messages(self, provider: BaseProvider) -> None:
        cursor = provider.cursor_at(NOW)

        assert provider.fetch_new(cursor).envelopes == provider.fetch_new(cursor).envelopes

    def test_a_cursor_survives_being_stored(self, provider: BaseProvider) -> None:
        cursor = provider.cursor_at(NOW)
        page = provider.fetch_new(cursor, limit=1)

        assert json.loads(json.dumps([cursor, page.cursor])) == [cursor, page.cursor]
        assert type(cursor) is type(page.cursor) is str
        assert len(page.cursor) <= 1000

    def test_a_moment_brings_everything_since(self, provider: BaseProvider) -> None:
        cursor = provider.cursor_at(minute(1))

        assert minute(1) in [envelope.received_at for envelope in drain(provider, cursor)[0]]

    def test_a_moment_to_come_brings_what_comes_then(self, provider: BaseProvider) -> None:
        cursor = provider.cursor_at(minute(2))

        self.deliver("And the stove?", subject="Stove", at=minute(3))

        assert "Stove" in [envelope.subject for envelope in drain(provider, cursor)[0]]

    def test_a_quiet_mailbox_runs_dry(self, provider: BaseProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))

        page = provider.fetch_new(cursor)

        assert page.envelopes == ()
        assert provider.fetch_new(page.cursor).envelopes == ()

    def test_the_last_cursor_brings_what_comes_next(self, provider: BaseProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))

        self.deliver("And the stove?", subject="Stove", at=minute(2))

        assert "Stove" in [envelope.subject for envelope in drain(provider, cursor)[0]]

    def test_two_of_the_same_moment_both_come(self, provider: BaseProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))

        self.deliver("And the stove?", subject="Stove", at=minute(2))
        self.deliver("And the lamp?", subject="Lamp", at=minute(2))
        envelopes, _ = drain(provider, cursor, limit=1)

        assert {"Stove", "Lamp"} <= {envelope.subject for envelope in envelopes}

    def test_a_page_can_be_cut_anywhere(self, provider: BaseProvider) -> None:
        self.deliver("And the stove?", subject="Stove", at=minute(2))
        cursor = provider.cursor_at(NOW)

        whole, _ = drain(provider, cursor)
        cut, _ = drain(provider, cursor, limit=1)

        assert {envelope.id for envelope in cut} == {envelope.id for envelope in whole}
        assert len(whole) == 3

    def test_a_message_brings_its_text(self, provider: BaseProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        message = provider.fetch(envelope)

        assert message.text.strip() == "How much is the tent?"
        assert message.problem == ""
        assert message.envelope == envelope

    def test_a_message_that_cannot_be_read_says_so(self, provider: BaseProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        self.remove(envelope)

        message = provider.fetch(envelope)

        assert message.problem
        assert message.envelope == envelope

    def test_a_thread_ends_with_the_message(self, provider: BaseProvider) -> None:
        [_, envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        message = provider.fetch(envelope)

        thread = provider.fetch_thread(message)

        assert thread[-1] == message
        assert len(thread) == 1 or Capability.THREADS in provider.capabilities
        times = [each.envelope.received_at for each in thread]
        assert times == sorted(times)

    def test_a_message_is_found_by_its_id(self, provider: BaseProvider) -> None:
        if Capability.LOOKUP not in provider.capabilities:
            with pytest.raises(NotSupported):
                provider.find("1")
            return
        envelopes = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert [provider.find(envelope.id) for envelope in envelopes] == list(envelopes)

    def test_what_was_removed_is_found_no_more(self, provider: BaseProvider) -> None:
        if Capability.LOOKUP not in provider.capabilities:
            return
        [envelope, other] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        self.remove(envelope)

        assert provider.find(envelope.id) is None
        assert provider.find(other.id) == other

    def test_what_is_no_id_finds_nothing(
        self, provider: BaseProvider, subtests: pytest.Subtests
    ) -> None:
        if Capability.LOOKUP not in provider.capabilities:
            return
        for made_up in NO_IDS:
            with subtests.test(made_up):
                assert provider.find(made_up) is None

    def test_an_id_in_another_form_is_another_id(
        self, provider: BaseProvider, subtests: pytest.Subtests
    ) -> None:
        if Capability.LOOKUP not in provider.capabilities:
            return
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        more = ("/", "?", "#", " ", "\n", "\x00", "/../x", "?a=b", "%00", ",1:*")
        for other in (*(envelope.id + end for end in more), f"/{envelope.id}", f"./{envelope.id}"):
            with subtests.test(other):
                assert provider.find(other) is None

    def test_the_newest_comes_first(self, provider: BaseProvider) -> None:
        if Capability.LOOKUP not in provider.capabilities:
            with pytest.raises(NotSupported):
                next(provider.newest())
            return
        self.deliver("And the stove?", subject="Stove", at=minute(3))
        envelopes = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert list(provider.newest()) == list(reversed(envelopes))

    def test_reading_alters_nothing(self, provider: BaseProvider) -> None:
        before = self.snapshot()

        for envelope in drain(provider, provider.cursor_at(NOW))[0]:
            message = provider.fetch(envelope)
            provider.fetch_thread(message)
            provider.answered_by_hand(message)
            if Capability.LOOKUP in provider.capabilities:
                provider.find(envelope.id)
                next(provider.newest())
        provider.identify()

        assert self.snapshot() == before

    # Writing

    def test_exactly_these_words_are_transported(self, provider: BaseProvider) -> None:
        outgoing = an_outgoing()

        handle = provider.prepare(outgoing, key=KEY)
        receipt = provider.send(outgoing, key=KEY, handle=handle)

        [sent] = self.sent()
        assert sent == Sent(to=BOB, subject=outgoing.subject, body=outgoing.body, key=KEY)
        assert receipt.id
        assert receipt.sent_at.utcoffset() == timedelta(0)

    def test_what_is_too_long_is_refused_before_it_is_sent(self, provider: BaseProvider) -> None:
        outgoing, refused = an_outgoing(body="\n".join(["It is 99 euros."] * 3_000)), ""
        try:
            provider.check(outgoing)
        except Refused as error:
            refused = str(error)
        handle = provider.prepare(outgoing, key=KEY)

        with pytest.raises(Refused) if refused else nullcontext():
            provider.send(outgoing, key=KEY, handle=handle)

        assert [sent.body for sent in self.sent()] == ([] if refused else [outgoing.body])
        assert not refused or "Shorten it." in refused

    def test_nothing_is_sent_before_it_is_asked_for(self, provider: BaseProvider) -> None:
        provider.prepare(an_outgoing(), key=KEY)

        assert self.sent() == []

    def test_a_prepared_draft_is_sent_once_only(self, provider: BaseProvider) -> None:
        if Capability.DRAFTS not in provider.capabilities:
            assert provider.prepare(an_outgoing(), key=KEY) == ""
            return
        handle = provider.prepare(an_outgoing(), key=KEY)

        provider.send(an_outgoing(), key=KEY, handle=handle)
        with suppress(Exception):  # what a second send raises is the service's own choice
            provider.send(an_outgoing(), key=KEY, handle=handle)

        assert len(self.sent()) == 1

    def test_what_was_sent_is_found(self, provider: BaseProvider) -> None:
        if Capability.PROOF not in provider.capabilities:
            with pytest.raises(NotSupported):
                provider.find_sent(KEY, outgoing=an_outgoing())
            return
        outgoing = an_outgoing()
        handle = provider.prepare(outgoing, key=KEY)

        before = provider.find_sent(KEY, outgoing=outgoing, handle=handle)
        provider.send(outgoing, key=KEY, handle=handle)
        after = provider.find_sent(KEY, outgoing=outgoing, handle=handle)

        assert before is None
        assert after is not None

    def test_what_was_sent_under_another_key_proves_nothing(self, provider: BaseProvider) -> None:
        if Capability.PROOF not in provider.capabilities:
            return
        other, longer = an_outgoing(message_id="<other@shop.example>"), f"{KEY}0"

        provider.send(other, key=longer, handle=provider.prepare(other, key=longer))

        assert provider.find_sent(KEY, outgoing=an_outgoing()) is None

    def test_an_answer_by_hand_is_seen(self, provider: BaseProvider) -> None:
        [envelope, other] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        before = provider.answered_by_hand(provider.fetch(envelope))

        shown = self.answer_by_hand(envelope)

        assert before is False
        assert provider.answered_by_hand(provider.fetch(envelope)) is shown
        assert provider.answered_by_hand(provider.fetch(other)) is False

    def test_our_own_answer_is_not_by_hand(self, provider: BaseProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        message_id = envelope.first("message-id") or ""
        outgoing = an_outgoing(
            thread_id=envelope.thread_id, in_reply_to=message_id, references=(message_id,)
        )

        provider.send(outgoing, key=KEY, handle=provider.prepare(outgoing, key=KEY))

        assert provider.answered_by_hand(provider.fetch(envelope)) is False

    # Living with it

    def test_it_knows_whose_account_it_is(self, provider: BaseProvider) -> None:
        assert provider.identify().handle == provider.account.address.handle == ALICE

    def test_it_can_be_closed_twice(self, provider: BaseProvider) -> None:
        provider.fetch_new(provider.cursor_at(NOW))

        provider.close()
        provider.close()

    def test_it_has_a_name_for_urls_and_one_for_people(self, provider: BaseProvider) -> None:
        assert provider.name == provider.name.lower()
        assert provider.name.isidentifier()
        assert provider.title
        assert provider.description.endswith(".")
