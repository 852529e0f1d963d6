import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Credentials
from core.deployment import Deployment
from core.errors import OrchestreError, ReauthorizationRequired, Refused, Unavailable
from core.messages import Address, Envelope
from providers import Account, BaseProvider, Capability
from providers.http import NoAnswer
from providers.plugins.telegram import LONGEST, TelegramProvider
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
from tests.servers.install import free_port
from tests.simulators.service import Authority, Fault, Response
from tests.simulators.telegram import BOB as BOB_ID
from tests.simulators.telegram import TOKEN, USERNAME, Telegram

LOST = [(kind, after) for kind in ("close", "reset", "hang", "cut") for after in (False, True)]
LOST += [("late", True), ("answer", False), ("answer", True)]
"""Every way in which an answer is lost, before and after the effect; `answer` is a 503."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def opened(telegram: Telegram, authority: Authority, *, token: str = TOKEN) -> TelegramProvider:
    account = Account(
        address=Address(handle=telegram.username),
        credentials=Credentials(access_token=SecretStr(token)),
        settings={"timeout": 1},
        deployment=Deployment(telegram_api_url=telegram.url, ca_bundle=authority.bundle),
    )
    return TelegramProvider(account)


class TestTelegramProvider(ProviderContract):
    """The title of a group stands for the subject: in each, bob mentions the bot. What is written
    to no chat of its own goes to bob directly, who has pressed the button to start."""

    @pytest.fixture
    def provider(self, authority: Authority) -> Iterator[TelegramProvider]:
        self.telegram = Telegram(authority, username=ALICE)
        with self.telegram.running():
            self.telegram.receive("/start", sender=BOB, at=NOW)
            self.deliver("How much is the tent?", subject="Tent", at=NOW)
            self.deliver("Hello?", subject="Tent", at=minute(1))
            provider = opened(self.telegram, authority)
            yield provider
            provider.close()

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        self.telegram.receive(f"@{ALICE} {text}", sender=BOB, group=subject, at=at)

    def remove(self, envelope: Envelope) -> None:
        """Nobody tells a bot that a message was deleted."""

    def sent(self) -> list[Sent]:
        subject = an_outgoing().subject  # Telegram has none, and keeps no key
        return [Sent(one.to, subject, one.text, KEY) for one in self.telegram.sent()]

    def snapshot(self) -> object:
        return list(self.telegram.everything), list(self.telegram.updates)

    def test_a_message_that_cannot_be_read_says_so(self, provider: BaseProvider) -> None:
        """A bot never learns that a message was deleted; one without words it cannot read."""
        self.telegram.receive(sender=BOB, voice={"file_id": "x", "duration": 3}, at=minute(2))

        message = provider.fetch(provider.fetch_new(provider.cursor_at(minute(2))).envelopes[0])

        assert "voice" in message.problem
        assert message.text == ""


@pytest.fixture
def telegram(authority: Authority) -> Iterator[Telegram]:
    telegram = Telegram(authority)
    with telegram.running():
        yield telegram


@pytest.fixture
def provider(telegram: Telegram, authority: Authority) -> TelegramProvider:
    return opened(telegram, authority)


@pytest.fixture
def start(provider: TelegramProvider) -> str:
    return provider.cursor_at(NOW)


def texts(envelopes: list[Envelope]) -> list[str | None]:
    return [envelope.text for envelope in envelopes]


# What is read


def test_a_private_message_is_for_the_bot(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("How much is the tent?", at=NOW)

    [envelope] = provider.fetch_new(start).envelopes

    assert envelope.text == provider.fetch(envelope).new_text == "How much is the tent?"
    assert (envelope.sender.handle, envelope.sender.name) == (str(BOB_ID), "Bob")
    assert (envelope.thread_id, envelope.subject, envelope.labels) == (str(BOB_ID), "", ())


def test_in_a_group_only_what_addresses_the_bot_is(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("Lovely weather", group="Campers", at=NOW)
    telegram.receive("Ask @shop_bot_2 about it", group="Campers", at=NOW)
    telegram.receive("⛺ Say, @Shop_Bot, how much?", group="Campers", at=NOW)
    own = {"message_id": 77, "from": {"id": telegram.bot_id, "is_bot": True}}
    telegram.receive("And this?", group="Campers", at=NOW, reply_to_message=own)

    assert texts(drain(provider, start)[0]) == ["⛺ Say, @Shop_Bot, how much?", "And this?"]


def test_what_is_no_message_from_somebody_is_left_out(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("/start", at=NOW)
    telegram.receive("/start campaign-7", at=NOW)
    telegram.receive(at=NOW, new_chat_members=[{"id": 9}])
    telegram.receive(at=NOW, group="Campers", left_chat_member={"id": 9})
    telegram.receive("corrected", kind="edited_message", at=NOW)
    telegram.receive("posted", kind="channel_post", at=NOW)
    telegram.receive("passed on @shop_bot", group="Campers", at=NOW, is_automatic_forward=True)
    telegram.receive("at last", at=NOW)

    assert texts(drain(provider, start)[0]) == ["at last"]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("@Shop_Bot: how much?", "how much?"),
        ("@shop_bot2 how much?", "@shop_bot2 how much?"),
        ("@shop_bot_x how much?", "@shop_bot_x how much?"),
        ("How, @shop_bot?", "How, @shop_bot?"),
    ],
)
def test_the_mention_that_a_message_begins_with_is_its_address(
    telegram: Telegram, provider: TelegramProvider, start: str, said: str, read: str
) -> None:
    telegram.receive(said, at=NOW)

    assert texts(list(provider.fetch_new(start).envelopes)) == [read]


def test_another_bot_is_labelled_as_one(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("@shop_bot hello", group="Campers", is_bot=True, at=NOW)

    [envelope] = provider.fetch_new(start).envelopes

    assert envelope.labels == ("bot",)


def test_a_picture_with_a_caption_has_words(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive(photo=[{"file_id": "x"}], caption="This tent, how much?", at=NOW)

    [envelope] = provider.fetch_new(start).envelopes

    assert provider.fetch(envelope).text == "This tent, how much?"
    assert provider.fetch(envelope).problem == ""
    assert envelope.labels == ("photo",)


def test_a_sticker_says_nothing_and_needs_nobody(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive(sticker={"file_id": "x", "emoji": "👍"}, at=NOW)

    message = provider.fetch(provider.fetch_new(start).envelopes[0])

    assert (message.text, message.problem) == ("", "")


def test_what_was_written_before_the_moment_is_left_out(
    telegram: Telegram, provider: TelegramProvider
) -> None:
    telegram.receive("long ago", at=minute(-10))
    telegram.receive("now", at=minute(1))

    assert texts(drain(provider, provider.cursor_at(NOW))[0]) == ["now"]


@pytest.mark.parametrize("behind", [100, -100])
def test_a_start_means_from_now_on_by_telegrams_own_clock(
    telegram: Telegram, provider: TelegramProvider, behind: int
) -> None:
    telegram.slow = behind
    there = system_clock() - timedelta(seconds=behind)
    telegram.receive("before", at=there - timedelta(seconds=5))

    cursor = provider.cursor_at(system_clock())
    telegram.receive("after", at=there + timedelta(seconds=1))

    assert texts(drain(provider, cursor)[0]) == ["after"]


def test_a_start_where_telegram_cannot_be_asked_is_for_later(
    telegram: Telegram, provider: TelegramProvider
) -> None:
    telegram.faults.append(Fault("close"))

    with pytest.raises(Unavailable):
        provider.cursor_at(system_clock())


# Never losing anything


def test_what_has_not_been_kept_is_not_forgotten(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    for number in range(230):
        telegram.receive(f"question {number}", at=NOW)

    page = provider.fetch_new(start, limit=100)
    again = provider.fetch_new(start, limit=100)

    assert page.envelopes == again.envelopes
    assert len(telegram.updates) == 230


def test_every_message_of_a_long_queue_comes_once(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    for number in range(730):
        telegram.receive(f"question {number}", at=NOW)

    envelopes, _ = drain(provider, start, limit=70)

    assert texts(envelopes) == [f"question {number}" for number in range(730)]
    assert len(telegram.updates) < 200


def test_a_page_behind_hundreds_of_others_is_found(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    for _ in range(350):
        telegram.receive("chatter", group="Campers", at=NOW)
    telegram.receive("at last", at=NOW)

    assert texts(list(provider.fetch_new(start).envelopes)) == ["at last"]
    assert len(telegram.requests) == 4


def test_a_cursor_from_a_backup_brings_the_latest_again(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("first", at=NOW)
    old = provider.fetch_new(start).cursor
    cursor = old
    for number in range(20):
        telegram.receive(f"question {number}", at=NOW)
        _, cursor = drain(provider, cursor)

    assert len(drain(provider, old)[0]) == 20


def test_a_crash_at_any_page_loses_nothing(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    for number in range(300):
        telegram.receive(f"question {number}", at=NOW)
    kept: list[Envelope] = []
    cursor = start
    for step in range(100):
        page = provider.fetch_new(cursor, limit=17)
        if step % 3 == 0:
            continue  # died before it was kept
        kept += page.envelopes
        cursor = page.cursor

    assert sorted(set(texts(kept)), key=str) == sorted(f"question {n}" for n in range(300))


def test_numbers_that_begin_anew_lower_are_read(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("before", at=NOW)
    _, cursor = drain(provider, start)
    telegram.updates.clear()  # a day has passed
    telegram.wait_a_week()
    telegram.receive("after the silence", at=NOW)
    week_ago = (system_clock() - timedelta(days=8)).isoformat()
    aged = cursor[: cursor.index('"read_at":')] + f'"read_at":"{week_ago}"}}'

    assert texts(drain(provider, aged)[0]) == ["after the silence"]


def test_what_telegram_itself_has_lost_after_a_day_is_gone(authority: Authority) -> None:
    now = [NOW]
    telegram = Telegram(authority, clock=lambda: now[0])
    telegram.forgets = True
    with telegram.running():
        provider = opened(telegram, authority)
        telegram.receive("lost")
        now[0] += timedelta(hours=25)
        telegram.receive("kept")

        assert texts(drain(provider, provider.cursor_at(NOW))[0]) == ["kept"]


# What is sent


def test_a_private_answer_goes_into_the_chat_as_it_is(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("How much?", at=NOW)
    [envelope] = provider.fetch_new(start).envelopes

    receipt = provider.send(
        an_outgoing(thread_id=envelope.thread_id, body="*99* <b>€</b>"), key=KEY
    )

    [sent] = telegram.sent()
    assert (sent.to, sent.text, sent.reply_to) == (str(BOB_ID), "*99* <b>€</b>", 0)
    assert receipt.id == f"{BOB_ID}:{sent.id}"
    asked = telegram.requests[-1].json()
    assert asked["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in asked


def test_an_answer_in_a_group_names_its_question_and_topic(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    question = telegram.receive(
        "@shop_bot how much?", group="Campers", at=NOW, message_thread_id=4, is_topic_message=True
    )
    [envelope] = provider.fetch_new(start).envelopes

    provider.send(an_outgoing(thread_id=envelope.thread_id), key=KEY)

    [sent] = telegram.sent()
    assert (sent.to, sent.topic) == (str(question["chat"]["id"]), 4)
    assert sent.reply_to == question["message_id"]


@pytest.mark.parametrize("body", ["x" * (LONGEST + 1), "😀" * (LONGEST // 2 + 1)])
def test_what_is_too_long_for_one_message_is_not_sent_in_two(
    telegram: Telegram, provider: TelegramProvider, body: str
) -> None:
    with pytest.raises(Refused, match="4,096"):
        provider.send(an_outgoing(body=body), key=KEY)

    assert telegram.requests == []


def test_somebody_who_blocked_the_bot_is_not_written_to(
    telegram: Telegram, provider: TelegramProvider
) -> None:
    telegram.receive("How much?")
    telegram.blocked.add(str(BOB_ID))

    with pytest.raises(Refused, match="blocked by the user"):
        provider.send(an_outgoing(thread_id=str(BOB_ID)), key=KEY)


def test_a_question_that_was_deleted_is_not_answered(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    question = telegram.receive("@shop_bot how much?", group="Campers", at=NOW)
    telegram.receive("hm", group="Campers", at=NOW)
    [envelope] = provider.fetch_new(start).envelopes
    telegram.everything.remove(question)

    with pytest.raises(Refused, match="replied not found"):
        provider.send(an_outgoing(thread_id=envelope.thread_id), key=KEY)


def grown(telegram: Telegram, *, to: str) -> Fault:
    """What Telegram says to whoever writes to a group that has become another one."""
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    parameters = {"migrate_to_chat_id": telegram.group_id(to)}
    answer = {"ok": False, "error_code": 400, "description": words, "parameters": parameters}
    return Fault("answer", response=Response.of(answer, status=400), path="sendMessage")


def test_a_group_that_has_become_another_chat_is_answered_there(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive("@shop_bot how much?", group="Camp", at=NOW)
    telegram.receive("hm", group="Campers", at=NOW)
    telegram.faults.append(grown(telegram, to="Campers"))
    [envelope] = provider.fetch_new(start).envelopes

    receipt = provider.send(an_outgoing(thread_id=envelope.thread_id), key=KEY)

    [sent] = telegram.sent()
    assert (sent.to, sent.reply_to) == (str(telegram.group_id("Campers")), 0)
    assert receipt.id == f"{sent.to}:{sent.id}"


def test_a_group_that_moves_on_and_on_is_not_run_after(
    telegram: Telegram, provider: TelegramProvider
) -> None:
    telegram.faults += [grown(telegram, to="Campers"), grown(telegram, to="Climbers")]

    with pytest.raises(Refused, match="another chat"):
        provider.send(an_outgoing(thread_id=f"{telegram.group_id('Camp')}::1"), key=KEY)

    assert (len(telegram.requests), telegram.sent()) == (2, [])


@pytest.mark.parametrize("kind", ["close", "cut"])
def test_a_lost_answer_from_the_new_chat_is_doubt(
    telegram: Telegram, provider: TelegramProvider, kind: str
) -> None:
    telegram.receive("hm", group="Campers", at=NOW)
    telegram.faults += [grown(telegram, to="Campers"), Fault(kind, after=True)]

    with pytest.raises(NoAnswer):
        provider.send(an_outgoing(thread_id=f"{telegram.group_id('Camp')}::1"), key=KEY)

    assert len(telegram.sent()) == 1


def test_that_a_group_has_become_another_chat_is_no_message(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.receive(group="Camp", at=NOW, migrate_to_chat_id=telegram.group_id("Campers"))
    telegram.receive(group="Campers", at=NOW, migrate_from_chat_id=telegram.group_id("Camp"))
    telegram.receive("@shop_bot how much?", group="Campers", at=NOW)

    assert texts(drain(provider, start)[0]) == ["how much?"]


def test_without_a_token_it_says_where_one_comes_from(telegram: Telegram) -> None:
    account = Account(address=Address(handle=telegram.username))

    with pytest.raises(ReauthorizationRequired, match="@BotFather"):
        TelegramProvider(account).identify()


def test_it_claims_no_proof(provider: TelegramProvider) -> None:
    assert provider.capabilities is Capability.PUSH


@pytest.mark.parametrize(("kind", "after"), LOST)
def test_a_lost_answer_to_a_send_is_doubt_and_is_written_once(
    telegram: Telegram, provider: TelegramProvider, kind: str, after: bool
) -> None:
    telegram.receive("How much?")
    telegram.faults.append(Fault(kind, after=after, seconds=0.1))

    with pytest.raises(NoAnswer):
        provider.send(an_outgoing(thread_id=str(BOB_ID)), key=KEY)

    assert len(telegram.requests) == 1
    assert len(telegram.sent()) == after


@pytest.mark.parametrize("body", [b"", b"[]", b'{"ok":true}', b'{"ok":true,"result":true}'])
def test_an_answer_to_a_send_that_says_nothing_is_doubt(
    telegram: Telegram, provider: TelegramProvider, body: bytes
) -> None:
    telegram.faults.append(Fault("answer", response=Response(200, body)))

    with pytest.raises(NoAnswer):
        provider.send(an_outgoing(thread_id="1"), key=KEY)


# What else the service says

READS: list[Callable[[TelegramProvider], object]] = [
    lambda provider: provider.identify(),
    lambda provider: provider.fetch_new(provider.cursor_at(NOW)),
]
CALLS = [*READS, lambda provider: provider.send(an_outgoing(thread_id="1"), key=KEY)]


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize(("kind", "after"), LOST)
def test_a_lost_answer_to_a_question_is_asked_for_later(
    telegram: Telegram,
    provider: TelegramProvider,
    call: Callable[[TelegramProvider], object],
    kind: str,
    after: bool,
) -> None:
    telegram.receive("How much?", at=NOW)
    telegram.faults.append(Fault(kind, after=after, seconds=0.1))

    with pytest.raises(Unavailable):
        call(provider)

    assert len(telegram.updates) == 1


@pytest.mark.parametrize("call", CALLS)
def test_a_token_that_was_revoked_asks_to_link_again(
    telegram: Telegram, provider: TelegramProvider, call: Callable[[TelegramProvider], object]
) -> None:
    telegram.revoked = True

    with pytest.raises(ReauthorizationRequired):
        call(provider)


@pytest.mark.parametrize("token", ["hunter2", "12345:short", "1:AAAAAAAAAAAAAAAA/../x", ""])
def test_what_is_no_token_is_never_sent_anywhere(
    telegram: Telegram, authority: Authority, token: str
) -> None:
    with pytest.raises(ReauthorizationRequired):
        opened(telegram, authority, token=token).identify()

    assert telegram.requests == []


@pytest.mark.parametrize("call", CALLS)
def test_too_many_requests_wait_as_long_as_telegram_says(
    telegram: Telegram, provider: TelegramProvider, call: Callable[[TelegramProvider], object]
) -> None:
    telegram.limited = {"getMe", "getUpdates", "sendMessage"}

    with pytest.raises(Unavailable) as caught:
        call(provider)

    assert caught.value.retry_after == 11
    assert telegram.sent() == []


@pytest.mark.parametrize("call", READS)
def test_a_webhook_of_somebody_else_is_told_in_words(
    telegram: Telegram, provider: TelegramProvider, call: Callable[[TelegramProvider], object]
) -> None:
    telegram.webhook = "https://elsewhere.example/hook"

    with pytest.raises(Refused, match="webhook of another program"):
        call(provider)


def test_another_reader_is_waited_for(
    telegram: Telegram, provider: TelegramProvider, start: str
) -> None:
    telegram.other_reader = True

    with pytest.raises(Unavailable, match="Another program"):
        provider.fetch_new(start)


def test_a_token_of_another_bot_is_refused(telegram: Telegram, authority: Authority) -> None:
    provider = opened(telegram, authority)
    telegram.username = "somebody_elses_bot"

    with pytest.raises(Refused, match="somebody_elses_bot"):
        provider.identify()


def test_the_name_may_be_given_with_its_at_sign(telegram: Telegram, authority: Authority) -> None:
    account = opened(telegram, authority).account
    provider = TelegramProvider(account.model_copy(update={"address": Address(handle="@Shop_Bot")}))
    telegram.receive("@shop_bot how much?", group="Campers", at=NOW)

    assert provider.identify().name == "Shop"
    assert len(provider.fetch_new(provider.cursor_at(NOW)).envelopes) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(kind, seconds=1.5) for kind in ("close", "reset", "cut", "hang")),
        Fault(
            "answer", response=Response(400, b'{"description":"Bad token ' + TOKEN.encode() + b'"}')
        ),
    ],
)
def test_the_token_is_in_no_error_and_no_log(
    telegram: Telegram,
    provider: TelegramProvider,
    call: Callable[[TelegramProvider], object],
    fault: Fault,
    caplog: pytest.LogCaptureFixture,
) -> None:
    telegram.faults.append(fault)

    with caplog.at_level(logging.DEBUG), pytest.raises(Exception) as caught:  # noqa: PT011
        call(provider)
    logging.getLogger().info("failed", exc_info=caught.value)

    secret = TOKEN.partition(":")[2]
    assert secret not in caplog.text
    assert secret not in repr(caught.value) + str(caught.value)


def test_the_token_is_in_no_error_where_nobody_listens(authority: Authority) -> None:
    telegram = Telegram(authority)
    provider = opened(telegram, authority)
    gone = provider.account.deployment.model_copy(
        update={"telegram_api_url": f"https://localhost:{free_port()}"}
    )
    provider.account = provider.account.model_copy(update={"deployment": gone})
    telegram._server.server_close()

    with pytest.raises(OrchestreError) as caught:
        provider.send(an_outgoing(thread_id="1"), key=KEY)

    assert isinstance(caught.value, Unavailable)
    assert TOKEN.partition(":")[2] not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_the_username_is_the_default_name(telegram: Telegram, authority: Authority) -> None:
    account = opened(telegram, authority).account
    nameless = TelegramProvider(account.model_copy(update={"address": Address(handle="")}))

    assert nameless.identify() == Address(handle=USERNAME, name="Shop")
