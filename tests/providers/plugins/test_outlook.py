"""The real provider against a simulated Microsoft Graph, over TLS."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.deployment import Deployment, OAuthClient
from core.errors import (
    NotFound,
    NotSupported,
    OrchestreError,
    ReauthorizationRequired,
    Refused,
    Unavailable,
)
from core.messages import Address, Envelope
from providers import Account, graph
from providers.graph import Unclear
from providers.http import NoAnswer, shared
from providers.plugins.outlook import OutlookProvider
from tests.providers.contract import (
    ALICE,
    BOB,
    KEY,
    NOW,
    ProviderContract,
    Sent,
    an_outgoing,
    drain,
    minute,
)
from tests.simulators.graph import READ, SEND, USER, WRITE, GraphSimulator
from tests.simulators.graph_mailbox import DELETED, DRAFTS, INBOX, JUNK, SENT
from tests.simulators.graph_shape import error
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority, Fault, Request, Response

pytestmark = pytest.mark.network

KINDS = ["close", "reset", "cut", "hang", "late", "answer"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


def a_mail(text: str, *, subject: str, **headers: str) -> bytes:
    mail = EmailMessage()
    usual = {"From": f"Bob <{BOB}>", "To": ALICE, "Message-ID": f"<{uuid4().hex}@customer.example>"}
    for name, value in (usual | {"Subject": subject} | headers).items():
        mail[name] = value
    mail.set_content(text)
    return bytes(mail)


def open_account(
    graph: GraphSimulator, bundle: Path, *scopes: str, access_token: str = ""
) -> OutlookProvider:
    return OutlookProvider(
        Account(
            address=Address(handle=ALICE),
            credentials=Credentials(
                access_token=SecretStr(access_token) if access_token else None,
                refresh_token=SecretStr(graph.link(*scopes)),
                expires_at=datetime.now(UTC) + timedelta(hours=1) if access_token else None,
            ),
            deployment=Deployment(
                graph_api_url=graph.api_url,
                microsoft_token_url=graph.token_url,
                microsoft=OAuthClient(id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET)),
                ca_bundle=bundle,
            ),
        )
    )


class OutlookAccount:
    """Alice's mailbox, with two mails from bob."""

    graph: GraphSimulator

    @pytest.fixture
    def provider(self, authority: Authority) -> Iterator[OutlookProvider]:
        self.graph = GraphSimulator(authority, address=ALICE)
        with self.graph.running():
            self.deliver("How much is the tent?", subject="Tent", at=NOW)
            self.deliver("Hello?", subject="Tent", at=minute(1))
            provider = open_account(self.graph, authority.bundle)
            yield provider
            provider.close()

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        self.graph.receive(a_mail(text, subject=subject), at=at)

    @property
    def asked(self) -> list[Request]:
        return [request for request in self.graph.requests if request.path != "/token"]

    def writes(self) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.asked if r.method != "GET"]


class TestOutlookProvider(OutlookAccount, ProviderContract):
    def remove(self, envelope: Envelope) -> None:
        self.graph.mailbox.delete(self.graph.mailbox.items[envelope.id])

    def sent(self) -> list[Sent]:
        return [Sent(*one) for one in self.graph.sent()]

    def snapshot(self) -> object:
        items = self.graph.mailbox.items.values()
        return [(item.id, item.folder, item.is_read, item.raw) for item in items]

    def answer_by_hand(self, envelope: Envelope) -> bool:
        self.graph.answer_by_hand(envelope.id)
        return True


class TestReading(OutlookAccount):
    def test_an_envelope_has_the_headers_and_what_is_left_out_of_them(
        self, provider: OutlookProvider
    ) -> None:
        raw = a_mail(
            "x", subject="Holiday", **{"Auto-Submitted": "auto-replied", "Cc": "c@d.example"}
        )
        id = self.graph.receive(raw, at=minute(2))

        [envelope] = provider.fetch_new(provider.cursor_at(minute(2))).envelopes

        assert envelope.id == id
        assert envelope.values("auto-submitted") == ["auto-replied"]
        assert envelope.first("from") == f"Bob <{BOB}>"
        assert envelope.first("to") == ALICE
        assert envelope.first("cc") == "c@d.example"
        assert envelope.size == len(raw)
        assert envelope.thread_id == self.graph.mailbox.items[id].conversation

    def test_a_mail_with_no_headers_at_all_is_still_a_mail(self, provider: OutlookProvider) -> None:
        row = graph.Row.read(
            {
                "id": "a",
                "receivedDateTime": "2026-01-01T09:00:00Z",
                "subject": "Ünd\r\nBcc: mallory@evil.example",
                "from": {"emailAddress": {"name": "Bob, Jr.", "address": BOB}},
            }
        )

        envelope = row.envelope()

        assert (envelope.sender.handle, envelope.sender.name) == (BOB, "Bob, Jr.")
        assert envelope.subject == "Ünd Bcc: mallory@evil.example"
        assert envelope.values("bcc") == []
        assert envelope.thread_id == "a"

    def test_every_request_asks_for_immutable_ids(self, provider: OutlookProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        provider.fetch(envelope)
        provider.send(an_outgoing(), key=KEY, handle=provider.prepare(an_outgoing(), key=KEY))

        assert all('IdType="ImmutableId"' in r.headers["prefer"] for r in self.asked)
        assert provider.fetch(envelope).problem == ""

    @pytest.mark.parametrize("folder", [DRAFTS, SENT, DELETED, JUNK])
    def test_what_lies_elsewhere_is_not_found(self, provider: OutlookProvider, folder: str) -> None:
        elsewhere = self.graph.mailbox.file(a_mail("x", subject="No"), folder, at=minute(3))
        draft = self.graph.mailbox.file(a_mail("x", subject="No"), INBOX, is_draft=True)

        assert provider.find(elsewhere.immutable) is None
        assert provider.find(draft.immutable) is None
        assert [envelope.subject for envelope in provider.newest()] == ["Tent", "Tent"]

    def test_the_newest_is_one_request(self, provider: OutlookProvider) -> None:
        for number in range(60):
            self.deliver("Hello?", subject=f"{number}", at=minute(number + 2))

        assert next(provider.newest()).subject == "59"
        assert [request.path for request in self.asked] == ["/v1.0/me/mailFolders/inbox/messages"]

    def test_what_has_not_the_form_of_an_id_is_not_asked_for(
        self, provider: OutlookProvider
    ) -> None:
        for made_up in ("../drafts", "x/$value", "x?$select=body", "x y", "é", "", "A" * 1_025):
            assert provider.find(made_up) is None

        assert self.asked == []

    def test_an_id_that_graph_calls_malformed_is_not_found(self, provider: OutlookProvider) -> None:
        malformed = error(400, "ErrorInvalidIdMalformed")
        self.graph.faults.append(Fault("answer", response=malformed, path="/me/messages/"))

        assert provider.find("nonsense") is None

    def test_what_cannot_be_looked_up_now_is_not_called_absent(
        self, provider: OutlookProvider
    ) -> None:
        for status, code in ((400, "ErrorInvalidRequest"), (503, "ServiceUnavailable")):
            said = error(status, code)
            self.graph.faults.append(Fault("answer", response=said, path="/me/messages/"))

        with pytest.raises(Refused):
            provider.find("nonsense")
        with pytest.raises(Unavailable):
            provider.find("nonsense")

    def test_a_mail_that_is_moved_away_can_still_be_fetched(
        self, provider: OutlookProvider
    ) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        self.graph.mailbox.move(self.graph.mailbox.items[envelope.id], JUNK)

        assert provider.fetch(envelope).text == "How much is the tent?"

    def test_a_mail_that_comes_out_of_junk_later_is_not_left_out(
        self, provider: OutlookProvider
    ) -> None:
        id = self.graph.mailbox.file(a_mail("x", subject="Late"), JUNK, at=NOW).immutable
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.graph.mailbox.move(self.graph.mailbox.items[id], INBOX)

        envelopes, _ = drain(provider, cursor)

        assert [envelope.id for envelope in envelopes] == [id]

    def test_what_was_received_before_the_start_never_comes(
        self, provider: OutlookProvider
    ) -> None:
        old = self.graph.mailbox.file(a_mail("x", subject="Old"), JUNK, at=NOW - timedelta(days=9))
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for told in self.graph.mailbox.rounds.values():
            told.since = None  # as if the service forgot the filter
        self.graph.mailbox.move(old, INBOX)

        assert drain(provider, cursor)[0] == []

    def test_what_has_left_the_inbox_never_comes(self, provider: OutlookProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for told in self.graph.mailbox.rounds.values():
            told.kind = ""  # as if the service forgot the type of change
        for item in self.graph.mailbox.listed(INBOX):
            self.graph.mailbox.move(item, JUNK)

        assert drain(provider, cursor)[0] == []

    def test_a_draft_in_the_inbox_is_no_mail(self, provider: OutlookProvider) -> None:
        def draft() -> None:
            raw = a_mail("x", subject="Draft")
            self.graph.mailbox.file(raw, INBOX, at=minute(2), is_draft=True)

        draft()
        listed, cursor = drain(provider, provider.cursor_at(NOW))
        draft()
        told, _ = drain(provider, cursor)

        assert [envelope.subject for envelope in listed + told] == ["Tent", "Tent"]

    def test_a_page_of_changes_is_in_order(self, provider: OutlookProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for number in reversed(range(6)):
            self.deliver("x", subject=f"n{number}", at=minute(2 + number))

        page = provider.fetch_new(cursor)

        assert [envelope.subject for envelope in page.envelopes] == [f"n{n}" for n in range(6)]

    def test_reading_a_mail_does_not_bring_it_again(self, provider: OutlookProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for item in self.graph.mailbox.listed(INBOX):
            self.graph.mailbox.note(item, "updated")

        assert provider.fetch_new(cursor).envelopes == ()

    def test_a_backlog_comes_oldest_first_and_whole(self, provider: OutlookProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for number in range(30):
            self.deliver("x", subject=f"n{number:02d}", at=minute(2 + number))

        envelopes, cursor = drain(provider, cursor, limit=4)

        first = list(dict.fromkeys(envelope.subject for envelope in envelopes))
        assert [name for name in first if name != "Tent"] == [f"n{n:02d}" for n in range(30)]
        assert drain(provider, cursor)[0] == []

    def test_what_slips_into_a_backlog_is_not_left_out(self, provider: OutlookProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for number in range(9):
            self.deliver("x", subject=f"n{number}", at=minute(2 + number))
        page = provider.fetch_new(cursor, limit=6)
        self.deliver("x", subject="late", at=minute(1))

        envelopes, _ = drain(provider, page.cursor, limit=6)

        assert "late" in {envelope.subject for envelope in envelopes}

    def test_more_mails_than_a_filtered_round_tells_of_all_come(
        self, provider: OutlookProvider
    ) -> None:
        self.graph.mailbox.cap = 3
        for number in range(12):
            self.deliver("x", subject=f"n{number:02d}", at=minute(2 + number))

        envelopes, _ = drain(provider, provider.cursor_at(minute(2)), limit=5)

        assert [envelope.subject for envelope in envelopes] == [f"n{n:02d}" for n in range(12)]

    def test_many_of_one_second_all_come(self, provider: OutlookProvider) -> None:
        for number in range(23):
            self.deliver("x", subject=f"n{number:02d}", at=minute(2))

        envelopes, _ = drain(provider, provider.cursor_at(minute(2)), limit=5)

        assert sorted(envelope.subject for envelope in envelopes) == [
            f"n{n:02d}" for n in range(23)
        ]

    def test_short_pages_are_not_the_end(self, provider: OutlookProvider) -> None:
        self.graph.most_in_page = 2
        for number in range(5):
            self.deliver("x", subject=f"n{number}", at=minute(2 + number))
        cursor = provider.cursor_at(NOW)
        for number in range(5, 9):
            self.deliver("x", subject=f"n{number}", at=minute(2 + number))

        envelopes, cursor = drain(provider, cursor)
        self.deliver("x", subject="last", at=minute(20))

        assert len({envelope.id for envelope in envelopes}) == 11
        assert [envelope.subject for envelope in drain(provider, cursor)[0]] == ["last"]

    def test_an_expired_link_leaves_nothing_out(self, provider: OutlookProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.deliver("x", subject="Stove", at=minute(2))
        self.graph.mailbox.expire()

        envelopes, cursor = drain(provider, cursor)
        self.deliver("x", subject="Lamp", at=minute(3))

        assert "Stove" in {envelope.subject for envelope in envelopes}
        assert [envelope.subject for envelope in drain(provider, cursor)[0]] == ["Lamp"]

    def test_an_expired_link_goes_back_a_day_and_no_further(
        self, provider: OutlookProvider
    ) -> None:
        self.deliver("x", subject="Stove", at=NOW + timedelta(days=5))
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.graph.mailbox.expire()

        envelopes, _ = drain(provider, cursor)

        assert [envelope.subject for envelope in envelopes] == ["Stove"]

    def test_what_turned_up_late_is_found_after_an_expired_link(
        self, provider: OutlookProvider
    ) -> None:
        latest = NOW + timedelta(days=5)
        late = self.graph.mailbox.file(
            a_mail("x", subject="Late"), JUNK, at=latest - timedelta(hours=20)
        )
        self.deliver("x", subject="Stove", at=latest)
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.graph.mailbox.move(late, INBOX)
        self.graph.mailbox.expire()

        envelopes, _ = drain(provider, cursor)

        assert [envelope.subject for envelope in envelopes] == ["Late", "Stove"]

    def test_a_link_that_expires_within_a_round_leaves_nothing_out(
        self, provider: OutlookProvider
    ) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        for number in range(12):
            self.deliver("x", subject=f"n{number:02d}", at=NOW + timedelta(days=2 * number + 2))
        place = graph.Place.read(cursor).moved(listed=True)
        page = provider.fetch_new(str(place), limit=5)
        self.graph.mailbox.expire()

        envelopes, _ = drain(provider, page.cursor, limit=5)

        found = {envelope.subject for envelope in (*page.envelopes, *envelopes)}
        assert found >= {f"n{n:02d}" for n in range(12)}

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (410, "x"),
            (400, "resyncRequired"),
            (400, "SyncStateNotFound"),
            (404, "syncStateNotFound"),
        ],
    )
    def test_every_word_for_an_expired_link_is_understood(
        self, provider: OutlookProvider, status: int, code: str
    ) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.deliver("x", subject="Stove", at=minute(2))
        self.graph.faults.append(Fault("answer", response=error(status, code), path="delta"))

        assert "Stove" in {envelope.subject for envelope in drain(provider, cursor)[0]}

    @pytest.mark.parametrize("said", [{}, {"value": None}, {"value": []}, []])
    def test_an_answer_that_is_none_leaves_nothing_out(
        self, provider: OutlookProvider, said: object
    ) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.deliver("x", subject="Stove", at=minute(2))
        self.graph.faults.append(Fault("answer", response=Response.of(said), path="delta"))

        with pytest.raises(Unavailable):
            provider.fetch_new(cursor)
        assert [envelope.subject for envelope in drain(provider, cursor)[0]] == ["Stove"]

    def test_a_link_may_leave_out_the_server(self, provider: OutlookProvider) -> None:
        """OData JSON Format 4.01, 4.3."""
        self.graph.links_at, self.graph.most_in_page = "", 1

        envelopes, _ = drain(provider, provider.cursor_at(NOW))

        assert {envelope.received_at for envelope in envelopes} == {NOW, minute(1)}

    def test_fractions_of_a_second_are_none_of_a_place(self) -> None:
        said = {"id": "1", "receivedDateTime": "2026-01-01T09:00:00.123Z"}

        assert graph.Row.read(said).received_at == NOW

    @pytest.mark.parametrize("behind", [100, -100])
    def test_a_start_means_from_now_on_by_microsofts_own_clock(
        self, provider: OutlookProvider, behind: int
    ) -> None:
        self.graph.slow = behind
        there = datetime.now(UTC) - timedelta(seconds=behind)
        self.deliver("Before", subject="Before", at=there - timedelta(seconds=5))

        cursor = provider.cursor_at(datetime.now(UTC))
        self.deliver("After", subject="After", at=there + timedelta(seconds=1))

        assert {envelope.subject for envelope in drain(provider, cursor)[0]} == {"After"}

    @pytest.mark.parametrize("elsewhere", ["https://evil.example", "http://localhost", "//x"])
    def test_a_link_to_another_server_is_not_followed(
        self, provider: OutlookProvider, elsewhere: str
    ) -> None:
        self.graph.links_at = elsewhere

        with pytest.raises(Refused):
            provider.cursor_at(NOW)
        assert len(self.asked) == 1

    @pytest.mark.parametrize(
        "link", ["", "@evil.example/", "//evil.example/", "https://e.example/"]
    )
    def test_a_cursor_cannot_lead_to_another_server(
        self, provider: OutlookProvider, link: str
    ) -> None:
        place = graph.Place(start=NOW, seen=NOW, top=NOW, link=link)

        with pytest.raises(Refused):
            provider.fetch_new(str(place))
        assert self.asked == []

    def test_a_cursor_of_something_else_is_refused(self, provider: OutlookProvider) -> None:
        with pytest.raises(Refused):
            provider.fetch_new("17")

    def test_a_mail_that_is_too_large_is_not_fetched(self, provider: OutlookProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        asked = len(self.asked)

        message = provider.fetch(envelope.model_copy(update={"size": 25_000_001}))

        assert message.problem
        assert len(self.asked) == asked

    def test_a_mail_that_goes_while_it_is_listed_is_passed_over(
        self, provider: OutlookProvider
    ) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.deliver("x", subject="gone", at=minute(2))
        self.deliver("x", subject="stays", at=minute(3))
        gone = error(404, "ErrorItemNotFound")
        self.graph.faults.append(Fault("answer", response=gone, path="/me/messages/"))

        assert len(drain(provider, cursor)[0]) == 1

    def test_a_thread_shows_what_went_before_on_both_sides(self, provider: OutlookProvider) -> None:
        [first, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        asked = str(first.first("message-id"))
        self.graph.answer_by_hand(first.id, "It is 99 euros.")
        later = datetime.now(UTC) + timedelta(minutes=1)
        self.graph.receive(a_mail("And two?", subject="Re: Tent", References=asked), at=later)
        self.graph.mailbox.file(
            a_mail("Draft", subject="Re: Tent", References=asked), DRAFTS, at=later, is_draft=True
        )
        envelope = drain(provider, provider.cursor_at(minute(2)))[0][-1]
        later += timedelta(minutes=1)
        self.graph.receive(a_mail("And three?", subject="Re: Tent", References=asked), at=later)

        thread = provider.fetch_thread(provider.fetch(envelope))

        words = ["How much is the tent?", "It is 99 euros.", "And two?"]
        assert [message.text for message in thread] == words

    def test_a_thread_holds_nothing_of_a_stranger_with_the_same_subject(
        self, provider: OutlookProvider
    ) -> None:
        self.graph.mailbox.by_topic = True
        cid = self.graph.receive(a_mail("My secret", subject="Hi", From="cid@x.example"), at=NOW)
        self.graph.receive(a_mail("How much?", subject="Hi"), at=minute(2))
        later = datetime.now(UTC) + timedelta(minutes=1)
        self.graph.answer_by_hand(cid, "It is safe with us.")
        self.graph.receive(a_mail("And two?", subject="Hi"), at=later)
        *_, envelope = drain(provider, provider.cursor_at(minute(2)))[0]

        thread = provider.fetch_thread(provider.fetch(envelope))

        assert [message.text for message in thread] == ["How much?", "And two?"]

    def test_an_answer_to_a_stranger_with_the_same_subject_leaves_ours_open(
        self, provider: OutlookProvider
    ) -> None:
        self.graph.mailbox.by_topic = True
        cid = self.graph.receive(a_mail("x", subject="Hi", From="cid@x.example"), at=minute(2))
        bob = self.graph.receive(a_mail("x", subject="Hi"), at=minute(3))
        *_, envelope = drain(provider, provider.cursor_at(minute(2)))[0]
        message = provider.fetch(envelope)
        self.graph.answer_by_hand(cid)

        assert not provider.answered_by_hand(message)
        self.graph.answer_by_hand(bob)
        assert provider.answered_by_hand(message)

    def test_an_answer_from_before_the_mail_does_not_count(self, provider: OutlookProvider) -> None:
        [first, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        self.graph.answer_by_hand(first.id)
        asked = str(first.first("message-id"))
        later = datetime.now(UTC) + timedelta(minutes=1)
        self.graph.receive(a_mail("And two?", subject="Tent", References=asked), at=later)
        [envelope] = drain(provider, provider.cursor_at(minute(2)))[0]

        assert provider.answered_by_hand(provider.fetch(first))
        assert not provider.answered_by_hand(provider.fetch(envelope))

    def test_an_answer_to_the_reply_address_counts(self, provider: OutlookProvider) -> None:
        raw = a_mail("x", subject="Form", From="form@shop.example", **{"Reply-To": "dan@x.example"})
        id = self.graph.receive(raw, at=minute(2))
        [envelope] = drain(provider, provider.cursor_at(minute(2)))[0]
        message = provider.fetch(envelope)
        self.graph.answer_by_hand(id)

        assert provider.answered_by_hand(message)


class TestSending(OutlookAccount):
    def test_the_customer_gets_our_headers(self, provider: OutlookProvider) -> None:
        outgoing = an_outgoing(in_reply_to="<1@customer.example>")

        provider.send(outgoing, key=KEY, handle=provider.prepare(outgoing, key=KEY))

        [raw] = self.graph.delivered
        assert b"Auto-Submitted: auto-replied\r\n" in raw
        assert b"In-Reply-To: <1@customer.example>\r\n" in raw
        assert b"X-Orchestre-Reply: " + KEY.encode() + b"\r\n" in raw

    def test_a_send_is_one_write_of_a_draft(self, provider: OutlookProvider) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        before = len(self.writes())

        provider.send(an_outgoing(), key=KEY, handle=handle)

        assert self.writes()[before:] == [
            f"POST /v1.0/me/messages/{handle.replace('=', '%3D')}/send"
        ]

    def test_without_a_draft_nothing_is_sent(self, provider: OutlookProvider) -> None:
        with pytest.raises(Refused):
            provider.send(an_outgoing(), key=KEY)

        assert self.asked == []

    def test_a_second_send_of_a_draft_is_doubt_and_the_record_settles_it(
        self, provider: OutlookProvider
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        provider.send(an_outgoing(), key=KEY, handle=handle)

        with pytest.raises(Unclear):
            provider.send(an_outgoing(), key=KEY, handle=handle)

        receipt = provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle)
        assert receipt is not None
        assert receipt.id == handle
        assert len(self.graph.delivered) == 1

    def test_a_late_copy_proves_nothing_until_it_appears(self, provider: OutlookProvider) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        self.graph.lag_seconds = 3600
        provider.send(an_outgoing(), key=KEY, handle=handle)

        with pytest.raises(NotSupported):
            provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle)
        self.graph.file_copies()

        assert provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle)

    def test_a_draft_that_the_owner_deleted_proves_nothing(self, provider: OutlookProvider) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        self.graph.mailbox.delete(self.graph.mailbox.items[handle])

        with pytest.raises(NotSupported):
            provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle)

    def test_a_copy_is_found_by_its_key_when_its_id_has_changed(
        self, provider: OutlookProvider
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        provider.send(an_outgoing(), key=KEY, handle=handle)

        receipt = provider.find_sent(KEY, outgoing=an_outgoing(), handle="AAkALgAA-other=")

        assert receipt is not None
        assert receipt.id == handle

    def test_a_draft_with_the_key_is_no_receipt(self, provider: OutlookProvider) -> None:
        provider.prepare(an_outgoing(), key=KEY)

        with pytest.raises(NotSupported):
            provider.find_sent(KEY, outgoing=an_outgoing(), handle="AAkALgAA-other=")

    def test_an_answer_that_does_not_say_whether_it_is_a_draft_proves_nothing(
        self, provider: OutlookProvider
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        vague = Response.of({"id": handle})
        self.graph.faults.append(Fault("answer", response=vague, method="GET"))

        with pytest.raises(Unclear):
            provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle)

    def test_an_answer_to_an_earlier_mail_of_the_thread_is_not_by_hand(
        self, provider: OutlookProvider
    ) -> None:
        [first, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        asked = str(first.first("message-id"))
        self.graph.receive(a_mail("And two?", subject="Tent", References=asked), at=minute(2))
        [later] = drain(provider, provider.cursor_at(minute(2)))[0]
        outgoing = an_outgoing(in_reply_to=asked, references=(asked,))
        provider.send(outgoing, key=KEY, handle=provider.prepare(outgoing, key=KEY))

        assert not provider.answered_by_hand(provider.fetch(later))
        self.graph.answer_by_hand(first.id)
        assert provider.answered_by_hand(provider.fetch(later))


class TestFaults(OutlookAccount):
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_question_without_an_answer_is_asked_again_later(
        self, provider: OutlookProvider, kind: str
    ) -> None:
        cursor = provider.cursor_at(NOW)
        [envelope, _] = provider.fetch_new(cursor).envelopes
        message = provider.fetch(envelope)
        handle = provider.prepare(an_outgoing(), key=KEY)

        questions: list[Callable[[], object]] = [
            lambda: provider.cursor_at(NOW),
            lambda: provider.fetch_new(cursor),
            lambda: provider.fetch(envelope),
            lambda: provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle),
            lambda: provider.answered_by_hand(message),
        ]
        for question in questions:
            self.graph.faults.append(Fault(kind, seconds=0.1))
            with pytest.raises(Unavailable):
                question()

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_lost_answer_to_a_send_is_doubt_and_the_record_settles_it(
        self, provider: OutlookProvider, kind: str, after: bool
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        self.graph.faults.append(Fault(kind, after=after, seconds=0.1, path="/send"))

        with pytest.raises((NoAnswer, Unclear)):
            provider.send(an_outgoing(), key=KEY, handle=handle)

        went = after or kind == "late"
        assert len(self.graph.delivered) == went
        found = provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle)
        assert (found is not None) is went
        with suppress(Unclear):
            provider.send(an_outgoing(), key=KEY, handle=handle)
        assert len(self.graph.delivered) == 1

    def test_answers_through_many_faults_arrive_once_each(self, provider: OutlookProvider) -> None:
        provider.identify()
        self.graph.fault_rate = 0.4
        keys = [str(uuid4()) for _ in range(12)]

        for key in keys:
            handle, settled = "", False
            while not handle:
                with suppress(NoAnswer, Unclear, Unavailable):
                    handle = provider.prepare(an_outgoing(), key=key)
            while not settled:
                with suppress(NoAnswer, Unclear, Unavailable):
                    provider.send(an_outgoing(), key=key, handle=handle)
                found = provider.find_sent(key, outgoing=an_outgoing(), handle=handle)
                settled = found is not None

        assert [arrived.key for arrived in self.graph.sent()] == keys

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_draft_that_was_not_finished_is_made_again_and_sent_once(
        self, provider: OutlookProvider, kind: str, method: str, after: bool
    ) -> None:
        fault = Fault(kind, after=after, seconds=0.1, method=method, path="/me/")
        self.graph.faults.append(fault)

        with pytest.raises((NoAnswer, Unclear)):
            provider.prepare(an_outgoing(), key=KEY)
        assert self.graph.delivered == []
        provider.send(an_outgoing(), key=KEY, handle=provider.prepare(an_outgoing(), key=KEY))

        assert len(self.graph.delivered) == 1

    @pytest.mark.parametrize(
        ("status", "code", "meaning"),
        [
            (400, "ErrorInvalidRequest", Refused),
            (403, "ErrorAccessDenied", ReauthorizationRequired),
            (403, "Forbidden", Refused),
            (404, "ResourceNotFound", NotFound),
            (404, "MailboxNotEnabledForRESTAPI", Refused),
            (409, "ErrorIrresolvableConflict", Unavailable),
            (423, "Locked", Unavailable),
            (429, "ApplicationThrottled", Unavailable),
            (403, "activityLimitReached", Unavailable),
            (500, "ErrorInternalServerError", Unavailable),
            (503, "ErrorServerBusy", Unavailable),
            (504, "UnknownError", Unavailable),
            (302, "x", Refused),
        ],
    )
    def test_a_refused_question_says_what_to_do_next(
        self, provider: OutlookProvider, status: int, code: str, meaning: type[OrchestreError]
    ) -> None:
        cursor = provider.cursor_at(NOW)
        response = error(status, code, Retry_After="7")
        self.graph.faults.append(Fault("answer", response=response))

        with pytest.raises(meaning) as caught:
            provider.fetch_new(cursor)

        assert code in str(caught.value)
        assert ALICE not in repr(caught.value)
        if isinstance(caught.value, Unavailable):
            assert caught.value.retry_after == 7

    @pytest.mark.parametrize(
        ("status", "code", "meaning"),
        [
            (400, "ErrorInvalidRecipients", Refused),
            (403, "ErrorSendAsDenied", Refused),
            (413, "x", Refused),
            (429, "ApplicationThrottled", Unavailable),
            (403, "ErrorExceededMessageLimit", Unavailable),
            (404, "ErrorItemNotFound", Unclear),
            (409, "ErrorIrresolvableConflict", Unclear),
            (423, "Locked", Unclear),
            (500, "ErrorInternalServerError", Unclear),
            (503, "ErrorServerBusy", Unclear),
            (504, "UnknownError", Unclear),
        ],
    )
    def test_a_refused_send_promises_no_more_than_is_certain(
        self, provider: OutlookProvider, status: int, code: str, meaning: type[Exception]
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        response = error(status, code, Retry_After="7")
        self.graph.faults.append(Fault("answer", response=response))

        with pytest.raises(meaning) as caught:
            provider.send(an_outgoing(), key=KEY, handle=handle)

        assert type(caught.value) is meaning
        assert ALICE not in repr(caught.value)
        if isinstance(caught.value, Unavailable):
            assert caught.value.retry_after == 7

    def test_throttling_says_when_to_come_back(self, provider: OutlookProvider) -> None:
        self.graph.throttle(seconds=11)

        with pytest.raises(Unavailable) as caught:
            provider.identify()

        assert caught.value.retry_after == 11

    def test_an_answer_that_is_no_json_is_no_answer(self, provider: OutlookProvider) -> None:
        cursor = provider.cursor_at(NOW)
        for body in (b"<html>", b"[]", b'{"value": [{"id": 7}]}'):
            self.graph.faults.append(Fault("answer", response=Response(200, body)))

            with pytest.raises(Unavailable):
                provider.fetch_new(cursor)

    def test_a_draft_without_an_id_is_not_a_draft(self, provider: OutlookProvider) -> None:
        for body in (b"<html>", b"{}", b""):
            fault = Fault("answer", after=True, response=Response(201, body), path="/me/")
            self.graph.faults.append(fault)

            with pytest.raises(Unclear):
                provider.prepare(an_outgoing(), key=KEY)

    def test_all_the_questions_of_a_call_share_its_time(self, provider: OutlookProvider) -> None:
        account = graph.Graph(provider.account)
        provider.identify()
        asked = len(self.asked)
        self.graph.faults.append(Fault("hang", seconds=4))
        began = time.monotonic()
        account.allow(0.4)

        with pytest.raises(Unavailable):
            account.get("/me")
        with pytest.raises(Unavailable):
            account.get("/me")

        assert time.monotonic() - began < 2
        assert len(self.asked) == asked + 1


class TestAccess(OutlookAccount):
    def test_a_token_that_is_not_taken_is_renewed_once_and_nothing_is_done_twice(
        self, provider: OutlookProvider
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        self.graph.tokens.expire(ALICE)

        provider.send(an_outgoing(), key=KEY, handle=handle)

        assert len(self.graph.delivered) == 1
        assert self.graph.tokens.refreshes == 2

    def test_a_token_that_is_never_taken_asks_to_link_again(
        self, provider: OutlookProvider
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        unknown = error(401, "InvalidAuthenticationToken")
        self.graph.faults.extend([Fault("answer", response=unknown, path="/v1.0")] * 2)
        asked = len(self.asked)

        with pytest.raises(ReauthorizationRequired):
            provider.send(an_outgoing(), key=KEY, handle=handle)

        assert len(self.asked) == asked + 2
        assert self.graph.delivered == []

    def test_access_that_was_taken_back_asks_to_link_again(self, provider: OutlookProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        message = provider.fetch(envelope)
        handle = provider.prepare(an_outgoing(), key=KEY)
        self.graph.tokens.revoke(ALICE)

        calls: list[Callable[[], object]] = [
            provider.identify,
            lambda: provider.cursor_at(NOW),
            lambda: provider.fetch(envelope),
            lambda: provider.answered_by_hand(message),
            lambda: provider.prepare(an_outgoing(), key=KEY),
            lambda: provider.send(an_outgoing(), key=KEY, handle=handle),
            lambda: provider.find_sent(KEY, outgoing=an_outgoing(), handle=handle),
        ]
        for call in calls:
            with pytest.raises(ReauthorizationRequired):
                call()
        assert self.graph.delivered == []

    @pytest.mark.parametrize(
        ("scopes", "missing"),
        [
            ((USER, READ, SEND), r"Mail\.ReadWrite"),
            ((USER, WRITE), r"Mail\.Send"),
            ((USER, SEND), r"Mail\.ReadWrite"),
            ((WRITE, SEND), r"User\.Read"),
        ],
    )
    def test_an_account_is_not_taken_without_every_permission(
        self,
        provider: OutlookProvider,
        authority: Authority,
        scopes: tuple[str, ...],
        missing: str,
    ) -> None:
        account = open_account(self.graph, authority.bundle, *scopes)

        with pytest.raises(ReauthorizationRequired, match=f"{missing} is missing. Link the"):
            account.identify()

    def test_too_many_requests_are_no_missing_permission(self, provider: OutlookProvider) -> None:
        inner = {"code": "ErrorAccessDenied", "innerError": {"code": "ApplicationThrottled"}}
        throttled = Response.of({"error": inner}, status=403)
        self.graph.faults.append(Fault("answer", response=throttled, path="mailFolders"))

        with pytest.raises(Unavailable):
            provider.identify()

    def test_a_permission_that_was_taken_back_is_asked_for_again_and_nothing_was_done(
        self, provider: OutlookProvider
    ) -> None:
        handle = provider.prepare(an_outgoing(), key=KEY)
        denied = error(403, "ErrorAccessDenied")
        self.graph.faults.append(Fault("answer", response=denied, path="/send"))

        with pytest.raises(ReauthorizationRequired, match=r"Mail\.Send is missing"):
            provider.send(an_outgoing(), key=KEY, handle=handle)

        assert self.graph.delivered == []

    @pytest.mark.parametrize("status", [401, 403, 404])
    @pytest.mark.parametrize(
        "code", ["MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"]
    )
    def test_an_account_without_a_mailbox_is_told_so(
        self, provider: OutlookProvider, status: int, code: str
    ) -> None:
        none = error(status, code)
        self.graph.faults.append(Fault("answer", response=none, path="mailFolders"))

        with pytest.raises(Refused, match=f"{code}.*has no mailbox at Microsoft.*Link an account"):
            provider.identify()

    def test_an_account_that_cannot_be_proven_now_is_tried_again(
        self, provider: OutlookProvider
    ) -> None:
        self.graph.faults.append(Fault("close", path="/send"))

        with pytest.raises(Unavailable):
            provider.identify()

    def test_no_token_is_in_any_word_of_an_error(
        self, provider: OutlookProvider, authority: Authority
    ) -> None:
        token = self.graph.tokens.issue(ALICE, USER, WRITE, SEND)
        account = open_account(self.graph, authority.bundle, access_token=token)
        self.graph.faults.append(Fault("close"))

        with pytest.raises(Unavailable) as caught:
            account.identify()

        assert self.asked[-1].bearer == token
        seen: BaseException | None = caught.value
        while seen:
            assert token not in repr(seen)
            seen = seen.__cause__
