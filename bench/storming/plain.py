"""How answers are usually sent: with each service's library, or as that library does by default.

- Gmail: Google's own library, which sends a request again when the connection was closed.
- Microsoft Graph: the SDK's handler tries 429, 503 and 504 again, three times at most
  (github.com/microsoft/kiota-http-python, retry_handler.py).
- Slack: the SDK tries once more when the connection failed
  (docs.slack.dev/tools/python-slack-sdk, RetryHandler).
- Telegram: one request.
- SMTP: smtplib in a `with` block, as its documentation shows.
"""

import base64
import json
import smtplib
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import formataddr, make_msgid
from functools import cache
from typing import Any

import urllib3
from urllib3.exceptions import ProtocolError
from urllib3.util import Retry

from core.messages import Message
from providers.base import Account, BaseProvider
from providers.plugins.outlook import OutlookProvider

SECONDS = 30.0
GRAPH_RETRIES = Retry(
    total=3,
    connect=0,
    read=0,
    status=3,
    status_forcelist=(429, 503, 504),
    allowed_methods=None,
    backoff_factor=0.1,
)


class NotSent(Exception):
    """The service did not say that it was sent."""


def gmail(provider: Any, account: Account, message: Message, body: str) -> None:
    made = answer(account, message, body)
    raw = {"raw": base64.urlsafe_b64encode(made).decode(), "threadId": message.envelope.thread_id}
    request = _google(account.deployment.gmail_api_url).send(userId="me", body=raw)
    token = provider._gmail._grant.access_token()  # the same sign-in as for reading
    request.headers["authorization"] = f"Bearer {token}"
    request.execute(http=_httplib2(str(account.deployment.ca_bundle)))


def outlook(provider: Any, account: Account, message: Message, body: str) -> None:
    token = provider._graph._grant.access_token()
    _post(
        account,
        f"{account.deployment.graph_api_url}/me/sendMail",
        {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"},
        base64.b64encode(answer(account, message, body)),
        retries=GRAPH_RETRIES,
    )


def slack(provider: Any, account: Account, message: Message, body: str) -> None:
    conversation, _, thread = message.envelope.thread_id.partition(":")
    said = {"channel": conversation, "text": body} | ({"thread_ts": thread} if thread else {})
    token = account.credentials.access_token
    assert token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    url = f"{account.deployment.slack_api_url}/chat.postMessage"
    try:
        told = _post(account, url, headers, json.dumps(said).encode())
    except ProtocolError:
        told = _post(account, url, headers, json.dumps(said).encode())
    if not json.loads(told).get("ok"):
        raise NotSent("Slack said no.")


def telegram(provider: Any, account: Account, message: Message, body: str) -> None:
    chat, _, asked = message.envelope.thread_id.replace("::", ":").partition(":")
    said: dict[str, Any] = {"chat_id": int(chat), "text": body}
    if asked:
        said["reply_parameters"] = {"message_id": int(asked)}
    token = account.credentials.access_token
    assert token
    url = f"{account.deployment.telegram_api_url}/bot{token.get_secret_value()}/sendMessage"
    _post(account, url, {"Content-Type": "application/json"}, json.dumps(said).encode())


def smtp(provider: Any, account: Account, message: Message, body: str) -> None:
    settings = account.settings
    port, wait = settings["relay_port"], settings.get("relay_timeout", SECONDS)
    with smtplib.SMTP("127.0.0.1", port, timeout=wait) as server:
        to = message.envelope.sender.handle
        server.sendmail(account.address.handle, [to], answer(account, message, body))


SENDERS: Mapping[str, Callable[[BaseProvider, Account, Message, str], None]] = {
    "gmail": gmail,
    OutlookProvider.name: outlook,
    "slack": slack,
    "telegram": telegram,
    "imap": smtp,
    "maildir": smtp,
}


def answer(account: Account, message: Message, body: str) -> bytes:
    asked = message.envelope.first("message-id") or ""
    made = EmailMessage()
    made["From"], made["To"] = (
        account.address.handle,
        formataddr((message.envelope.sender.name, message.envelope.sender.handle)),
    )
    made["Subject"] = f"Re: {message.envelope.subject}"
    made["In-Reply-To"] = made["References"] = asked
    made["Message-ID"] = make_msgid(domain="shop.example")
    made.set_content(body)
    return made.as_bytes().replace(b"\n", b"\r\n")


def _post(
    account: Account,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    retries: Retry | bool = False,
) -> bytes:
    seconds = float(account.settings.get("timeout", SECONDS))
    pool = _pool(str(account.deployment.ca_bundle))
    said = pool.request(
        "POST", url, body=body, headers=dict(headers), retries=retries, timeout=seconds
    )
    if said.status >= 300:
        raise NotSent(f"It answered {said.status}.")
    return said.data


@cache
def _pool(bundle: str) -> urllib3.PoolManager:
    return urllib3.PoolManager(ca_certs=bundle, maxsize=16)


def _httplib2(bundle: str) -> Any:
    """One for each request: it is not safe to share between threads."""
    import httplib2  # type: ignore[import-untyped]  # it brings no types

    return httplib2.Http(ca_certs=bundle, timeout=SECONDS)


@cache
def _google(url: str) -> Any:
    from googleapiclient.discovery import (  # type: ignore[import-untyped]  # it brings no types
        build_from_document,
    )
    from googleapiclient.discovery_cache import (  # type: ignore[import-untyped]  # nor here
        get_static_doc,
    )

    built = build_from_document(
        get_static_doc("gmail", "v1"), http=object(), client_options={"api_endpoint": f"{url}/"}
    )
    return built.users().messages()
