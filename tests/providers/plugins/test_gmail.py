"""The Gmail provider against a mailbox that remembers."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Credentials
from core.deployment import Deployment, OAuthClient
from core.errors import (
    NotSupported,
    OrchestreError,
    ReauthorizationRequired,
    Refused,
    Unavailable,
)
from core.messages import Address, Envelope, Outgoing
from providers import Account
from providers.gmail import Deadline, Place, client, letters, read_on
from providers.gmail.client import HISTORY
from providers.http import NoAnswer, shared
from providers.plugins.gmail import GmailProvider
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
from tests.simulators.gmail import READ, WRITE, GmailSimulator, error, too_many
from tests.simulators.gmail_mailbox import Mail
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority, Fault, Response

ELSEWHERE = "a-thread-that-is-not-there"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


@pytest.fixture
def simulator(authority: Authority) -> Iterator[GmailSimulator]:
    simulator = GmailSimulator(authority)
    with simulator.running():
        yield simulator


@pytest.fixture
def opened(authority: Authority, simulator: GmailSimulator) -> Callable[..., GmailProvider]:
    """Opens the account, with what its owner has consented to."""

    def opened(*scopes: str) -> GmailProvider:
        return GmailProvider(
            Account(
                address=Address(handle=ALICE, name="Alice"),
                credentials=Credentials(refresh_token=SecretStr(simulator.link(*scopes))),
                deployment=Deployment(
                    gmail_api_url=simulator.url,
                    google_token_url=simulator.token_url,
                    ca_bundle=authority.bundle,
                    google=OAuthClient(id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET)),
                ),
            )
        )

    return opened


@pytest.fixture
def provider(opened: Callable[..., GmailProvider]) -> Iterator[GmailProvider]:
    provider = opened()
    yield provider
    provider.close()


class TestGmailProvider(ProviderContract):
    @pytest.fixture
    def provider(
        self, simulator: GmailSimulator, opened: Callable[..., GmailProvider]
    ) -> Iterator[GmailProvider]:
        self.simulator = simulator
        self.deliver("How much is the tent?", subject="Tent", at=NOW)
        self.deliver("Hello?", subject="Re: Tent", at=minute(1))
        provider = opened()
        yield provider
        provider.close()

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        self.simulator.receive(text, subject=subject, at=at)

    def remove(self, envelope: Envelope) -> None:
        self.simulator.mailbox.delete(self.simulator.mailbox.mails[envelope.id])

    def sent(self) -> list[Sent]:
        return [Sent(d.to, d.subject, d.body, d.key) for d in self.simulator.sent()]

    def snapshot(self) -> object:
        mailbox = self.simulator.mailbox
        mails = {mail.id: tuple(sorted(mail.labels)) for mail in mailbox.mails.values()}
        return mails, dict(mailbox.drafts), list(mailbox.delivered), mailbox.history_id

    def answer_by_hand(self, envelope: Envelope) -> bool:
        self.simulator.answer_by_hand(self.simulator.mailbox.mails[envelope.id], at=minute(2))
        return True


def subjects(provider: GmailProvider, cursor: str, *, limit: int = 50) -> list[str]:
    return [envelope.subject for envelope in drain(provider, cursor, limit=limit)[0]]


def an_answer(mail: Mail) -> Outgoing:
    message_id = mail.header("Message-ID")
    return an_outgoing(thread_id=mail.thread_id, in_reply_to=message_id, references=(message_id,))


# Reading on


def from_now(provider: GmailProvider) -> str:
    """A cursor past every listing, reading history only."""
    return drain(provider, provider.cursor_at(NOW))[1]


@pytest.mark.parametrize("label", ["SENT", "DRAFT", "SPAM", "TRASH", "CHAT"])
def test_what_is_not_received_is_not_new(
    provider: GmailProvider, simulator: GmailSimulator, label: str
) -> None:
    listed, cursor = provider.cursor_at(NOW), from_now(provider)
    simulator.receive(subject="No", at=minute(1), labels=("INBOX", label))
    simulator.receive(subject="Yes", at=minute(2))

    assert subjects(provider, cursor) == ["Yes"]
    assert set(subjects(provider, listed)) == {"Yes"}


@pytest.mark.parametrize("label", ["SENT", "DRAFT", "SPAM", "TRASH", "CHAT"])
def test_what_is_not_received_is_not_found(
    provider: GmailProvider, simulator: GmailSimulator, label: str
) -> None:
    yes = simulator.receive(subject="Yes", at=minute(1))
    no = simulator.receive(subject="No", at=minute(2), labels=("INBOX", label))
    archived = simulator.receive(subject="No", at=minute(3), labels=())

    assert [envelope.id for envelope in provider.newest()] == [yes.id]
    assert provider.find(no.id) is None
    assert provider.find(archived.id) is None


def test_the_newest_are_asked_for_as_they_are_taken(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mails = [simulator.receive(at=minute(number)) for number in range(9)]

    newest = provider.newest()
    found = [next(newest).id, next(newest).id]

    asked = [request.path.rpartition("/me/")[2] for request in simulator.requests]
    assert found == [mails[8].id, mails[7].id]
    assert asked[1:] == ["messages", f"messages/{mails[8].id}", f"messages/{mails[7].id}"]


def test_an_id_that_gmail_calls_invalid_is_not_found(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    invalid = error(400, "invalidArgument", "Invalid id value")
    simulator.faults.append(Fault("answer", response=invalid, path="/messages/"))

    assert provider.find("nonsense") is None


def test_what_a_filter_files_away_is_not_new(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    simulator.receive(subject="No", labels=("Label_7", "UNREAD"))

    assert subjects(provider, cursor) == []


def test_our_own_answers_and_drafts_are_not_new(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)
    cursor = from_now(provider)
    outgoing = an_answer(mail)

    provider.prepare(outgoing, key="another")
    provider.send(outgoing, key=KEY, handle=provider.prepare(outgoing, key=KEY))

    assert subjects(provider, cursor) == []


def test_a_mail_that_is_taken_out_of_the_spam_comes_in(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(subject="Rescued", at=minute(1), labels=("SPAM", "UNREAD"))
    cursor = from_now(provider)

    simulator.mailbox.relabel(mail, add=["INBOX"], remove=["SPAM"])

    assert subjects(provider, cursor) == ["Rescued"]


def test_old_mail_that_is_brought_over_later_is_not_new(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    simulator.receive(subject="Of last year", at=minute(-365 * 24 * 60))
    simulator.receive(subject="New", at=minute(1))

    assert subjects(provider, cursor) == ["New"]


def test_marking_as_read_brings_nothing_again(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)
    cursor = from_now(provider)

    simulator.mailbox.relabel(mail, remove=["UNREAD"])

    assert subjects(provider, cursor) == []


def test_labels_thread_and_size_come_along(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    first = simulator.receive(at=NOW)
    second = simulator.receive(
        subject="Re: Tent", at=minute(1), headers=[("References", first.header("Message-ID"))]
    )

    [one, two] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

    assert one.thread_id == two.thread_id == first.thread_id
    assert set(one.labels) == {"INBOX", "UNREAD"}
    assert two.size == len(second.raw)


@pytest.mark.parametrize("decoded", [True, False])
def test_names_and_subjects_are_read_however_gmail_gives_them(
    provider: GmailProvider, simulator: GmailSimulator, decoded: bool
) -> None:
    simulator.decodes_headers = decoded
    simulator.receive(subject="Zelt für zwei – 帐篷", sender="Åsa Öberg <bob@customer.example>")

    [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

    assert envelope.subject == "Zelt für zwei – 帐篷"
    assert envelope.sender == Address(handle=BOB, name="Åsa Öberg")


def test_every_header_comes_along_in_its_order(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    marks = [("Received", "by b"), ("Received", "by a"), ("Auto-Submitted", "auto-replied")]
    simulator.receive(headers=[*marks, ("Return-Path", "<>")])

    [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

    assert envelope.values("received") == ["by b", "by a"]
    assert envelope.first("auto-submitted") == "auto-replied"
    assert envelope.return_path == ""


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_history_out_of_order_and_twice_omits_nothing(
    provider: GmailProvider, simulator: GmailSimulator, limit: int
) -> None:
    simulator.shuffles_history, simulator.page_size = True, 4
    cursor = from_now(provider)
    for number in range(12):
        simulator.receive(subject=str(number), at=minute(number))

    page = provider.fetch_new(cursor, limit=limit)

    assert len({envelope.id for envelope in page.envelopes}) == len(page.envelopes)
    assert set(subjects(provider, cursor, limit=limit)) == {str(number) for number in range(12)}


def test_more_history_than_is_looked_through_at_once_omits_nothing(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.page_size = 2
    cursor = from_now(provider)
    for number in range(45):
        simulator.receive(subject=str(number), at=minute(number))

    assert subjects(provider, cursor, limit=7) == [str(number) for number in range(45)]


def test_history_without_labels_is_enough(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.bare_history = True
    cursor = from_now(provider)
    simulator.receive(subject="Spam", labels=("SPAM",))
    simulator.receive(subject="Tent")

    assert subjects(provider, cursor) == ["Tent"]


@pytest.mark.parametrize("limit", [1, 50])
@pytest.mark.parametrize("bare", [False, True])
def test_a_mail_that_was_deleted_meanwhile_is_passed_over(
    provider: GmailProvider, simulator: GmailSimulator, limit: int, bare: bool
) -> None:
    simulator.bare_history = bare
    cursor = from_now(provider)
    mails = [simulator.receive(subject=str(number)) for number in range(4)]
    simulator.mailbox.delete(mails[0])
    simulator.mailbox.delete(mails[2])

    page = provider.fetch_new(cursor, limit=limit)

    assert page.envelopes[0].subject == "1"
    assert subjects(provider, cursor, limit=limit) == ["1", "3"]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_a_record_of_many_mails_can_be_cut_anywhere(
    provider: GmailProvider, simulator: GmailSimulator, limit: int
) -> None:
    cursor = from_now(provider)
    simulator.receive(subject="0")
    with simulator.mailbox.at_once():
        for number in range(1, 6):
            simulator.receive(subject=str(number))
    simulator.receive(subject="6")

    assert subjects(provider, cursor, limit=limit) == [str(number) for number in range(7)]


def test_a_page_is_in_the_order_of_dates(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    simulator.receive(subject="Later", at=minute(5))
    simulator.receive(subject="Earlier", at=minute(3))

    assert subjects(provider, cursor) == ["Earlier", "Later"]


def test_a_long_backlog_is_not_skipped(provider: GmailProvider, simulator: GmailSimulator) -> None:
    simulator.page_size = 2
    cursor = from_now(provider)
    for number in range(70):
        simulator.receive(subject=str(number), at=minute(number))
    found: list[str] = []

    while (page := provider.fetch_new(cursor, limit=20)).envelopes:
        found += [envelope.subject for envelope in page.envelopes]
        cursor = Place.read(page.cursor).but(ahead_at=0).text()  # as if it took hours

    assert found == [str(number) for number in range(70)]


def test_trouble_with_the_first_mail_hides_nothing(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    mails = [simulator.receive(subject=str(number)) for number in range(3)]
    simulator.faults.append(Fault("close", path=mails[0].id))

    with pytest.raises(Unavailable):
        provider.fetch_new(cursor)


def test_trouble_on_the_way_keeps_what_was_read_before_it(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    mails = [simulator.receive(subject=str(number)) for number in range(4)]
    simulator.faults.append(Fault("close", path=mails[2].id))

    page = provider.fetch_new(cursor)

    assert [envelope.subject for envelope in page.envelopes] == ["0", "1"]
    assert subjects(provider, page.cursor) == ["2", "3"]


# History is forgotten


def test_forgotten_history_is_made_good_from_the_last_date(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.receive(subject="Old", at=minute(-3 * 24 * 60))
    simulator.receive(subject="Seen", at=NOW)
    cursor = drain(provider, provider.cursor_at(minute(-60)))[1]
    simulator.receive(subject="Missed", at=minute(10))
    simulator.receive(subject="Late", at=minute(-30))
    simulator.mailbox.forget_history()
    simulator.receive(subject="New", at=minute(20))

    found = subjects(provider, cursor)

    assert {"Missed", "Late", "New"} <= set(found)
    assert "Old" not in found


def test_forgotten_history_brings_nothing_from_before_the_start(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.receive(subject="Before", at=minute(-10))
    cursor = from_now(provider)
    simulator.mailbox.forget_history()
    simulator.mailbox.relabel(simulator.receive(subject="After", at=minute(1)), add=["STARRED"])
    simulator.mailbox.forget_history()

    assert set(subjects(provider, cursor)) == {"After"}


def test_a_mail_rescued_after_history_was_forgotten_comes_in(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    day = 24 * 60
    spam = simulator.receive(subject="Rescued", at=minute(-5 * day), labels=("SPAM",))
    simulator.receive(subject="Seen", at=NOW)
    cursor = drain(provider, provider.cursor_at(minute(-10 * day)))[1]
    simulator.mailbox.relabel(spam, add=["STARRED"])
    simulator.mailbox.forget_history()
    cursor = drain(provider, cursor)[1]

    simulator.mailbox.relabel(spam, add=["INBOX"], remove=["SPAM"])

    assert subjects(provider, cursor) == ["Rescued"]


@pytest.mark.parametrize("inclusive", [False, True])
def test_the_second_before_the_start_is_before_the_start(
    provider: GmailProvider, simulator: GmailSimulator, inclusive: bool
) -> None:
    simulator.after_is_inclusive = inclusive
    simulator.receive(subject="Before", at=NOW - timedelta(seconds=1))
    simulator.receive(subject="At", at=NOW)

    assert subjects(provider, provider.cursor_at(NOW)) == ["At"]


@pytest.mark.parametrize("limit", [1, 4, 50])
def test_a_listing_that_changes_meanwhile_omits_nothing(
    provider: GmailProvider, simulator: GmailSimulator, limit: int
) -> None:
    simulator.page_size = 3
    mails = [simulator.receive(subject=str(number), at=minute(number)) for number in range(9)]
    cursor = provider.cursor_at(NOW)

    page = provider.fetch_new(cursor, limit=limit)
    simulator.mailbox.delete(mails[0])
    simulator.receive(subject="Between", at=minute(3))
    rest = subjects(provider, page.cursor, limit=limit)

    found = {envelope.subject for envelope in page.envelopes} | set(rest)
    assert found == {str(number) for number in range(9)} | {"Between"}


def test_history_can_be_forgotten_during_the_listing(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    for number in range(4):
        simulator.receive(subject=str(number), at=minute(number))
    page = provider.fetch_new(provider.cursor_at(NOW), limit=2)
    simulator.receive(subject="4", at=minute(4))
    simulator.mailbox.forget_history()

    assert {"2", "3", "4"} <= set(subjects(provider, page.cursor, limit=2))


def test_what_the_search_does_not_know_yet_is_listed_later(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    start = datetime.now(UTC)
    simulator.search_lag = 3600
    simulator.receive(subject="Unknown", at=start)
    envelopes, cursor = drain(provider, provider.cursor_at(start))
    assert envelopes == []
    simulator.search_lag = 0

    later = Place.read(cursor).but(again_at=0).text()

    assert subjects(provider, later) == ["Unknown"]
    assert Place.read(provider.fetch_new(later).cursor).again_at is None


def test_looking_again_brings_nothing_from_before_the_start(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    start = datetime.now(UTC)
    simulator.receive(subject="Before", at=start - timedelta(minutes=2))
    cursor = drain(provider, provider.cursor_at(start))[1]

    assert subjects(provider, Place.read(cursor).but(again_at=0).text()) == []


def test_a_mail_of_the_same_second_is_not_missed(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.receive(subject="Whole seconds", at=NOW)

    assert subjects(provider, provider.cursor_at(NOW + timedelta(milliseconds=900))) == [
        "Whole seconds"
    ]


def test_a_date_in_the_future_does_not_hide_what_comes_after(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    simulator.receive(subject="From 2038", at=datetime(2038, 1, 1, tzinfo=UTC))
    cursor = drain(provider, cursor)[1]
    simulator.receive(subject="Today")
    simulator.mailbox.forget_history()

    assert "Today" in subjects(provider, cursor)


def test_what_shows_late_in_history_is_not_missed(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    simulator.receive(subject="Late")
    [late] = [simulator.mailbox.history.pop()]
    for _ in range(3):
        cursor = provider.fetch_new(cursor).cursor
    simulator.mailbox.history.append(late)

    assert subjects(provider, cursor) == ["Late"]


# What it costs


def test_a_quiet_poll_is_one_request_over_a_kept_connection(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    cursor = from_now(provider)
    before = len(simulator.requests)

    for _ in range(20):
        cursor = provider.fetch_new(cursor).cursor

    assert len(simulator.requests) - before == 20
    assert simulator.handshakes == 1


def test_a_quiet_mailbox_does_not_fall_behind_its_history(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)
    cursor = from_now(provider)
    simulator.mailbox.relabel(mail, add=["STARRED"])
    for _ in range(2):
        long_after = Place.read(cursor).but(ahead_at=0).text()
        cursor = provider.fetch_new(long_after).cursor
    simulator.mailbox.forget_history()
    before = len(simulator.requests)

    provider.fetch_new(cursor)

    assert len(simulator.requests) - before == 1


def test_the_library_is_built_once(opened: Callable[..., GmailProvider]) -> None:
    one, other = opened(), opened()

    assert one._calls is other._calls


def test_a_quiet_poll_builds_nothing(provider: GmailProvider, simulator: GmailSimulator) -> None:
    cursor = from_now(provider)
    simulator.requests.clear()
    made = client._built.cache_info()

    for _ in range(5):
        cursor = provider.fetch_new(cursor).cursor

    assert client._built.cache_info() == made
    assert [request.path for request in simulator.requests] == [HISTORY] * 5


def test_a_mailbox_that_is_only_polled_needs_no_library(
    provider: GmailProvider, simulator: GmailSimulator, authority: Authority
) -> None:
    settings = provider.account.deployment
    code = (
        "import sys; from core.deployment import *; from providers.base import Account\n"
        "from core.messages import Address; from core.connections import Credentials\n"
        "from providers.plugins.gmail import GmailProvider\n"
        f"account = Account(address=Address(handle={ALICE!r}), deployment=Deployment(\n"
        f"  gmail_api_url={settings.gmail_api_url!r}, ca_bundle={str(authority.bundle)!r}),\n"
        f"  credentials=Credentials(access_token={simulator.tokens.issue(ALICE, READ, WRITE)!r}))\n"
        f"GmailProvider(account).fetch_new({from_now(provider)!r})\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'google', 'googleapiclient', 'httplib2', 'requests'}))"
    )

    assert printed(code) == "[]"


def printed(code: str) -> str:
    """What `code` says in an interpreter of its own."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_nothing_of_google_is_loaded_with_the_providers() -> None:
    code = (
        "import sys; from providers import Registry; Registry.discover().named('gmail')\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'google', 'googleapiclient', 'httplib2', 'requests'}))"
    )

    assert printed(code) == "[]"


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("googleapiclient", "google-api-python-client"),
        ("google_auth_oauthlib", "google-auth-oauthlib"),
    ],
)
def test_without_a_library_it_says_what_to_install(module: str, package: str) -> None:
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from providers import Registry; print(Registry.discover().broken['gmail'])"
    )

    assert f"pip install {package}" in printed(code)


def test_a_call_ends_in_time(provider: GmailProvider, simulator: GmailSimulator) -> None:
    place = Place.read(from_now(provider))
    simulator.faults.append(Fault("hang", seconds=3, path="/history"))
    start = time.monotonic()

    with pytest.raises(Unavailable):
        read_on(provider._gmail, place, limit=50, deadline=Deadline(0.3))

    assert time.monotonic() - start < 2


def test_nothing_is_asked_when_the_time_is_up(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    place = Place.read(from_now(provider))
    before = len(simulator.requests)

    with pytest.raises(Unavailable, match="too slowly"):
        read_on(provider._gmail, place, limit=50, deadline=Deadline(0))

    assert len(simulator.requests) == before


# Whole mails


def test_a_mail_that_is_too_big_is_not_fetched(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.receive(at=NOW)
    [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
    before = len(simulator.requests)

    message = provider.fetch(envelope.model_copy(update={"size": 30_000_000}))

    assert "25 MB" in message.problem
    assert len(simulator.requests) == before


def test_a_thread_is_told_with_both_sides(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    first = simulator.receive("How much?", at=NOW)
    mine = simulator.answer_by_hand(first, at=minute(1))
    simulator.answer_by_hand(first, at=minute(1)).labels = {"DRAFT"}
    reference = ("References", mine.header("Message-ID"))
    simulator.receive("Thanks?", subject="Re: Tent", at=minute(2), headers=[reference])
    simulator.receive("More", subject="Re: Tent", at=minute(3), headers=[reference])
    envelope = provider.fetch_new(provider.cursor_at(minute(2))).envelopes[0]

    thread = provider.fetch_thread(provider.fetch(envelope))

    assert [message.text for message in thread] == ["How much?", "I have sent it.", "Thanks?"]


# Writing


def test_a_draft_lies_in_the_thread_and_bears_our_mark(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)

    handle = provider.prepare(an_answer(mail), key=KEY)

    draft_id, thread_id = handle.split(" ")
    draft = simulator.mailbox.mails[simulator.mailbox.drafts[draft_id]]
    assert (draft.labels, draft.thread_id, thread_id) == ({"DRAFT"}, mail.thread_id, thread_id)
    assert draft.header("X-Orchestre-Reply") == KEY
    assert simulator.sent() == []


def test_a_thread_that_is_gone_is_no_reason_not_to_answer(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_outgoing(thread_id=ELSEWHERE, in_reply_to="<gone@customer.example>")

    handle = provider.prepare(outgoing, key=KEY)
    provider.send(outgoing, key=KEY, handle=handle)

    assert len(simulator.sent()) == 1
    assert provider.find_sent(KEY, outgoing=outgoing, handle=handle)


def test_the_proof_looks_into_the_thread_that_gmail_chose(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.search_lag = 3600
    outgoing = an_outgoing(thread_id=ELSEWHERE)
    handle = provider.prepare(outgoing, key=KEY)
    provider.send(outgoing, key=KEY, handle=handle)

    assert provider.find_sent(KEY, outgoing=outgoing, handle=handle)


def test_an_answer_that_names_nothing_is_a_doubt(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    simulator.faults.extend([Fault("answer", after=True, response=Response(200, b"{}"))] * 2)

    with pytest.raises(NoAnswer):
        provider.send(outgoing, key=KEY, handle=handle)
    with pytest.raises(NoAnswer):
        provider.prepare(outgoing, key="another")


def test_a_letter_of_our_own_needs_no_handle(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    provider.send(an_outgoing(), key="alert 7")

    assert [delivered.key for delivered in simulator.sent()] == ["alert 7"]


@pytest.mark.parametrize("after", [False, True])
def test_a_letter_whose_draft_is_in_doubt_was_not_sent(
    provider: GmailProvider, simulator: GmailSimulator, after: bool
) -> None:
    simulator.faults.append(Fault("close", after=after, path="/drafts"))

    with pytest.raises(Unavailable):
        provider.send(an_outgoing(), key="alert 7")

    assert simulator.sent() == []


# The proof


@pytest.mark.parametrize("rewrites", [False, True])
@pytest.mark.parametrize("lag", [0, 3600])
def test_a_sent_answer_is_found_in_its_thread(
    provider: GmailProvider, simulator: GmailSimulator, rewrites: bool, lag: float
) -> None:
    simulator.mailbox.rewrites_message_id, simulator.search_lag = rewrites, lag
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    receipt = provider.send(outgoing, key=KEY, handle=handle)

    found = provider.find_sent(KEY, outgoing=outgoing, handle=handle)

    assert found
    assert found.id == receipt.id


def test_a_sent_answer_is_found_in_another_thread(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    provider.send(outgoing, key=KEY, handle=handle)
    [sent] = [mail for mail in simulator.mailbox.mails.values() if "SENT" in mail.labels]
    simulator.mailbox.split_off(sent)

    assert provider.find_sent(KEY, outgoing=outgoing, handle=handle)


def test_a_draft_that_is_still_there_proves_that_nothing_was_sent(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)

    assert provider.find_sent(KEY, outgoing=outgoing, handle=handle) is None


def test_a_draft_that_the_owner_has_deleted_proves_nothing(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    draft_id = simulator.mailbox.drafts[handle.partition(" ")[0]]
    simulator.mailbox.delete(simulator.mailbox.mails[draft_id])

    with pytest.raises(NotSupported):
        provider.find_sent(KEY, outgoing=outgoing, handle=handle)


def test_a_stranger_cannot_prove_that_we_have_sent(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)
    outgoing = an_answer(mail)
    handle = provider.prepare(outgoing, key=KEY)
    simulator.mailbox.delete(
        simulator.mailbox.mails[simulator.mailbox.drafts[handle.partition(" ")[0]]]
    )
    copied = [("References", mail.header("Message-ID")), ("X-Orchestre-Reply", KEY)]
    simulator.receive(subject="Re: Tent", at=minute(1), headers=copied)

    with pytest.raises(NotSupported):
        provider.find_sent(KEY, outgoing=outgoing, handle=handle)


def test_a_second_send_is_a_doubt_that_the_proof_settles(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    provider.send(outgoing, key=KEY, handle=handle)

    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever is no promise
        provider.send(outgoing, key=KEY, handle=handle)

    assert not isinstance(caught.value, OrchestreError)
    assert len(simulator.sent()) == 1
    assert provider.find_sent(KEY, outgoing=outgoing, handle=handle)


# By hand


def test_what_the_owner_wrote_before_the_mail_does_not_answer_it(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    first = simulator.receive(at=NOW)
    mine = simulator.answer_by_hand(first, at=minute(1))
    reference = ("References", mine.header("Message-ID"))
    simulator.receive("And?", subject="Re: Tent", at=minute(2), headers=[reference])
    [envelope] = provider.fetch_new(provider.cursor_at(minute(2))).envelopes

    assert not provider.answered_by_hand(provider.fetch(envelope))


def test_a_draft_of_the_owner_is_no_answer(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)
    [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
    draft = simulator.answer_by_hand(mail, at=minute(1))
    draft.labels = {"DRAFT"}

    assert not provider.answered_by_hand(provider.fetch(envelope))


def test_a_thread_that_is_gone_was_not_answered(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    mail = simulator.receive(at=NOW)
    [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
    message = provider.fetch(envelope)
    simulator.mailbox.delete(mail)

    assert not provider.answered_by_hand(message)


# What goes wrong, and what that means

LOST = ["close", "reset", "hang", "cut", "late"]
BROKEN = [
    *(Response(status) for status in (500, 502, 503, 504)),
    *(Response(200, body) for body in (b"<html>", b"[]", b"\xff{}")),
]


def lost(kind: str, *, after: bool) -> Fault:
    return Fault(kind, after=after, seconds=0.05, path="/users/me/")


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("after", [False, True])
def test_a_send_whose_answer_is_lost_is_a_doubt_that_the_proof_settles(
    provider: GmailProvider, simulator: GmailSimulator, kind: str, after: bool
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    simulator.faults.append(lost(kind, after=after))
    before = len(simulator.requests)

    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever is no promise
        provider.send(outgoing, key=KEY, handle=handle)

    done = after or kind == "late"
    assert not isinstance(caught.value, OrchestreError)
    assert len(simulator.requests) - before == 1
    assert len(simulator.sent()) == done
    assert bool(provider.find_sent(KEY, outgoing=outgoing, handle=handle)) is done


@pytest.mark.parametrize("response", BROKEN)
@pytest.mark.parametrize("after", [False, True])
def test_a_send_that_is_answered_badly_is_a_doubt(
    provider: GmailProvider, simulator: GmailSimulator, response: Response, after: bool
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    simulator.faults.append(Fault("answer", after=after, response=response))

    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever is no promise
        provider.send(outgoing, key=KEY, handle=handle)

    assert not isinstance(caught.value, OrchestreError)
    assert bool(provider.find_sent(KEY, outgoing=outgoing, handle=handle)) is after


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("after", [False, True])
def test_a_draft_whose_answer_is_lost_is_at_most_an_orphan(
    provider: GmailProvider, simulator: GmailSimulator, kind: str, after: bool
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    simulator.faults.append(lost(kind, after=after))

    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever is no promise
        provider.prepare(outgoing, key=KEY)
    assert not isinstance(caught.value, OrchestreError)
    provider.send(outgoing, key=KEY, handle=provider.prepare(outgoing, key=KEY))

    assert len(simulator.sent()) == 1
    assert len(simulator.mailbox.drafts) == (after or kind == "late")


def test_whatever_goes_wrong_every_answer_arrives_once(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoings = {f"key-{n}": an_answer(simulator.receive(subject=str(n))) for n in range(25)}
    simulator.fault_rate = 0.5

    for key, outgoing in outgoings.items():
        handle, receipt = "", None
        while not receipt:
            with suppress(Exception):  # what each of them means is told above
                handle = handle or provider.prepare(outgoing, key=key)
                receipt = provider.find_sent(key, outgoing=outgoing, handle=handle)
                receipt = receipt or provider.send(outgoing, key=key, handle=handle)

    assert sorted(delivered.key for delivered in simulator.sent()) == sorted(outgoings)


READS: dict[str, Callable[[GmailProvider, Envelope, str, str], object]] = {
    "identify": lambda provider, envelope, cursor, handle: provider.identify(),
    "cursor_at": lambda provider, envelope, cursor, handle: provider.cursor_at(NOW),
    "fetch_new": lambda provider, envelope, cursor, handle: provider.fetch_new(cursor),
    "fetch": lambda provider, envelope, cursor, handle: provider.fetch(envelope),
    "find_sent": lambda provider, envelope, cursor, handle: provider.find_sent(
        KEY, outgoing=an_outgoing(), handle=handle
    ),
}
TROUBLES = [
    *(lost(kind, after=after) for kind in LOST for after in (False, True)),
    *(Fault("answer", response=response) for response in (*BROKEN, too_many(429), too_many(403))),
]


@pytest.mark.parametrize("read", READS)
def test_trouble_while_reading_is_for_later_and_hides_nothing(
    provider: GmailProvider, simulator: GmailSimulator, read: str
) -> None:
    simulator.receive(at=NOW)
    cursor = provider.cursor_at(NOW)
    [envelope] = provider.fetch_new(cursor).envelopes
    handle = provider.prepare(an_outgoing(), key=KEY)
    sound = READS[read](provider, envelope, cursor, handle)

    for fault in TROUBLES:
        simulator.faults.append(fault)
        with pytest.raises(Unavailable):
            READS[read](provider, envelope, cursor, handle)

    assert not simulator.faults
    if read != "cursor_at":
        assert READS[read](provider, envelope, cursor, handle) == sound


CERTAIN: dict[str, tuple[Response, type[OrchestreError]]] = {
    "400": (error(400, "invalidArgument", "Bad"), Refused),
    "403": (error(403, "forbidden", "No", "PERMISSION_DENIED"), Refused),
    "403 domain": (error(403, "domainPolicy", "No"), Refused),
    "403 off": (error(403, "accessNotConfigured", "No"), Refused),
    "403 scope": (error(403, "insufficientPermissions", "No"), ReauthorizationRequired),
    "403 rate": (too_many(403), Unavailable),
    "403 user rate": (too_many(403, "userRateLimitExceeded"), Unavailable),
    "403 day": (too_many(403, "dailyLimitExceeded"), Unavailable),
    "413": (Response(413, b"<html>"), Refused),
    "429": (too_many(429), Unavailable),
    "429 bare": (Response(429), Unavailable),
}


@pytest.mark.parametrize("told", CERTAIN)
@pytest.mark.parametrize("path", ["/drafts/send", "/drafts", "/history"])
def test_what_gmail_refuses_for_certain_was_not_done(
    provider: GmailProvider, simulator: GmailSimulator, told: str, path: str
) -> None:
    response, meaning = CERTAIN[told]
    cursor = from_now(provider)
    outgoing = an_answer(simulator.receive())
    handle = provider.prepare(outgoing, key=KEY)
    simulator.faults.append(Fault("answer", response=response, path=path))
    calls: dict[str, Callable[[], object]] = {
        "/drafts/send": lambda: provider.send(outgoing, key=KEY, handle=handle),
        "/drafts": lambda: provider.prepare(outgoing, key="another"),
        "/history": lambda: provider.fetch_new(cursor),
    }
    if (told, path) == ("400", "/history"):
        assert provider.fetch_new(cursor).envelopes  # as good as forgotten: listed again
        return

    with pytest.raises(meaning):
        calls[path]()

    assert simulator.sent() == []
    assert list(simulator.mailbox.drafts) == [handle.partition(" ")[0]]


def test_gmail_says_when_to_come_back(provider: GmailProvider, simulator: GmailSimulator) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    told = error(429, "userRateLimitExceeded", f"User-rate limit exceeded.  Retry after {until}")
    bare = Response(503, headers={"Retry-After": "7"})
    simulator.faults.extend(Fault("answer", response=x, path="/profile") for x in (told, bare))

    with pytest.raises(Unavailable) as limited:
        provider.identify()
    with pytest.raises(Unavailable) as broken:
        provider.identify()

    assert 80 < (limited.value.retry_after or 0) <= 90
    assert broken.value.retry_after == 7


def test_a_used_up_quota_is_for_later(provider: GmailProvider, simulator: GmailSimulator) -> None:
    cursor = from_now(provider)
    for number in range(5):
        simulator.receive(subject=str(number))
    simulator.units = 2 + 3 * 5

    page = provider.fetch_new(cursor)
    with pytest.raises(Unavailable):
        provider.fetch_new(page.cursor)
    simulator.units = None

    assert [envelope.subject for envelope in page.envelopes] == ["0", "1", "2"]
    assert subjects(provider, page.cursor) == ["3", "4"]


# Access


def test_a_token_that_ran_out_is_renewed_before_anything_fails(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    provider.identify()
    simulator.tokens.expire(ALICE)

    provider.identify()

    assert simulator.tokens.refreshes == 2


def test_a_token_that_runs_out_at_the_send_is_renewed_and_it_is_sent_once(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    simulator.tokens.expire(ALICE)

    provider.send(outgoing, key=KEY, handle=handle)

    assert len(simulator.sent()) == 1


def test_access_that_was_taken_back_asks_the_owner(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    simulator.tokens.revoke(ALICE)

    with pytest.raises(ReauthorizationRequired, match="password"):
        provider.send(outgoing, key=KEY, handle=handle)

    assert simulator.sent() == []


def test_a_new_token_that_is_not_taken_is_no_end_of_the_permission(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    simulator.tokens.lifetime = -1
    outgoing = an_answer(simulator.receive(at=NOW))

    with pytest.raises(Unavailable, match="just renewed"):
        provider.send(outgoing, key=KEY, handle="r1 t1")

    assert [request.path for request in simulator.requests].count("/token") == 2
    assert simulator.sent() == []


@pytest.mark.parametrize("scopes", [(READ,), (WRITE,)])
def test_an_account_that_gives_half_of_it_is_not_linked(
    opened: Callable[..., GmailProvider], scopes: tuple[str, ...]
) -> None:
    with pytest.raises(ReauthorizationRequired, match="reading mail, and writing"):
        opened(*scopes).identify()


def test_addresses_words_and_tokens_are_in_no_exception(
    provider: GmailProvider, simulator: GmailSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    outgoing = an_answer(simulator.receive(at=NOW))
    handle = provider.prepare(outgoing, key=KEY)
    token = next(iter(simulator.tokens.tokens))
    words = f"{BOB} {token} {outgoing.body}"
    told = [error(status, words, words, words) for status in (400, 403, 404, 429, 500)]
    simulator.faults.extend(Fault("answer", response=each) for each in told)
    simulator.faults.append(Fault("answer", response=Response(403, words.encode())))
    simulator.faults.append(Fault("answer", response=Response(200, words.encode())))
    simulator.faults.append(Fault("reset"))

    said = []
    while simulator.faults:
        with pytest.raises(Exception) as caught:  # noqa: PT011  # each of them
            provider.send(outgoing, key=KEY, handle=handle)
        said.append(f"{caught.value} {caught.value!r}")

    assert len(said) == 8
    for secret in (BOB, token, "99 euros"):
        assert not [text for text in said if secret in text]
        assert secret not in caplog.text


@pytest.mark.parametrize("status", [200, 204, 400, 404, 405, 501])
def test_who_may_write_is_known_however_a_missing_draft_is_answered(
    provider: GmailProvider, simulator: GmailSimulator, status: int
) -> None:
    answer = Response(status)
    simulator.faults.append(Fault("answer", method="DELETE", path="drafts", response=answer))

    assert provider.identify().handle == ALICE


def test_a_draft_whose_thread_is_not_named_lies_where_it_was_put(
    provider: GmailProvider, simulator: GmailSimulator
) -> None:
    outgoing = an_answer(simulator.receive(at=NOW))
    simulator.faults.append(
        Fault("answer", method="POST", path="drafts", response=Response.of({"id": "r1"}))
    )

    assert provider.prepare(outgoing, key=KEY) == f"r1 {outgoing.thread_id}"


def test_a_mail_without_a_date_is_no_old_one() -> None:
    assert system_clock() - letters.date({}) < timedelta(minutes=1)
