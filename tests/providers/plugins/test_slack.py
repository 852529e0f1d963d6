from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Credentials
from core.deployment import Deployment
from core.errors import NotSupported, OrchestreError, ReauthorizationRequired, Refused, Unavailable
from core.messages import Address, Envelope, Message, Outgoing
from providers import Account
from providers.http import NoAnswer
from providers.plugins.slack import SlackProvider
from providers.slack import plain
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
from tests.simulators.service import Authority, Fault, Response
from tests.simulators.slack import BOT, TOKEN, Slack


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def opened(
    slack: Slack, authority: Authority, *, token: str = TOKEN, **settings: Any
) -> SlackProvider:
    deployment = Deployment(slack_api_url=f"{slack.url}/api", ca_bundle=authority.bundle)
    return SlackProvider(
        Account(
            address=Address(handle=slack.bot),
            credentials=Credentials(access_token=SecretStr(token)),
            settings={"timeout": 1} | settings,
            deployment=deployment,
        )
    )


class TestSlackProvider(ProviderContract):
    """Where it was said stands for the subject: each is a channel of that name, in which bob
    mentions the bot. What is written to nobody's thread goes to bob directly."""

    @pytest.fixture
    def provider(self, authority: Authority) -> Iterator[SlackProvider]:
        self.slack = Slack(authority, bot=ALICE)
        with self.slack.running():
            self.slack.names[BOB] = "Bob"
            self.deliver("How much is the tent?", subject="Tent", at=NOW)
            self.deliver("Hello?", subject="Tent", at=minute(1))
            provider = opened(self.slack, authority)
            yield provider
            provider.close()

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        channel = self.slack.channel(subject)
        self.slack.receive(f"<@{ALICE}> {text}", sender=BOB, channel=channel, at=at)

    def remove(self, envelope: Envelope) -> None:
        self.slack.delete(envelope.id)

    def sent(self) -> list[Sent]:
        subject = an_outgoing().subject  # Slack has none
        return [Sent(one.to, subject, one.text, one.key) for one in self.slack.sent()]

    def snapshot(self) -> object:
        return [dict(one.messages) for one in self.slack.conversations.values()]

    def answer_by_hand(self, envelope: Envelope) -> bool:
        self.slack.answer_by_hand(envelope.id)
        return True


LOST = [(kind, after) for kind in ("close", "reset", "hang", "cut") for after in (False, True)]
LOST += [("late", True), ("answer", False), ("answer", True)]
"""Every way in which an answer is lost, before and after the effect; `answer` is a 503."""


@pytest.fixture
def slack(authority: Authority) -> Iterator[Slack]:
    slack = Slack(authority, clock=lambda: minute(5))
    with slack.running():
        yield slack


@pytest.fixture
def provider(slack: Slack, authority: Authority) -> SlackProvider:
    return opened(slack, authority)


@pytest.fixture
def start(provider: SlackProvider) -> str:
    return provider.cursor_at(NOW)


def texts(provider: SlackProvider, envelopes: list[Envelope]) -> list[str]:
    return [provider.fetch(envelope).text for envelope in envelopes]


def answer_to(envelope: Envelope, **changes: Any) -> Outgoing:
    return an_outgoing(to=envelope.sender, thread_id=envelope.thread_id, **changes)


def asked(slack: Slack, provider: SlackProvider, text: str = "How much?") -> Envelope:
    """A mention in a channel, as it is read."""
    slack.receive(f"<@{BOT}> {text}", channel=slack.channel("sales"), at=NOW)
    return provider.fetch_new(provider.cursor_at(NOW)).envelopes[-1]


def answered(slack: Slack, provider: SlackProvider) -> tuple[Envelope, str]:
    """A question in a channel that we have answered, and the cursor behind it."""
    asked(slack, provider)
    [envelope], cursor = drain(provider, provider.cursor_at(NOW))
    provider.send(answer_to(envelope), key=KEY)
    return envelope, cursor


# What is for us


def test_a_direct_message_is_for_us_and_its_answer_goes_in_line(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    slack.names["U0BOB"] = "Bob Miller"
    slack.receive("How much is the tent?", at=NOW)

    [envelope] = provider.fetch_new(start).envelopes
    provider.send(answer_to(envelope), key=KEY)

    assert envelope.sender == Address(handle="U0BOB", name="Bob Miller")
    [sent] = slack.sent()
    assert (sent.to, sent.thread) == ("U0BOB", "")
    assert envelope.thread_id == slack.direct("U0BOB")


def test_a_mention_is_for_us_and_its_answer_goes_into_its_thread(
    slack: Slack, provider: SlackProvider
) -> None:
    envelope = asked(slack, provider)

    provider.send(answer_to(envelope), key=KEY)

    [sent] = slack.sent()
    assert sent.thread == envelope.id.partition(":")[2]
    assert envelope.subject == "sales"


def test_what_colleagues_say_to_each_other_is_left_where_it_is(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    sales = slack.channel("sales")
    first = slack.receive("Who has the list?", channel=sales, at=NOW)
    slack.receive("I do", channel=sales, thread=first, sender="U0CAROL", at=minute(1))
    slack.receive(f"Ask <@{BOT}X>", channel=sales, at=minute(2))

    assert drain(provider, start)[0] == []


def test_a_mention_in_a_thread_of_others_is_for_us(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    sales = slack.channel("sales")
    first = slack.receive("Who has the list?", channel=sales, at=minute(-60))
    _, cursor = drain(provider, start)
    slack.receive(f"<@{BOT}> have you?", channel=sales, thread=first, at=minute(1))

    [envelope] = drain(provider, cursor)[0]

    assert envelope.thread_id == f"{sales}:{first}"
    assert texts(provider, [envelope]) == ["have you?"]


def test_what_the_asker_says_next_is_for_us_and_what_others_say_is_overheard(
    slack: Slack, provider: SlackProvider
) -> None:
    envelope, cursor = answered(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    slack.receive("And the stove?", channel=channel, thread=thread)
    slack.receive("I wonder, too", channel=channel, thread=thread, sender="U0CAROL")

    found, _ = drain(provider, cursor)

    assert texts(provider, found) == ["And the stove?", "I wonder, too"]
    assert [one.labels for one in found] == [(), ("overheard",)]
    assert {one.thread_id for one in found} == {envelope.thread_id}


def test_our_own_answers_are_not_news(slack: Slack, provider: SlackProvider) -> None:
    _, cursor = answered(slack, provider)

    assert drain(provider, cursor)[0] == []


EVENTS = [
    *("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"),
    *("channel_archive", "group_join", "pinned_item", "bot_add", "bot_remove", "reminder_add"),
    *("tombstone", "message_changed", "message_deleted", "ekm_access_denied", "huddle_thread"),
]


@pytest.mark.parametrize("subtype", EVENTS)
def test_what_merely_happens_is_no_message(
    slack: Slack, provider: SlackProvider, start: str, subtype: str
) -> None:
    slack.event(subtype, channel=slack.direct("U0BOB"), at=NOW)

    assert drain(provider, start)[0] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"bot_id": "B0OTHER"},
        {"subtype": "bot_message", "bot_id": "B0OTHER", "username": "Deploys"},
        {"sender": "USLACKBOT"},
    ],
)
def test_another_bot_is_labelled_as_one(
    slack: Slack, provider: SlackProvider, start: str, fields: dict[str, str]
) -> None:
    slack.receive(f"<@{BOT}> hello", channel=slack.channel("sales"), at=NOW, **fields)

    [envelope] = provider.fetch_new(start).envelopes

    assert envelope.labels == ("bot",)


def test_an_edited_message_is_read_as_it_is_now(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    slack.edit(envelope.id, f"<@{BOT}> How much is the &lt;big&gt; tent?")

    assert provider.fetch(envelope).new_text == "How much is the <big> tent?"


def test_a_reply_in_a_thread_can_be_fetched_alone(slack: Slack, provider: SlackProvider) -> None:
    envelope, cursor = answered(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    slack.receive("And the stove?", channel=channel, thread=thread)
    [reply] = drain(provider, cursor)[0]

    slack.delete(reply.id)

    assert provider.fetch(envelope).problem == ""
    assert provider.fetch(reply).problem


@pytest.mark.parametrize("text", ["And the stove?", f"<@{BOT}> And the stove?"])
def test_a_reply_that_is_shown_to_the_whole_channel_as_well_is_a_reply(
    slack: Slack, provider: SlackProvider, text: str
) -> None:
    envelope, cursor = answered(slack, provider)
    channel, _, thread = envelope.id.partition(":")

    ts = slack.receive(text, channel=channel, thread=thread, subtype="thread_broadcast")

    assert [one.id for one in drain(provider, cursor)[0]] == [f"{channel}:{ts}"]


def test_a_file_is_named(slack: Slack, provider: SlackProvider, start: str) -> None:
    file = {"id": "F1", "name": "tent.png", "mimetype": "image/png", "size": 7}
    slack.receive("This one?", at=NOW, subtype="file_share", files=[file])

    [enclosed] = provider.fetch(provider.fetch_new(start).envelopes[0]).attachments

    assert (enclosed.name, enclosed.media_type, enclosed.size) == ("tent.png", "image/png", 7)


@pytest.mark.parametrize(
    "shared",
    [
        {"subtype": "file_share", "files": [{"id": "F1", "mimetype": "image/jpeg"}]},
        {"attachments": [{"is_share": True, "text": "How much is the tent?"}]},
    ],
)
def test_what_is_shown_without_a_word_is_for_a_person(
    slack: Slack, provider: SlackProvider, start: str, shared: dict[str, Any]
) -> None:
    slack.receive("", at=NOW, **shared)

    message = provider.fetch(provider.fetch_new(start).envelopes[0])

    assert "look at the" in message.problem
    assert message.text == ""


def test_where_there_is_nothing_nobody_is_needed(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    slack.receive("", at=NOW)

    message = provider.fetch(provider.fetch_new(start).envelopes[0])

    assert (message.text, message.problem) == ("", "")


@pytest.mark.parametrize("behind", [100, -100])
def test_a_start_means_from_now_on_by_slacks_own_clock(
    slack: Slack, provider: SlackProvider, behind: int
) -> None:
    slack.slow = behind
    there = system_clock() - timedelta(seconds=behind)
    slack.receive("before", at=there - timedelta(seconds=5))

    cursor = provider.cursor_at(system_clock())
    slack.receive("after", at=there + timedelta(seconds=1))

    assert texts(provider, drain(provider, cursor)[0]) == ["after"]


def test_only_the_chosen_channels_are_read(slack: Slack, authority: Authority) -> None:
    for name in ("sales", "support", "random"):
        slack.receive(f"<@{BOT}> {name}?", channel=slack.channel(name), at=NOW)
    slack.receive("direct?", at=NOW)
    provider = opened(slack, authority, channels=f"#Sales, {slack.channel('random')}")

    found, _ = drain(provider, provider.cursor_at(NOW))

    assert sorted(texts(provider, found)) == ["random?", "sales?"]


def test_without_the_right_to_read_names_messages_come_all_the_same(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    slack.scopes = slack.scopes.replace(",users:read", "")
    slack.receive("How much?", at=NOW)

    [envelope] = provider.fetch_new(start).envelopes

    assert envelope.sender == Address(handle="U0BOB")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("see <https://shop.example/a?b=1&amp;c=2>", "see https://shop.example/a?b=1&c=2"),
        ("<https://shop.example|the shop>", "the shop (https://shop.example)"),
        ("<https://shop.example|https://shop.example>", "https://shop.example"),
        ("<mailto:bob@customer.example|bob@customer.example>", "bob@customer.example"),
        ("<@U0CAROL> and <@U0DAVE|dave>", "@U0CAROL and @dave"),
        ("in <#C012|sales> or <#C013>", "in #sales or #C013"),
        ("<!here> <!subteam^S1|@crew> <!date^1392734382^{date}|Feb 18>", "@here @crew Feb 18"),
        (f"<@{BOT}>, how much, <@{BOT}>?", f"how much, @{BOT}?"),
        ("5 < 6 <", "5 < 6 <"),
    ],
)
def test_markup_becomes_plain_words(said: str, read: str) -> None:
    assert plain(said, me=BOT) == read


# Never losing anything


def test_a_round_over_many_conversations_brings_every_message(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    for number in range(60):
        slack.receive(f"question {number}", sender=f"U{number:04d}", at=minute(number))

    found, _ = drain(provider, start, limit=7)

    assert sorted(texts(provider, found)) == sorted(f"question {n}" for n in range(60))


def test_the_cursor_stays_short_over_many_conversations(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    for number in range(45):
        slack.receive("first", sender=f"U{number:04d}", at=minute(number))
    cursor, found = start, list[Envelope]()
    for _ in range(20):
        page = provider.fetch_new(cursor, limit=11)
        assert len(page.cursor) <= 1000
        found, cursor = [*found, *page.envelopes], page.cursor

    assert len({envelope.id for envelope in found}) == 45
    assert provider.fetch_new(cursor).envelopes == ()


def test_what_is_said_behind_a_round_is_found_in_the_next(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    slack.receive("first", sender="U0ANNE", at=NOW)
    slack.receive("second", sender="U0BOB", at=minute(1))
    slack.receive("fourth", sender="U0BOB", at=minute(9))
    page = provider.fetch_new(start, limit=2)

    slack.receive("third", sender="U0ANNE", at=minute(5))

    ending, cursor = drain(provider, page.cursor)
    following, _ = drain(provider, cursor)
    assert texts(provider, ending + following) == ["fourth", "third"]


def test_an_old_backlog_behind_many_conversations_comes_whole(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    for number in range(40):
        slack.receive("late", sender=f"U{number:04d}", at=minute(100 + number))
    for number in range(30):
        slack.receive("early", sender="UZ", at=minute(number))

    found, _ = drain(provider, start, limit=10)

    assert len({envelope.id for envelope in found}) == 70


@pytest.mark.parametrize("page_limit", [1000, 15])
def test_a_long_backlog_comes_whole(slack: Slack, provider: SlackProvider, page_limit: int) -> None:
    slack.page_limit = page_limit
    for number in range(1300 if page_limit == 1000 else 150):
        at = NOW + timedelta(seconds=number * number % 9000)
        slack.receive(f"question {number}", at=at)

    found, _ = drain(provider, provider.cursor_at(NOW), limit=200)

    assert sorted({one.id for one in found}) == sorted(
        f"{slack.direct('U0BOB')}:{ts}"
        for ts in slack.conversations[slack.direct("U0BOB")].messages
    )


def test_a_reply_in_an_old_thread_of_a_busy_channel_is_found(
    slack: Slack, provider: SlackProvider
) -> None:
    envelope, _ = answered(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    for number in range(450):
        slack.receive("chatter", channel=channel, at=minute(number))
    _, cursor = drain(provider, provider.cursor_at(NOW))
    slack.receive("And the stove?", channel=channel, thread=thread, at=minute(500))

    assert texts(provider, drain(provider, cursor)[0]) == ["And the stove?"]


def test_one_request_at_a_time_still_gets_through(slack: Slack, authority: Authority) -> None:
    """As outside the Marketplace: one request of history a minute, of fifteen messages."""
    provider = opened(slack, authority, thread_days=0)
    slack.page_limit = 15
    for number in range(100):
        slack.receive(f"question {number}", at=NOW + timedelta(seconds=number))
    slack.receive("another", sender="U0CAROL", at=NOW)
    found, cursor = list[Envelope](), provider.cursor_at(NOW)
    for _ in range(120):
        slack.left["conversations.history"] = 1
        with suppress(Unavailable):
            page = provider.fetch_new(cursor)
            found, cursor = [*found, *page.envelopes], page.cursor

    assert len({one.id for one in found}) == 101


def test_where_one_moment_took_several_answers_the_youngest_wait(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    for number in range(250):
        slack.receive("older", at=minute(number))
    slack.receive("just now", at=system_clock())

    page = provider.fetch_new(start, limit=300)

    assert len(page.envelopes) == 250


def test_a_conversation_that_was_left_does_not_stop_the_others(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    gone = slack.channel("gone")
    slack.receive("How much?", at=NOW)
    listed = {"id": gone, "name": "gone"}, {"id": slack.direct("U0BOB"), "is_im": True}
    slack.conversations[gone].member = False
    slack.faults.append(
        Fault(
            "answer",
            path="users.conversations",
            response=Response.of({"ok": True, "channels": listed}),
        )
    )

    assert texts(provider, list(provider.fetch_new(start).envelopes)) == ["How much?"]


# What is sent


def test_exactly_these_characters_arrive(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    body = "*not bold* _nor this_ <https://x.example|y> & &amp; <!channel> <@U0CAROL>"

    provider.send(answer_to(envelope, body=body), key=KEY)

    [sent] = slack.sent()
    assert sent.text == body
    [order] = [one.json() for one in slack.requests if slack.is_write(one)]
    assert "<" not in order["text"]
    assert (order["mrkdwn"], order["unfurl_links"], order["unfurl_media"]) == (False,) * 3


def test_what_slack_would_break_in_pieces_is_not_sent(
    slack: Slack, provider: SlackProvider
) -> None:
    with pytest.raises(Refused, match="4,000"):
        provider.send(an_outgoing(body="x" * 4_001), key=KEY)

    assert slack.requests == []


@pytest.mark.parametrize(("kind", "after"), LOST)
def test_a_lost_answer_to_a_send_is_doubt_that_slack_resolves(
    slack: Slack, provider: SlackProvider, kind: str, after: bool
) -> None:
    envelope = asked(slack, provider)
    fault = Fault(kind, after=after, seconds=0.1, path="chat.postMessage")
    slack.faults.append(fault)

    with pytest.raises(NoAnswer):
        provider.send(answer_to(envelope), key=KEY)

    assert len([one for one in slack.requests if slack.is_write(one)]) == 1
    found = provider.find_sent(KEY, outgoing=answer_to(envelope))
    assert (found is not None) == (len(slack.sent()) == 1) == after


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "code", ["internal_error", "fatal_error", "service_unavailable", "new_one"]
)
def test_an_error_after_which_nobody_knows_is_doubt(
    slack: Slack, provider: SlackProvider, code: str, after: bool
) -> None:
    envelope = asked(slack, provider)
    failed = Response.of({"ok": False, "error": code})
    slack.faults.append(Fault("answer", after=after, response=failed))

    with pytest.raises(NoAnswer):
        provider.send(answer_to(envelope), key=KEY)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"ok":true}', b'{"ok":1,"ts":"1.000001"}', b"\xff"])
def test_an_answer_to_a_send_that_says_nothing_is_doubt(
    slack: Slack, provider: SlackProvider, body: bytes
) -> None:
    slack.faults.append(Fault("answer", response=Response(200, body)))

    with pytest.raises(NoAnswer):
        provider.send(an_outgoing(thread_id="C1:1.000001"), key=KEY)


PROMISES: list[tuple[str, type[OrchestreError]]] = [
    *((code, ReauthorizationRequired) for code in ("invalid_auth", "token_revoked", "not_authed")),
    *((code, ReauthorizationRequired) for code in ("account_inactive", "token_expired")),
    *((code, ReauthorizationRequired) for code in ("missing_scope",)),
    *((code, Unavailable) for code in ("ratelimited", "rate_limited", "message_limit_exceeded")),
    *((code, Refused) for code in ("channel_not_found", "is_archived", "not_in_channel")),
    *((code, Refused) for code in ("msg_too_long", "restricted_action", "no_text")),
]


@pytest.mark.parametrize(("code", "error"), PROMISES)
def test_an_error_before_anything_is_done_is_a_promise(
    slack: Slack, provider: SlackProvider, code: str, error: type[OrchestreError]
) -> None:
    slack.faults.append(Fault("answer", response=Response.of({"ok": False, "error": code})))

    with pytest.raises(error):
        provider.send(an_outgoing(thread_id="C1:1.000001"), key=KEY)

    assert slack.sent() == []


# Proof


def test_an_answer_in_a_direct_conversation_is_found(
    slack: Slack, provider: SlackProvider, start: str
) -> None:
    slack.receive("How much?", at=NOW)
    [envelope] = provider.fetch_new(start).envelopes
    receipt = provider.send(answer_to(envelope), key=KEY)
    for _ in range(450):
        slack.receive("And?", sender="U0BOB")

    assert provider.find_sent(KEY, outgoing=answer_to(envelope)) == receipt
    assert provider.find_sent(f"{KEY}1", outgoing=answer_to(envelope)) is None


def test_an_answer_in_a_long_thread_is_found(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    for _ in range(450):
        slack.receive("hm", channel=channel, thread=thread, at=minute(1))
    receipt = provider.send(answer_to(envelope), key=KEY)

    assert provider.find_sent(KEY, outgoing=answer_to(envelope)) == receipt


def test_somebody_elses_copy_of_our_mark_proves_nothing(
    slack: Slack, provider: SlackProvider
) -> None:
    envelope = asked(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    mark = {"event_type": "orchestre_reply", "event_payload": {"key": KEY}}
    slack.receive("ours?", channel=channel, thread=thread, metadata=mark, bot_id="B0EVIL")

    assert provider.find_sent(KEY, outgoing=answer_to(envelope)) is None


def test_where_marks_are_not_shown_nothing_is_proven(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    provider.send(answer_to(envelope), key=KEY)
    slack.hides_metadata = True

    with pytest.raises(NotSupported, match="no mark"):
        provider.find_sent(KEY, outgoing=answer_to(envelope))


def test_a_thread_that_is_gone_proves_nothing(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    slack.delete(envelope.id)

    with pytest.raises(NotSupported, match="thread_not_found"):
        provider.find_sent(KEY, outgoing=answer_to(envelope))


def test_half_of_a_record_proves_nothing(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    slack.page_limit = 15
    for _ in range(40):
        slack.receive("hm", channel=slack.channel("sales"), thread=envelope.id.partition(":")[2])
    slack.left["conversations.replies"] = 2

    with pytest.raises(Unavailable):
        provider.find_sent(KEY, outgoing=answer_to(envelope))


def test_a_bot_is_nobody_who_answers_by_hand(slack: Slack, provider: SlackProvider) -> None:
    envelope = asked(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    slack.receive("beep", channel=channel, thread=thread, sender="U0ROBOT", bot_id="B0ROBOT")
    slack.receive("anybody?", channel=channel, thread=thread)
    slack.event("channel_join", channel=channel, thread=thread, user="U0CAROL")

    assert provider.answered_by_hand(provider.fetch(envelope)) is False


def test_the_thread_has_our_own_words_too(slack: Slack, provider: SlackProvider) -> None:
    envelope, cursor = answered(slack, provider)
    channel, _, thread = envelope.id.partition(":")
    slack.receive("And the stove?", channel=channel, thread=thread)
    [next] = drain(provider, cursor)[0]

    said = provider.fetch_thread(provider.fetch(next))

    assert [one.text for one in said] == ["How much?", an_outgoing().body, "And the stove?"]


# What else the service says

Call = Callable[[SlackProvider, Envelope], object]
READS: dict[str, Call] = {
    "identify": lambda provider, _: provider.identify(),
    "fetch_new": lambda provider, _: provider.fetch_new(provider.cursor_at(NOW)),
    "fetch": lambda provider, envelope: provider.fetch(envelope),
    "find_sent": lambda provider, envelope: provider.find_sent(KEY, outgoing=answer_to(envelope)),
    "fetch_thread": lambda provider, envelope: provider.fetch_thread(Message(envelope=envelope)),
    "answered_by_hand": lambda provider, envelope: provider.answered_by_hand(
        Message(envelope=envelope)
    ),
}
CALLS = READS | {"send": lambda provider, envelope: provider.send(answer_to(envelope), key=KEY)}


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize(("kind", "after"), LOST)
def test_a_lost_answer_to_a_question_is_asked_for_later(
    slack: Slack, provider: SlackProvider, call: str, kind: str, after: bool
) -> None:
    envelope = asked(slack, provider)
    slack.faults.append(Fault(kind, after=after, seconds=0.1))

    with pytest.raises(Unavailable):
        READS[call](provider, envelope)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", ["token_revoked", "account_inactive"])
def test_a_token_that_was_revoked_asks_to_link_again(
    slack: Slack, provider: SlackProvider, call: str, code: str
) -> None:
    envelope = asked(slack, provider)
    slack.revoked = code

    with pytest.raises(ReauthorizationRequired, match=code):
        CALLS[call](provider, envelope)


@pytest.mark.parametrize("call", CALLS)
def test_too_many_requests_wait_as_long_as_slack_says(
    slack: Slack, provider: SlackProvider, call: str
) -> None:
    envelope = asked(slack, provider)
    methods = ("auth.test", "conversations.history", "conversations.replies", "chat.postMessage")
    slack.left = dict.fromkeys(methods, 0)

    with pytest.raises(Unavailable) as caught:
        CALLS[call](provider, envelope)

    assert caught.value.retry_after == 30
    assert slack.sent() == []


def test_missing_permissions_are_named(slack: Slack, provider: SlackProvider) -> None:
    slack.scopes = "chat:write,channels:read,channels:history,im:read,mpim:read,mpim:history"

    with pytest.raises(Refused, match="groups:history, groups:read, im:history"):
        provider.identify()


def test_a_persons_token_is_refused(slack: Slack, provider: SlackProvider) -> None:
    person = Response.of({"ok": True, "user_id": "U0ALICE", "team": "Shop"})
    slack.faults.append(Fault("answer", response=person))

    with pytest.raises(Refused, match="person's token"):
        provider.identify()


def test_a_token_of_another_bot_is_refused(slack: Slack, authority: Authority) -> None:
    provider = opened(slack, authority)
    slack.bot = "U0OTHER"

    with pytest.raises(Refused, match="link it as U0OTHER"):
        provider.identify()


@pytest.mark.parametrize("token", ["xoxb-canary", "xoxb-canary\nX-Evil: 1", "canary ü", ""])
def test_the_token_is_in_no_error(slack: Slack, authority: Authority, token: str) -> None:
    provider = opened(slack, authority, token=token)

    with pytest.raises(ReauthorizationRequired) as caught:
        provider.identify()

    assert "canary" not in repr(caught.value)


def test_a_token_may_be_given_as_a_password(slack: Slack, authority: Authority) -> None:
    account = opened(slack, authority).account
    typed = Credentials(password=SecretStr(f"{TOKEN}\n"))
    provider = SlackProvider(account.model_copy(update={"credentials": typed}))

    assert provider.identify().handle == BOT
