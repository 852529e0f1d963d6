"""A Gmail that was written from Google's pages alone, and the product before it.

`python -m tests.strangers.sweep --seeds 20` runs many more trials than these.
"""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.deployment import Deployment, OAuthClient
from core.errors import Unavailable
from core.messages import Address
from providers.base import Account, BaseProvider
from providers.plugins.gmail import GmailProvider

from .faults import Fault, Programme
from .gmail import CLIENT, SECRET, Gmail
from .gmail_mailbox import Mailbox
from .gmail_shape import decoded, encoded
from .installations import Inside, Processes
from .letters import Lot, write
from .trial import Plan, Trial

pytestmark = [pytest.mark.network, pytest.mark.timeout(280)]

ME = "shop@alpine.example"
LATE = 0.5


@pytest.fixture
def gmail(tmp_path: Path) -> Iterator[Gmail]:
    double = Gmail(tmp_path, Programme(1))
    double.add(ME, "Alpine Shop")
    yield double
    double.close()
    assert double.wire.trouble == []


@pytest.fixture
def box(gmail: Gmail) -> Mailbox:
    return gmail.boxes[ME]


@pytest.fixture
def provider(gmail: Gmail) -> BaseProvider:
    """Ours, which knows the double by its settings only."""
    tokens = gmail.accounts.grant(ME)
    deployment = Deployment(
        gmail_api_url=gmail.url,
        google_token_url=f"{gmail.url}/token",
        ca_bundle=gmail.bundle,
        google=OAuthClient(id=CLIENT, secret=SecretStr(SECRET)),
    )
    credentials = Credentials(refresh_token=SecretStr(tokens["refresh_token"]))
    return GmailProvider(
        Account(address=Address(handle=ME), credentials=credentials, deployment=deployment)
    )


@pytest.fixture
def theirs(gmail: Gmail) -> Iterator[Any]:
    """Google's own client for Python, as it is. It brings no types."""
    plain = import_module("httplib2").Http(ca_certs=str(gmail.bundle))
    token = import_module("google.oauth2.credentials").Credentials(
        gmail.accounts.grant(ME)["access_token"]
    )
    http = import_module("google_auth_httplib2").AuthorizedHttp(token, http=plain)
    service = import_module("googleapiclient.discovery").build_from_document(
        import_module("googleapiclient.discovery_cache").get_static_doc("gmail", "v1"),
        http=http,
        client_options={"api_endpoint": f"{gmail.url}/"},
    )
    yield service.users()
    http.close()


def put(box: Mailbox, number: int, **more: Any) -> str:
    letter = write(number, ME, Lot.PLAIN, random.Random(number))
    box.put(letter.raw, ["INBOX", "UNREAD"], **more)
    return letter.subject


def news(provider: BaseProvider, cursor: str) -> tuple[list[str], str]:
    """The subjects of everything that is new, and where to read on."""
    found: list[str] = []
    while True:
        try:
            page = provider.fetch_new(cursor)
        except Unavailable as error:
            # A kept connection was closed while it was idle, as it may be: the next look tells.
            if "EOF" not in str(error):
                raise
            continue
        cursor = page.cursor
        if not page.envelopes:
            return found, cursor
        found += [one.subject for one in page.envelopes]


def test_googles_own_client_gets_along_with_the_double(theirs: Any, box: Mailbox) -> None:
    start = theirs.getProfile(userId="me").execute()["historyId"]
    subject = put(box, 1)

    listed = theirs.history().list(userId="me", startHistoryId=start).execute()
    short = listed["history"][0]["messagesAdded"][0]["message"]
    asked = theirs.messages().get(userId="me", id=short["id"], format="raw").execute()
    mail = message_from_bytes(decoded(asked["raw"]))
    answer = (
        f"To: {mail['From']}\r\nSubject: Re: {subject}\r\nIn-Reply-To: {mail['Message-ID']}\r\n"
        f"References: {mail['Message-ID']}\r\n\r\nIt is 199.\r\n"
    )
    message = {"raw": encoded(answer.encode(), box.random), "threadId": short["threadId"]}
    draft = theirs.drafts().create(userId="me", body={"message": message}).execute()
    sent = theirs.drafts().send(userId="me", body={"id": draft["id"]}).execute()

    assert sent["threadId"] == short["threadId"] != short["id"]
    assert sent["id"] != draft["message"]["id"]
    assert [one.by for one in box.left] == ["api"]
    assert box.drafts == {}


def test_what_is_listed_is_read_once(provider: BaseProvider, box: Mailbox) -> None:
    _, cursor = news(provider, provider.cursor_at(datetime.now(UTC)))
    subjects = [put(box, number) for number in range(30)]

    found, cursor = news(provider, cursor)
    again, _ = news(provider, cursor)

    assert sorted(found) == sorted(subjects)
    assert again == []


def test_what_is_listed_before_it_can_be_read_comes_in_later(
    provider: BaseProvider, box: Mailbox
) -> None:
    _, cursor = news(provider, provider.cursor_at(datetime.now(UTC)))
    subject = put(box, 1, unread=LATE)
    early, cursor = news(provider, cursor)

    time.sleep(LATE)
    found, _ = news(provider, cursor)

    assert [*early, *found] == [subject]


def test_pages_of_history_that_hold_nothing_are_passed(
    provider: BaseProvider, gmail: Gmail, box: Mailbox
) -> None:
    _, cursor = news(provider, provider.cursor_at(datetime.now(UTC)))
    gmail.most_records = 5
    known = box.put(b"Subject: old\r\n\r\n", ["INBOX"])
    _, cursor = news(provider, cursor)
    for _ in range(60):  # somebody stars, and stars, which is not asked for
        box.note("labelsAdded", known, ("STARRED",))
    subject = put(box, 1)

    found: list[str] = []
    for _ in range(5):
        more, cursor = news(provider, cursor)
        found += more

    assert found == [subject]


def test_one_mail_that_gmail_cannot_read_does_not_keep_back_the_others(
    provider: BaseProvider, gmail: Gmail, box: Mailbox
) -> None:
    _, cursor = news(provider, provider.cursor_at(datetime.now(UTC)))
    put(box, 1)
    gmail.unreadable = {next(reversed(box.mails))}
    subject = put(box, 2)

    found: list[str] = []
    for _ in range(5):
        with suppress(Unavailable):
            more, cursor = news(provider, cursor)
            found += more

    assert found == [subject]


def test_a_token_that_is_refused_though_new_is_no_end_of_the_permission(
    provider: BaseProvider, gmail: Gmail
) -> None:
    """Only `invalid_grant` ends it: the refresh has not failed (guide *handle-errors*, 401)."""
    gmail.refusals = 2

    with pytest.raises(Unavailable):
        provider.identify()


def test_a_draft_that_nobody_knows_of_and_a_person_sends_is_an_answer(tmp_path: Path) -> None:
    """Gmail's answer to `drafts.create` is lost; the owner finds the draft, and sends it."""
    only = (Fault.CLOSED_AFTER,)
    plan = Plan(
        1,
        letters=3,
        writing=0.5,
        weather=3,
        reads=0,
        writes=1,
        horizon=0,
        only=only,
        lot=Lot.DRAFT_SENT_AT_ONCE,
    )

    outcome = Trial(plan, tmp_path, Inside).run()

    assert [str(one) for one in outcome.judgement.findings] == []


def test_in_bad_weather_the_product_answers_each_letter_once_and_in_its_place(
    tmp_path: Path,
) -> None:
    plan = Plan(7, letters=45, writing=5, weather=9, limit=100, horizon=1, hangs=0)

    outcome = Trial(plan, tmp_path, Processes).run()

    assert [str(one) for one in outcome.judgement.findings] == []
    assert outcome.settled
    assert sum(outcome.faults.values()) > 0
    assert outcome.judgement.figures["sent"] > 0
