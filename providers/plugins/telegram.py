"""Telegram: what is written to a bot, and its answers, over the Bot API.

Plain requests over the one client that sends nothing twice. Telegram gives each message once, so
its envelope carries the words; and it keeps no record that a bot could ask, so an answer in doubt
waits for a person.
"""

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import ConfigDict, Field

from core.clock import system_clock
from core.deployment import Deployment
from core.errors import ReauthorizationRequired, Refused
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers.auth import Secret
from providers.base import Account, BaseProvider, Capability, Settings
from providers.clocks import moment_there
from providers.http import NoAnswer, shared
from providers.notices import Heard, Notice, Watched, Webhook
from providers.telegram import (
    Brought,
    Client,
    Migrated,
    Place,
    Spot,
    answer_at,
    envelope_of,
    length_of,
    needs_person,
)
from providers.telegram import webhook as hook
from providers.telegram.places import KEPT

LONGEST = 4_096
"""Characters of one message (core.telegram.org/bots/api#sendmessage)."""
PAGE = 100
"""The most updates in one answer (core.telegram.org/bots/api#getupdates)."""
MOST_PAGES = 20


class TelegramSettings(Settings):
    model_config = ConfigDict(use_attribute_docstrings=True)

    timeout: float = Field(default=30, gt=0, le=60)
    """How long one question to Telegram may take, in seconds."""


class TelegramProvider(BaseProvider):
    name = "telegram"
    title = "Telegram"
    description = "Messages to a bot on Telegram, and mentions of it in groups."
    auth = Secret(name="bot token", where="@BotFather in Telegram, /newbot")
    settings_type = TelegramSettings
    capabilities = Capability.PUSH
    carries = True

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.settings = TelegramSettings.model_validate(account.settings)

    def identify(self) -> Address:
        """core.telegram.org/bots/api#getme, and #getwebhookinfo: with a webhook nothing is read."""
        client = self._client()
        found, delivery = client.ask("getMe"), client.ask("getWebhookInfo")
        username = str(found.get("username") or "")
        if self._username and self._username != username.casefold():
            raise Refused(f"This token belongs to the bot {username!r}: link it by that name.")
        if (address := delivery.get("url")) and not hook.is_ours(str(address)):
            raise hook.foreign()
        handle = self.account.address.handle or username
        return Address(handle=handle, name=str(found.get("first_name") or ""))

    def cursor_at(self, moment: datetime) -> str:
        """Telegram tells the time of a message in whole seconds, by its own clock."""
        since = moment_there(moment, lambda: self._client().time())
        return _cursor(Place(since=since.replace(microsecond=0)))

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        """What Telegram may forget is only ever what came before `cursor`, or was of no account:
        see `providers.telegram.places`."""
        now, client = system_clock(), self._client()
        place = Place.model_validate_json(cursor).current(now)
        try:
            return self._read_on(client, place, limit=limit, now=now)
        except Brought:
            waiting = hook.waits(client, place, now=now, id=self.account.id)
        if waiting:
            return Page(envelopes=(), cursor=_cursor(waiting))
        return self._read_on(client, place.arrived(), limit=limit, now=now)

    def _read_on(self, client: Client, place: Place, *, limit: int, now: datetime) -> Page:
        for _ in range(MOST_PAGES):
            updates = self._updates(client, place)
            fresh = [update for update in updates if update["update_id"] >= place.next]
            if place.next and len(updates) - len(fresh) >= KEPT:
                place = place.confirm(place.next)
            found, place = self._take(fresh, place, limit=limit, now=now)
            if found or len(updates) < PAGE:
                return Page(envelopes=tuple(found), cursor=_cursor(place))
            place = place.confirm(place.next)
        return Page(envelopes=(), cursor=_cursor(place))

    def fetch(self, envelope: Envelope) -> Message:
        text = envelope.text or ""
        return Message(
            envelope=envelope,
            to=(self.account.address,),
            text=text,
            new_text=text,
            problem=needs_person(envelope),
        )

    @classmethod
    def check(cls, outgoing: Outgoing) -> None:
        if (length := length_of(outgoing.body)) > LONGEST:
            raise Refused(
                f"Telegram takes {LONGEST:,} characters at once, and this answer has {length:,}. "
                "Shorten it."
            )

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        """core.telegram.org/bots/api#sendmessage. There is no place for `key` in it.

        A group that grew into a supergroup is another chat. Whoever writes to the old one is
        refused, and told the new one: so nothing was sent, for certain, and the one write goes
        there. Messages have other numbers there, so the question is not named.
        """
        self.check(outgoing)
        client, spot = self._client(), Spot.of(outgoing.thread_id or outgoing.to.handle)
        try:
            sent = client.order("sendMessage", answer_at(spot, outgoing.body))
        except Migrated as migrated:
            spot = Spot(str(migrated.chat))
            sent = client.order("sendMessage", answer_at(spot, outgoing.body))
        if not isinstance(sent, dict) or not isinstance(sent.get("message_id"), int):
            raise NoAnswer("Telegram does not say what it made of the message.")
        at = sent.get("date")
        return Receipt(
            id=f"{spot.chat}:{sent['message_id']}",
            sent_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) else system_clock(),
        )

    def watch(self, webhook: Webhook, *, subscription: str = "") -> Watched:
        return hook.watch(self._client(), webhook, bot_id=self._token.partition(":")[0])

    def unwatch(self, subscription: str) -> None:
        hook.unwatch(self._client(), id=self.account.id)

    def carried(self, notice: Notice, cursor: str) -> tuple[Envelope, ...]:
        place, bot_id = Place.model_validate_json(cursor), self._token.partition(":")[0]
        return hook.carried(notice, place, bot_id=bot_id, username=self._username)

    @classmethod
    def heard(cls, notice: Notice, deployment: Deployment) -> Heard:
        return hook.heard(notice)

    @property
    def _username(self) -> str:
        return self.account.address.handle.removeprefix("@").casefold()

    @property
    def _token(self) -> str:
        credentials = self.account.credentials
        token = credentials.access_token or credentials.password
        if token is None:
            raise ReauthorizationRequired(
                "There is no token for this bot. @BotFather in Telegram tells it (/mybots, API "
                "Token): link the bot with it."
            )
        return token.get_secret_value().strip()

    def _client(self) -> Client:
        deployment = self.account.deployment
        return Client(
            shared(deployment.ca_bundle),
            url=deployment.telegram_api_url,
            token=self._token,
            seconds=self.settings.timeout,
        )

    def _updates(self, client: Client, place: Place) -> list[dict[str, Any]]:
        found = client.ask(
            "getUpdates",
            offset=place.confirmed or None,
            limit=PAGE,
            timeout=0,
            allowed_updates=json.dumps(["message"]),
        )
        return [update for update in found or () if isinstance(update.get("update_id"), int)]

    def _take(
        self, updates: list[dict[str, Any]], place: Place, *, limit: int, now: datetime
    ) -> tuple[list[Envelope], Place]:
        """The envelopes of the first updates, and the place behind them. What is edited, posted
        in a channel or pressed is none."""
        found: list[Envelope] = []
        for update in updates:
            if len(found) == limit:
                break
            place = place.read(update["update_id"], now=now)
            message = update.get("message")
            if not message or (place.since and message["date"] < place.since.timestamp()):
                continue
            bot_id = self._token.partition(":")[0]
            if envelope := envelope_of(message, bot_id=bot_id, username=self._username):
                found.append(envelope)
        return found, place


def _cursor(place: Place) -> str:
    return place.model_dump_json(exclude_defaults=True)
