"""Services prove themselves before anything is kept, and only those are hurried who are meant."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient

from apis.app import KNOCKS, create_app
from apis.limiter import Doorman, Limiter
from apis.webhooks import BODY_BYTES
from core.connections import Connection
from core.watches import Watch
from providers.http import shared
from tests.conftest import FrozenClock
from tests.pushing import Post, Services, served
from tests.simulators import gmail, pubsub, slack, slack_events, telegram
from tests.simulators.pubsub import Signer
from tests.simulators.pushes import PUBLIC_URL, Knock, Pushed, knocker
from tests.simulators.service import Authority
from tests.simulators.slack_events import callback, said, signed

pytestmark = pytest.mark.network

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Street(NamedTuple):
    """One account at each service, with its watch made, and nothing else to do."""

    post: Post
    knock: Knock
    services: Services
    slack: Connection
    telegram: Connection
    gmail: Connection
    outlook: Connection


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    home = tmp_path_factory.mktemp("street")
    with Services(Authority(home)).running() as services:
        post = Post(home, **services.settings())
        with served(post) as client:
            services.graph.subscriptions.knock = knocker(client)
            linked = [
                post.link("slack", slack.BOT, token=slack.TOKEN),
                post.link("telegram", telegram.USERNAME, token=telegram.TOKEN),
                post.link("gmail", gmail.OWNER, token=services.gmail.link()),
                post.link("outlook", "alice@shop.example", token=services.graph.link()),
            ]
            post.settle()
            yield Street(post, knocker(client), services, *linked)
    shared(services.authority.bundle).close()


@pytest.fixture(autouse=True)
def quiet(street: Street) -> Iterator[None]:
    """Every test finds the street as if nobody had ever knocked."""
    street.services.telegram.updates.clear()
    street.services.pubsub.messages.clear()
    yield
    street.post.settle()


# What is real


def event(street: Street, **changes: Any) -> Pushed:
    payload = callback(said("How much is the tent?"), bot=slack.BOT)
    return signed(payload, at=time.time(), **changes)


def update(street: Street) -> Pushed:
    """What Telegram would bring now; it says the secret that it was told."""
    simulator = street.services.telegram
    simulator.receive("How much is the tent?")
    [newest] = simulator.updates[-1:]
    body = json.dumps({"update_id": newest.id, "message": newest.body}).encode()
    return Pushed(simulator.webhook, {SECRET_HEADER: simulator.secret}, body)


def message(street: Street, token: str = "", **data: Any) -> Pushed:
    simulator = street.services.pubsub
    simulator.messages.clear()
    simulator.publish({"emailAddress": gmail.OWNER, "historyId": 1} | data)
    [pushed] = simulator.pushes(token)
    return pushed


def notice(street: Street, **changes: Any) -> Pushed:
    subscriptions = street.services.graph.subscriptions
    [one] = subscriptions.there.values()
    return subscriptions.notice(one, **changes)


def test_a_proven_event_makes_its_account_due(street: Street) -> None:
    answered = street.knock(event(street))

    assert (answered.status, answered.text) == (200, "")
    assert street.post.due_by_hint() == {street.slack.id}


def test_slack_is_answered_its_challenge(street: Street) -> None:
    challenge = {"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd"}

    answered = street.knock(signed(challenge, at=time.time()))

    assert answered == (200, challenge["challenge"], "text/plain")
    assert street.post.due_by_hint() == set()


def test_an_event_that_slack_sends_again_changes_nothing_more(street: Street) -> None:
    first = event(street)
    street.knock(first)

    again = first._replace(headers=first.headers | {"X-Slack-Retry-Num": "1"})

    assert street.knock(again).status == 200
    assert street.post.due_by_hint() == {street.slack.id}


@pytest.mark.parametrize(
    "told",
    [
        said("how is the weather?", kind="channel"),
        said("It is 199 euros.", user=slack.BOT),
        {"type": "reaction_added", "user": "U0BOB"},
        {"type": "message"},
    ],
    ids=["between others", "our own", "a reaction", "nothing at all"],
)
def test_what_is_not_for_the_bot_hurries_nobody(street: Street, told: dict[str, Any]) -> None:
    answered = street.knock(signed(callback(told, bot=slack.BOT), at=time.time()))

    assert answered.status == 200
    assert street.post.due_by_hint() == set()


@pytest.mark.parametrize(
    "told",
    [
        said(f"<@{slack.BOT}> how much?", kind="channel"),
        said("and in green?", kind="channel", thread_ts="1.000001"),
        {"type": "app_mention", "user": "U0BOB", "text": "hi"},
        {"type": "tokens_revoked"},
        said("how much?", kind="mpim"),
    ],
    ids=["a mention", "a reply", "a mention by name", "the end", "between a few"],
)
def test_what_may_be_for_the_bot_hurries_it(street: Street, told: dict[str, Any]) -> None:
    street.knock(signed(callback(told, bot=slack.BOT), at=time.time()))

    assert street.post.due_by_hint() == {street.slack.id}


def test_a_message_that_telegram_brings_is_kept_before_it_is_taken(street: Street) -> None:
    before = len(street.post.replies(street.telegram))

    answered = street.knock(update(street))

    assert answered.status == 200
    assert len(street.post.replies(street.telegram)) == before + 1


def test_a_message_that_telegram_brings_again_is_kept_once(street: Street) -> None:
    pushed = update(street)
    street.knock(pushed)
    rows = street.post.rows()

    assert street.knock(pushed).status == 200
    assert street.post.rows() == rows


def test_a_proven_message_of_pubsub_makes_its_account_due(street: Street) -> None:
    answered = street.knock(message(street))

    assert answered.status == 200
    assert street.post.due_by_hint() == {street.gmail.id}


def test_a_proven_notice_of_graph_makes_its_account_due(street: Street) -> None:
    answered = street.knock(notice(street))

    assert answered.status == 200
    assert street.post.due_by_hint() == {street.outlook.id}


def test_a_missed_notice_is_made_good_by_a_poll(street: Street) -> None:
    street.knock(notice(street, lifecycleEvent="missed"))

    assert street.post.due_by_hint() == {street.outlook.id}


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved"])
def test_a_subscription_that_is_about_to_end_is_renewed_or_made_anew(
    street: Street, event: str
) -> None:
    subscriptions = street.services.graph.subscriptions
    made, renewed = subscriptions.made, subscriptions.renewed
    [pushed] = subscriptions.lifecycle(event)
    if event == "subscriptionRemoved":
        subscriptions.there.clear()

    street.knock(pushed)
    street.post.app.push.renew_due()

    done = (subscriptions.made - made, subscriptions.renewed - renewed)
    assert done == ((1, 0) if event == "subscriptionRemoved" else (0, 1))
    assert street.post.watch(street.outlook).subscription in subscriptions.there
    assert street.knock(notice(street)).status == 200


@pytest.mark.parametrize("historyId", [0, 1, 2**62, -5, "x", None, [], {"a": 1}])
def test_a_forged_record_of_history_moves_nothing(street: Street, historyId: Any) -> None:  # noqa: N803
    cursor = street.post.feed(street.gmail).cursor

    street.knock(message(street, historyId=historyId))
    street.post.poll()

    assert street.post.feed(street.gmail).cursor == cursor


# What is not

Forge = Callable[[Street], Pushed]


def with_header(name: str, value: str | None, real: Forge) -> Forge:
    def forged(street: Street) -> Pushed:
        pushed = real(street)
        headers = {key: text for key, text in pushed.headers.items() if key != name}
        return pushed._replace(headers=headers | ({} if value is None else {name: value}))

    return forged


def with_body(change: Callable[[bytes], bytes], real: Forge) -> Forge:
    return lambda street: (pushed := real(street))._replace(body=change(pushed.body))


def at(seconds: float) -> Forge:
    return lambda street: signed(callback(said("hi"), bot=slack.BOT), at=time.time() + seconds)


def moved(seconds: int) -> Forge:
    """An old recording under a newer time."""

    def forged(street: Street) -> Pushed:
        old = at(-seconds)(street)
        now = {"X-Slack-Request-Timestamp": str(int(time.time()))}
        return old._replace(headers=old.headers | now)

    return forged


def by_token(header: dict[str, Any] | None = None, **claims: Any) -> Forge:
    def forged(street: Street) -> Pushed:
        return message(street, street.services.pubsub.signer.token(header, **claims))

    return forged


def unsigned(alg: str) -> Forge:
    """A token that says of itself how it is to be checked."""

    def forged(street: Street) -> Pushed:
        signer = street.services.pubsub.signer
        claims = signer.token().split(".")[1]
        head = packed({"alg": alg, "kid": signer.kid, "typ": "JWT"})
        words = f"{head}.{claims}"
        mac = hmac.new(signer.certificate.encode(), words.encode(), hashlib.sha256).digest()
        tail = "" if alg == "none" else base64.urlsafe_b64encode(mac).decode().rstrip("=")
        return message(street, f"{words}.{tail}")

    return forged


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def stranger(kid: str) -> Forge:
    return lambda street: message(street, Signer(kid).token())


def elsewhere(path: str, real: Forge) -> Forge:
    return lambda street: real(street)._replace(url=f"{PUBLIC_URL}/webhooks/{path}")


def at_the_door_of(name: str, real: Forge) -> Forge:
    """A real one's words, brought to another account's address."""

    def forged(street: Street) -> Pushed:
        connection: Connection = getattr(street, name)
        url = f"{PUBLIC_URL}/webhooks/{connection.provider}/{connection.id}"
        return real(street)._replace(url=url)

    return forged


def flipped(body: bytes) -> bytes:
    return body[:-2] + bytes([body[-2] ^ 1]) + body[-1:]


def ended(seconds: int) -> dict[str, Any]:
    """The times of a token that was good for an hour, until so long ago."""
    end = int(time.time()) - seconds
    return {"iat": end - 3600, "exp": end}


def with_date(number: bytes) -> Forge:
    """What Telegram brings, said to be written at another time."""
    return with_body(lambda body: re.sub(rb'"date": \d+', b'"date": ' + number, body), update)


def about(data: bytes) -> Forge:
    """A message of Pub/Sub, signed, in which whoever may write to the topic has put `data`."""
    packed = base64.b64encode(data).decode()
    return with_body(lambda body: json.dumps({"message": {"data": packed}}).encode(), message)


def told_of(body: bytes) -> Forge:
    """Words of a stranger's at the address of Alice's subscription, whose name they know."""

    def forged(street: Street) -> Pushed:
        [one] = street.services.graph.subscriptions.there.values()
        return notice(street)._replace(body=body.replace(b"KNOWN", one.id.encode()))

    return forged


def graph_said(secret: bytes) -> bytes:
    return b'{"value":[{"subscriptionId":"KNOWN","clientState":' + secret + b"}]}"


FIELDS = ("type", "channel_type", "user", "text", "thread_ts")
DEEP = b'{"value":' + b"[" * 100_000


SIGNATURE, STAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
FORGED: dict[str, tuple[Forge, int]] = {
    # Slack
    "slack: no signature": (with_header(SIGNATURE, None, event), 401),
    "slack: empty signature": (with_header(SIGNATURE, "", event), 401),
    "slack: made-up signature": (with_header(SIGNATURE, "v0=" + "0" * 64, event), 401),
    "slack: another version": (with_header(SIGNATURE, "v1=" + "0" * 64, event), 401),
    "slack: more than a signature": (with_header(SIGNATURE, "v0=" + "0" * 9_000, event), 401),
    "slack: no time": (with_header(STAMP, None, event), 401),
    "slack: a time that is a word": (with_header(STAMP, "now", event), 401),
    "slack: a time that is no whole number": (with_header(STAMP, "1e9", event), 401),
    "slack: a time before time": (with_header(STAMP, "-1", event), 401),
    "slack: a time without end": (with_header(STAMP, "9" * 40, event), 401),
    "slack: another secret": (lambda street: event(street, secret="guess"), 401),
    "slack: an empty secret": (lambda street: event(street, secret=""), 401),
    "slack: one byte is another": (with_body(flipped, event), 401),
    "slack: a byte more": (with_body(lambda body: body + b" ", event), 401),
    "slack: a byte less": (with_body(lambda body: body[:-1], event), 401),
    "slack: no body": (with_body(lambda body: b"", event), 401),
    "slack: a recording of six minutes ago": (at(-360), 401),
    "slack: a recording of a day ago": (at(-86_400), 401),
    "slack: signed for later": (at(360), 401),
    "slack: a recording under a new time": (moved(360), 401),
    "slack: signed, but no JSON": (lambda _: signed(b"<html>", at=time.time()), 422),
    "slack: signed, but a list": (lambda _: signed([1], at=time.time()), 422),
    "slack: signed, but without an end": (lambda _: signed(DEEP, at=time.time()), 422),
    "slack: signed, but not in Unicode": (lambda _: signed(b'{"a":"\xff"}', at=time.time()), 422),
    "slack: signed, a challenge that is half a character": (
        lambda _: signed(b'{"type":"url_verification","challenge":"\\ud800"}', at=time.time()),
        422,
    ),
    "slack: signed, and everything is a list": (
        lambda _: signed(callback({name: [] for name in FIELDS}, bot=slack.BOT), at=time.time()),
        200,
    ),
    "slack: signed, for a bot whose name is a list": (
        lambda _: signed(callback(said("hi"), bot=["U"]), at=time.time()),  # type: ignore[arg-type]  # on purpose
        200,
    ),
    "slack: signed, for a bot that no table holds": (
        lambda _: signed(callback(said("hi"), bot="\x00"), at=time.time()),
        200,
    ),
    "slack: signed, a number without end": (
        lambda _: signed(b'{"a":' + b"9" * 9_000 + b"}", at=time.time()),
        422,
    ),
    "slack: an unproven challenge": (
        lambda _: signed({"type": "url_verification", "challenge": "x"}, at=0),
        401,
    ),
    "slack: at a made-up account's door": (elsewhere("slack/nobody", event), 200),
    # Telegram
    "telegram: no secret": (with_header(SECRET_HEADER, None, update), 401),
    "telegram: empty secret": (with_header(SECRET_HEADER, "", update), 401),
    "telegram: made-up secret": (with_header(SECRET_HEADER, "guess", update), 401),
    "telegram: nearly the secret": (
        lambda street: with_header(
            SECRET_HEADER, street.services.telegram.secret[:-1] + "~", update
        )(street),
        401,
    ),
    "telegram: the hash of the secret": (
        lambda street: with_header(
            SECRET_HEADER, street.post.watch(street.telegram).secret, update
        )(street),
        401,
    ),
    "telegram: no account": (elsewhere("telegram", update), 401),
    "telegram: an account that is not there": (elsewhere("telegram/nobody", update), 401),
    "telegram: brought to slack's account": (
        lambda street: elsewhere(f"telegram/{street.slack.id}", update)(street),
        401,
    ),
    "telegram: brought to gmail's account": (
        lambda street: elsewhere(f"telegram/{street.gmail.id}", update)(street),
        401,
    ),
    "telegram: signed by slack": (elsewhere("telegram", event), 401),
    "telegram: proven, but no JSON": (with_body(lambda body: b"{", update), 422),
    "telegram: proven, but a list": (with_body(lambda body: b"[]", update), 422),
    "telegram: proven, but half a message": (
        with_body(lambda body: b'{"update_id":1,"message":{"date":9999999999,"text":"x"}}', update),
        422,
    ),
    "telegram: proven, but without an end": (with_body(lambda body: DEEP, update), 422),
    "telegram: proven, but not in Unicode": (with_body(lambda body: b'{"a":"\xff"}', update), 422),
    "telegram: proven, but half a character": (
        with_body(lambda body: body.replace(b"How much", b"\\ud800"), update),
        422,
    ),
    "telegram: proven, at no time": (with_date(b"1e999"), 422),
    "telegram: proven, at the end of time": (with_date(b"99999999999999999999"), 422),
    "telegram: proven, at a time without end": (with_date(b"9" * 9_000), 422),
    # Pub/Sub
    "pubsub: no token": (with_header("Authorization", None, message), 401),
    "pubsub: empty token": (with_header("Authorization", "Bearer ", message), 401),
    "pubsub: no token at all": (with_header("Authorization", "Bearer a.b.c", message), 401),
    "pubsub: another scheme": (with_header("Authorization", "Basic YTpi", message), 401),
    "pubsub: half a token": (
        with_header("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9", message),
        401,
    ),
    "pubsub: unsigned": (unsigned("none"), 401),
    "pubsub: signed with what everybody can see": (unsigned("HS256"), 401),
    "pubsub: an unknown way to sign": (unsigned("XX999"), 401),
    "pubsub: a stranger's key": (stranger("stranger"), 401),
    "pubsub: a stranger's key under Google's name": (stranger("google-1"), 401),
    "pubsub: no name of a key": (stranger(""), 401),
    "pubsub: expired": (lambda street: by_token(**ended(3600))(street), 401),
    "pubsub: expired two minutes ago": (lambda street: by_token(**ended(120))(street), 401),
    "pubsub: without an end": (by_token(exp=None), 401),
    "pubsub: an end that is a word": (by_token(exp="never"), 401),
    "pubsub: from the future": (by_token(iat=int(time.time()) + 86_400), 401),
    "pubsub: another audience": (by_token(aud="https://elsewhere.example"), 401),
    "pubsub: the audience's beginning": (by_token(aud=PUBLIC_URL), 401),
    "pubsub: no audience": (by_token(aud=None), 401),
    "pubsub: several audiences": (by_token(aud=[pubsub.AUDIENCE]), 401),
    "pubsub: another issuer": (by_token(iss="https://accounts.google.com.evil.example"), 401),
    "pubsub: no issuer": (by_token(iss=None), 401),
    "pubsub: another service account": (
        by_token(email="mallory@evil.iam.gserviceaccount.com"),
        401,
    ),
    "pubsub: no service account": (by_token(email=None), 401),
    "pubsub: an unproven address": (by_token(email_verified=False), 401),
    "pubsub: an address proven in words": (by_token(email_verified="true"), 401),
    "pubsub: proven, but no JSON": (with_body(lambda body: b"{", message), 422),
    "pubsub: proven, but no message": (with_body(lambda body: b"{}", message), 422),
    "pubsub: proven, of nobody here": (
        lambda street: message(street, emailAddress="nobody@shop.example"),
        200,
    ),
    "pubsub: proven, of a mailbox without a name": (
        lambda street: message(street, emailAddress=""),
        200,
    ),
    "pubsub: proven, of nothing": (
        with_body(lambda body: b'{"message":{"data":"bm90aGluZw=="}}', message),
        200,
    ),
    "pubsub: proven, but without an end": (with_body(lambda body: DEEP, message), 422),
    "pubsub: proven, of nothing without an end": (about(DEEP), 200),
    "pubsub: proven, of half a character": (about(b'{"emailAddress":"\\ud800"}'), 200),
    "pubsub: proven, of a name that no table holds": (about(b'{"emailAddress":"\\u0000"}'), 200),
    "pubsub: proven, of a list": (about(b'{"emailAddress":["a"]}'), 200),
    # Graph
    "graph: no secret": (lambda street: notice(street, clientState=None), 422),
    "graph: empty secret": (lambda street: notice(street, clientState=""), 401),
    "graph: made-up secret": (lambda street: notice(street, clientState="guess"), 401),
    "graph: the hash of the secret": (
        lambda street: notice(street, clientState=street.post.watch(street.outlook).secret),
        401,
    ),
    "graph: another subscription": (lambda street: notice(street, subscriptionId="another"), 401),
    "graph: no subscription": (lambda street: notice(street, subscriptionId=None), 422),
    "graph: nothing in it": (with_body(lambda body: b'{"value":[]}', notice), 401),
    "graph: no JSON": (with_body(lambda body: b"{", notice), 422),
    "graph: no list": (with_body(lambda body: b'{"value":{"a":1}}', notice), 422),
    "graph: no account": (elsewhere("outlook", notice), 401),
    "graph: an account that is not there": (elsewhere("outlook/nobody", notice), 401),
    "graph: brought to gmail's account": (
        lambda street: elsewhere(f"outlook/{street.gmail.id}", notice)(street),
        401,
    ),
    "graph: an unproven end": (
        lambda street: notice(street, clientState="guess", lifecycleEvent="subscriptionRemoved"),
        401,
    ),
    "graph: without an end": (told_of(DEEP), 422),
    "graph: without an end, of nobody": (elsewhere("outlook/nobody", told_of(DEEP)), 422),
    "graph: nearly too deep": (told_of(b'{"value":' + b"[" * 900 + b"]" * 900 + b"}"), 422),
    "graph: a deep secret": (
        told_of(graph_said(b"[" * 900 + b"]" * 900)),
        422,
    ),
    "graph: a secret that is half a character": (told_of(graph_said(b'"\\ud800"')), 422),
    "graph: a secret that is half a character, in bytes": (
        told_of(graph_said(b'"\xed\xa0\x80"')),
        422,
    ),
    "graph: a secret that is no character": (told_of(graph_said(b'"\\u0000"')), 401),
    "graph: a secret that is a list": (told_of(graph_said(b'["a"]')), 422),
    "graph: a secret without end": (told_of(graph_said(b"9" * 9_000)), 422),
    "graph: a secret that is no number": (told_of(graph_said(b"NaN")), 422),
    "graph: not in Unicode": (told_of(b'{"value":"\xff"}'), 422),
    "graph: in another Unicode": (told_of('{"value":[]}'.encode("utf-16")), 422),
    "graph: a word instead of notices": (told_of(b'{"value":"notices"}'), 422),
    "graph: numbers instead of notices": (told_of(b'{"value":[1,2]}'), 422),
    # Anybody
    "nobody: a service that sends no notices": (elsewhere("imap", event), 404),
    "nobody: a service that is not there": (elsewhere("myspace", event), 404),
    "nobody: the whole file system": (elsewhere("..%2f..%2fetc", event), 404),
    "nobody: too much": (with_body(lambda body: b" " * (BODY_BYTES + 1), event), 413),
    "nobody: far too much": (with_body(lambda body: b" " * 2_000_000, event), 413),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_forged_replayed_stale_or_for_others_leaves_no_row(
    street: Street, name: str
) -> None:
    forge, status = FORGED[name]
    pushed = forge(street)
    before = street.post.rows()

    answered = street.knock(pushed)

    assert answered.status == status
    assert street.post.rows() == before


def test_there_are_enough_forgers() -> None:
    assert len(FORGED) >= 60


@pytest.mark.parametrize(
    "token", ["<script>alert(1)</script>", "a\nb", "é", "x" * 2_001, "\x00", '"'], ids=repr
)
def test_only_plain_words_are_repeated_to_whoever_asks(street: Street, token: str) -> None:
    from urllib.parse import quote

    url = f"{PUBLIC_URL}/webhooks/outlook?validationToken={quote(token)}"

    assert street.knock(Pushed(url, {}, b"")).status == 422


# How often


class Crowd(NamedTuple):
    """Callers of any address, at a door that takes few calls, by a clock that stands."""

    calls: Callable[..., int]


@pytest.fixture
def crowd(street: Street, clock: FrozenClock) -> Iterator[Crowd]:
    app = create_app(street.post.app)
    app.state.doorman = Doorman(Limiter(most=FEW, window=timedelta(minutes=1), clock=clock))
    clients: dict[str, TestClient] = {}

    def calls(pushed: Pushed, *, of: str) -> int:
        client = clients.setdefault(of, TestClient(app, client=(of, 50_000)))
        path = pushed.url.removeprefix(PUBLIC_URL)
        return client.post(path, headers=pushed.headers, content=pushed.body).status_code

    yield Crowd(calls)
    for client in clients.values():
        client.close()


def exhaust(crowd: Crowd, pushed: Pushed, *, of: str) -> set[int]:
    return {crowd.calls(pushed, of=of) for _ in range(FEW)}


FEW = 5
FORGER, SERVICE = "203.0.113.5", "198.51.100.7"


def test_a_stranger_who_knocks_too_often_is_not_understood(
    street: Street, crowd: Crowd, clock: FrozenClock
) -> None:
    forged = event(street, secret="guess")
    assert exhaust(crowd, forged, of=FORGER) == {401}

    answers = [crowd.calls(one, of=FORGER) for one in (forged, event(street))]

    assert answers == [429, 429]
    assert crowd.calls(event(street), of=SERVICE) == 200
    clock.advance(minutes=1)
    assert crowd.calls(forged, of=FORGER) == 401


def test_the_door_is_kept_and_generous(street: Street) -> None:
    doorman = create_app(street.post.app).state.doorman

    for _ in range(KNOCKS):
        doorman.admit(FORGER)

    assert KNOCKS >= 600
    with pytest.raises(HTTPException, match="429"):
        doorman.admit(FORGER)


def test_whoever_has_proven_itself_may_knock_as_often_as_there_is_news(
    street: Street, crowd: Crowd
) -> None:
    real = event(street)
    assert crowd.calls(real, of=SERVICE) == 200

    assert exhaust(crowd, real, of=SERVICE) == {200}
    assert crowd.calls(real, of=SERVICE) == 200


@pytest.mark.parametrize("path", ["outlook?validationToken=x", "outlook/nobody?validationToken=x"])
def test_to_be_repeated_to_proves_nothing(street: Street, crowd: Crowd, path: str) -> None:
    asked = Pushed(f"{PUBLIC_URL}/webhooks/{path}", {}, b"")

    assert exhaust(crowd, asked, of=FORGER) == {200}

    assert crowd.calls(asked, of=FORGER) == 429


def test_a_made_up_key_asks_google_once_in_a_while_only(street: Street) -> None:
    simulator = street.services.pubsub
    street.knock(message(street))
    asked = simulator.certificates_asked

    for number in range(20):
        street.knock(stranger(f"stranger-{number}")(street))

    assert simulator.certificates_asked <= asked + 1


# Whose it is


def test_a_bot_of_the_same_name_in_another_workspace_hears_nothing(street: Street) -> None:
    payload = callback(said("hi"), bot=slack.BOT, team="T0ELSEWHERE")

    answered = street.knock(signed(payload, at=time.time()))

    assert answered.status == 200
    assert street.post.due_by_hint() == set()


def test_an_account_of_the_same_name_that_is_not_that_mailbox_hears_nothing(
    street: Street, tmp_path: Path
) -> None:
    """Mallory calls an account of hers at another service by Alice's address."""
    post, store = street.post, street.post.store
    mine = post.link("dummy", gmail.OWNER, token="any", by=post.other)
    post.settle()

    street.knock(message(street))

    assert post.due_by_hint() == {street.gmail.id}
    assert mine.id not in {watch.id for watch in store.find(Watch, subscription=gmail.OWNER)}
    assert post.app.database.for_owner(post.other).find(Watch) == []


def test_a_secret_opens_no_other_account(street: Street) -> None:
    real = notice(street)
    one = json.loads(real.body)["value"][0]
    forged = Pushed(
        f"{PUBLIC_URL}/webhooks/telegram/{street.telegram.id}",
        {SECRET_HEADER: one["clientState"]},
        update(street).body,
    )
    before = street.post.rows()

    assert street.knock(forged).status == 401
    assert street.post.rows() == before


def test_with_pushes_switched_off_nobody_listens(tmp_path: Path) -> None:
    post = Post(tmp_path, push=False, SLACK_SIGNING_SECRET=slack_events.SECRET)

    with served(post) as client:
        answered = knocker(client)(signed(callback(said("hi"), bot=slack.BOT), at=time.time()))

    assert answered.status == 404
