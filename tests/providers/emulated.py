"""The contract of providers, against emulators that nobody here wrote."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.deployment import Deployment
from core.messages import Address
from providers import Account, BaseProvider
from tests.planted import MARK
from tests.providers.contract import ALICE, BOB, NOW, ProviderContract, Sent
from tests.simulators.service import Authority

TOKEN = f"a-token-{MARK}"


class Emulated(ProviderContract):
    """The contract, as far as an emulator goes."""

    lacks: ClassVar[dict[str, str]] = {}
    """Tests that fail, and what the emulator lacks."""

    @pytest.fixture(autouse=True)
    def what_it_lacks(self, request: pytest.FixtureRequest) -> None:
        if reason := self.lacks.get(request.node.name):
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    def test_what_is_lacking_is_in_the_contract(self) -> None:
        assert [name for name in self.lacks if not hasattr(ProviderContract, name)] == []


class EmulatedMail(Emulated):
    """The second mail is the next in a thread that began elsewhere than in the inbox."""

    def test_the_thread_begins_with_what_came_before(self, provider: BaseProvider) -> None:
        [_, envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        thread = provider.fetch_thread(provider.fetch(envelope))

        assert [message.text.strip() for message in thread] == ["Good morning!", "Hello?"]


def account(authority: Authority, *, token: str = TOKEN, **addresses: Any) -> Account:
    return Account(
        address=Address(handle=ALICE, name="Alice"),
        credentials=Credentials(
            access_token=SecretStr(token), expires_at=datetime.now(UTC) + timedelta(hours=1)
        ),
        deployment=Deployment(ca_bundle=authority.bundle, **addresses),
    )


def a_mail(text: str, *, subject: str, **headers: str) -> bytes:
    mail = EmailMessage()
    usual = {"From": f"Bob <{BOB}>", "To": ALICE, "Message-ID": f"<{uuid4().hex}@customer.example>"}
    for name, value in (usual | {"Subject": subject} | headers).items():
        mail[name] = value
    mail.set_content(text)
    return bytes(mail)


def as_sent(raw: bytes) -> Sent:
    mail = message_from_bytes(raw, policy=policy.default)
    part = mail.get_body(("plain",))
    return Sent(
        to=",".join(handle for _, handle in getaddresses(mail.get_all("To", []))),
        subject=str(mail["Subject"]),
        body=str(part.get_content()).replace("\r\n", "\n").removesuffix("\n") if part else "",
        key=str(mail["X-Orchestre-Reply"] or ""),
    )
