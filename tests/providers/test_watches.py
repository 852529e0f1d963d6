"""What each service is asked so that it tells of news, and what it answers."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.deployment import Deployment, OAuthClient
from core.errors import NotSupported, ReauthorizationRequired, Refused, Unavailable
from core.messages import Address
from providers.base import Account, BaseProvider
from providers.gmail.watch import told
from providers.http import shared
from providers.notices import Webhook
from providers.plugins.gmail import GmailProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from providers.plugins.telegram import TelegramProvider
from tests.pushing import Services
from tests.simulators import gmail, oauth, pubsub, slack, slack_events, telegram
from tests.simulators.graph_subscriptions import TOKEN
from tests.simulators.pushes import PUBLIC_URL, Answered, Pushed
from tests.simulators.service import Authority, Fault

pytestmark = pytest.mark.network

SECRET = "a-secret-of-this-watch"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


@pytest.fixture
def services(authority: Authority) -> Iterator[Services]:
    with Services(authority).running() as running:
        running.graph.subscriptions.knock = echo
        yield running


def echo(pushed: Pushed) -> Answered:
    return Answered(200, TOKEN, "text/plain")


def webhook(provider: str, *, at: str = PUBLIC_URL) -> Webhook:
    return Webhook(address=f"{at}/webhooks/{provider}/account-1" if at else "", secret=SECRET)


def opened(
    kind: type[BaseProvider], services: Services, handle: str, token: str, **deployment: object
) -> BaseProvider:
    client = OAuthClient(id=oauth.CLIENT_ID, secret=SecretStr(oauth.CLIENT_SECRET))
    usual = {
        name: value
        for name, value in services.settings().items()
        if name in Deployment.model_fields
    }
    field = "refresh_token" if kind in (GmailProvider, OutlookProvider) else "access_token"
    return kind(
        Account(
            id="account-1",
            address=Address(handle=handle),
            credentials=Credentials(**{field: SecretStr(token)}),
            deployment=Deployment(**(usual | {"google": client, "microsoft": client} | deployment)),
        )
    )


# Gmail


def test_gmail_is_asked_daily_though_it_tells_for_a_week(services: Services) -> None:
    provider = opened(GmailProvider, services, gmail.OWNER, services.gmail.link())

    watched = provider.watch(webhook("gmail"))

    now = datetime.now(UTC)
    assert services.gmail.topic == pubsub.TOPIC
    assert watched.subscription == gmail.OWNER
    assert watched.expires_at
    assert timedelta(days=6) < watched.expires_at - now <= timedelta(days=7)
    assert watched.renew_at
    assert watched.renew_at - now <= timedelta(days=1)
    assert not watched.is_new, "its notices bring no secret of ours"


def test_a_mailbox_is_told_of_by_its_own_name_whatever_it_is_called_here(
    services: Services,
) -> None:
    provider = opened(GmailProvider, services, "victim@shop.example", services.gmail.link())

    assert provider.watch(webhook("gmail")).subscription == gmail.OWNER


@pytest.mark.parametrize(
    "data",
    ['{"emailAddress": "\\u0000"}', "[" * 100_000, "{}", "1"],
    ids=["a zero", "no end", "nothing", "a number"],
)
def test_what_names_no_mailbox_is_about_nobody(data: str) -> None:
    """PostgreSQL takes no zero in a text (postgresql.org/docs/17/datatype-character.html)."""
    assert told({"data": base64.b64encode(data.encode()).decode()}) == ()


def test_gmail_tells_no_more_when_it_is_asked_to_stop(services: Services) -> None:
    provider = opened(GmailProvider, services, gmail.OWNER, services.gmail.link())
    provider.watch(webhook("gmail"))

    provider.unwatch(gmail.OWNER)

    assert services.gmail.topic == ""


def test_without_a_topic_gmail_is_not_asked(services: Services) -> None:
    provider = opened(GmailProvider, services, gmail.OWNER, services.gmail.link(), gmail_topic="")

    with pytest.raises(NotSupported, match="ORCHESTRE_GMAIL_TOPIC"):
        provider.watch(webhook("gmail"))
    assert services.gmail.watches == 0


def test_a_permission_that_has_ended_asks_to_link_again(services: Services) -> None:
    provider = opened(GmailProvider, services, gmail.OWNER, "never given")

    with pytest.raises(ReauthorizationRequired):
        provider.watch(webhook("gmail"))


# Graph


def outlook(services: Services) -> BaseProvider:
    return opened(OutlookProvider, services, "alice@shop.example", services.graph.link())


def test_graph_is_told_the_address_the_secret_and_an_end_that_it_takes(services: Services) -> None:
    watched = outlook(services).watch(webhook("outlook"))

    [made] = services.graph.subscriptions.there.values()
    assert (made.url, made.lifecycle_url) == (webhook("outlook").address,) * 2
    assert made.secret == SECRET
    assert watched.subscription == made.id
    assert watched.expires_at
    assert abs(watched.expires_at - made.until) < timedelta(seconds=1)
    assert watched.is_new


def test_a_renewal_keeps_the_subscription_and_its_secret(services: Services) -> None:
    provider = outlook(services)
    first = provider.watch(webhook("outlook"))

    again = provider.watch(
        Webhook(address=webhook("outlook").address, secret="another"),
        subscription=first.subscription,
    )

    assert again.subscription == first.subscription
    assert not again.is_new
    assert services.graph.subscriptions.there[first.subscription].secret == SECRET


def test_a_subscription_that_graph_has_dropped_is_made_anew(services: Services) -> None:
    provider = outlook(services)
    first = provider.watch(webhook("outlook"))
    services.graph.subscriptions.there.clear()

    again = provider.watch(webhook("outlook"), subscription=first.subscription)

    assert again.subscription != first.subscription
    assert again.is_new


def test_an_address_that_graph_cannot_reach_is_refused_in_words(services: Services) -> None:
    services.graph.subscriptions.knock = lambda pushed: Answered(502, "Bad gateway")

    with pytest.raises(Refused, match="ValidationError"):
        outlook(services).watch(webhook("outlook"))


def test_an_answer_that_is_lost_is_for_later(services: Services) -> None:
    services.graph.faults.append(Fault("close", after=True, path="/subscriptions"))

    with pytest.raises(Unavailable):
        outlook(services).watch(webhook("outlook"))


def test_what_graph_no_longer_has_is_ended_already(services: Services) -> None:
    provider = outlook(services)
    first = provider.watch(webhook("outlook"))

    provider.unwatch(first.subscription)
    provider.unwatch(first.subscription)

    assert services.graph.subscriptions.there == {}


# Telegram


def bot(services: Services) -> BaseProvider:
    return opened(TelegramProvider, services, telegram.USERNAME, telegram.TOKEN)


def test_telegram_is_told_the_address_and_the_secret_and_drops_nothing(services: Services) -> None:
    services.telegram.receive("How much is the tent?")

    watched = bot(services).watch(webhook("telegram"))

    assert services.telegram.webhook == webhook("telegram").address
    assert services.telegram.secret == SECRET
    assert len(services.telegram.updates) == 1
    assert watched.subscription == str(services.telegram.bot_id)


def test_telegram_brings_one_message_after_the_other(services: Services) -> None:
    """Two at a time would be kept in any order."""
    bot(services).watch(webhook("telegram"))

    [asked] = [one.json() for one in services.telegram.requests if "setWebhook" in one.path]
    assert asked["max_connections"] == 1
    assert asked["allowed_updates"] == ["message"]


def test_telegram_tells_no_more_when_it_is_asked_to_stop(services: Services) -> None:
    provider = bot(services)
    provider.watch(webhook("telegram"))
    services.telegram.receive("How much is the tent?")

    provider.unwatch(str(services.telegram.bot_id))

    assert services.telegram.webhook == ""
    assert len(services.telegram.updates) == 1, "what waits is still there"


def test_a_webhook_of_another_program_is_not_deleted(services: Services) -> None:
    services.telegram.webhook = "https://elsewhere.example/hook"

    bot(services).unwatch(str(services.telegram.bot_id))

    assert services.telegram.webhook == "https://elsewhere.example/hook"


def test_a_webhook_of_another_program_or_account_is_not_taken_over(services: Services) -> None:
    for there in ("https://elsewhere.example/hook", f"{PUBLIC_URL}/webhooks/telegram/account-2"):
        services.telegram.webhook = there

        with pytest.raises(Refused, match="another program"):
            bot(services).watch(webhook("telegram"))
        assert services.telegram.webhook == there


def test_our_own_webhook_of_an_earlier_address_is_moved(services: Services) -> None:
    services.telegram.webhook = "https://old.example/webhooks/telegram/account-1"

    bot(services).watch(webhook("telegram"))

    assert services.telegram.webhook == webhook("telegram").address


def test_while_telegram_brings_everything_a_poll_finds_nothing_and_is_no_trouble(
    services: Services,
) -> None:
    provider = bot(services)
    cursor = provider.cursor_at(datetime.now(UTC) - timedelta(minutes=1))
    provider.watch(webhook("telegram"))

    assert provider.fetch_new(cursor).envelopes == ()


def test_what_waits_for_a_webhook_in_vain_is_fetched(services: Services) -> None:
    provider = bot(services)
    cursor = provider.cursor_at(datetime.now(UTC) - timedelta(minutes=1))
    provider.watch(webhook("telegram"))
    services.telegram.receive("How much is the tent?")

    waiting = provider.fetch_new(cursor)
    assert waiting.envelopes == ()
    assert services.telegram.webhook

    late = waiting.cursor.replace(str(datetime.now(UTC).year), "2020")
    [envelope] = provider.fetch_new(late).envelopes
    assert envelope.text == "How much is the tent?"
    assert services.telegram.webhook == ""


@pytest.mark.parametrize("provider", ["telegram", "outlook"])
def test_without_a_public_address_nobody_is_asked_to_knock(
    provider: str, services: Services
) -> None:
    account = bot(services) if provider == "telegram" else outlook(services)

    with pytest.raises(NotSupported, match="ORCHESTRE_PUBLIC_URL"):
        account.watch(webhook(provider, at=""))


# Slack


def test_slack_tells_of_a_bot_within_its_workspace(services: Services) -> None:
    provider = opened(SlackProvider, services, slack.BOT, slack.TOKEN, slack_app_token="xapp-1")

    watched = provider.watch(webhook("slack"))

    assert watched.subscription == f"{slack_events.TEAM}/{slack.BOT}"
    assert (watched.expires_at, watched.is_new) == (None, False)


def test_without_a_way_in_slack_is_not_asked(services: Services) -> None:
    provider = opened(SlackProvider, services, slack.BOT, slack.TOKEN)

    with pytest.raises(NotSupported, match="SLACK_APP_TOKEN"):
        provider.watch(webhook("slack"))
