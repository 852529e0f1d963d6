"""Google's consent, tokens and Gmail behind one port, and the record of what happened there."""

import random
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulators.service import Authority

from .faults import Fault, Programme
from .gmail_api import Api
from .gmail_mailbox import Left, Mailbox
from .google_accounts import Accounts
from .google_errors import Answer, limited, page, stale, wrong
from .requests import Request
from .wire import Verdict, Wire

CLIENT, SECRET = "stranger.apps.googleusercontent.com", "GOCSPX-stranger"
BROKEN = {Fault.BROKEN_BEFORE, Fault.BROKEN_AFTER}
GATEWAY = {Fault.GATEWAY_BEFORE, Fault.GATEWAY_AFTER}
NO_EFFECT = {
    Fault.BROKEN_BEFORE,
    Fault.GATEWAY_BEFORE,
    Fault.BUSY,
    Fault.LIMIT,
    Fault.STALE,
    Fault.REDIRECT,
}


@dataclass(frozen=True)
class Asked:
    """A line of the double's log."""

    at: float
    account: str
    method: str
    path: str
    fault: str


@dataclass
class Gmail:
    folder: Path
    programme: Programme
    log: list[Asked] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    """Credentials that came to where they must not."""
    unreadable: set[str] = field(default_factory=set)
    """Ids of what is answered with 500 for good."""
    refusals: int = 0
    """So many of the next requests are refused with 401, whatever their token."""
    most_records: int = 0
    """Of history in one page; as it comes when 0. `maxResults` is only the most."""

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(self.programme.seed)
        self.boxes: dict[str, Mailbox] = {}
        self.scopeless: set[str] = set()
        """Accounts whose tokens have lost their scopes."""
        self.accounts = Accounts(CLIENT, SECRET, random.Random(f"t{self.programme.seed}"))
        authority = Authority(self.folder)
        self.bundle = authority.bundle
        self.wire = Wire(authority.server_context(), self._judge)
        self.url = f"https://localhost:{self.wire.port}"

        self.accounts.issuer = self.url

    def close(self) -> None:
        self.wire.close()

    def add(self, address: str, name: str) -> Mailbox:
        """Ids are those of every other mailbox: they are unique in one only."""
        dice = random.Random(f"ids {self.programme.seed}")
        box = Mailbox(address, name, dice, aliases=(f"sales.{address}",))
        box.last = self.random.choice((9_000, 2**53 + 11, 2**63 + 1234))
        box.oldest = box.last
        box.rewrites = self.random.random() < 0.5
        box.lag = self.random.choice((0.0, 0.7, 1.5))
        self.boxes[address] = box
        return box

    def settings(self) -> dict[str, str]:
        return {
            "ORCHESTRE_GMAIL_API_URL": self.url,
            "ORCHESTRE_GOOGLE_AUTH_URL": f"{self.url}/o/oauth2/v2/auth",
            "ORCHESTRE_GOOGLE_TOKEN_URL": f"{self.url}/token",
            "ORCHESTRE_GOOGLE_REVOKE_URL": f"{self.url}/revoke",
            "ORCHESTRE_GOOGLE_USERINFO_URL": f"{self.url}/v1/userinfo",
            "ORCHESTRE_CA_BUNDLE": str(self.bundle),
            "GOOGLE_CLIENT_ID": CLIENT,
            "GOOGLE_CLIENT_SECRET": SECRET,
        }

    def left(self) -> list[Left]:
        with self.lock:
            return [one for box in self.boxes.values() for one in box.left]

    def _judge(self, request: Request) -> Verdict:
        with self.lock:
            grant = self.accounts.whose(request)
        account = grant.account if grant else ""
        kind = self._kind(request)
        dice = self.programme.dice(f"{kind} {account} {request.method} {self._shape(request)}")
        fault = self.programme.decide(kind, account, dice)
        if kind == "token" and fault is Fault.STALE:
            fault = None
        self.log.append(
            Asked(request.at, account, request.method, request.target, fault.name if fault else "")
        )

        def effect() -> Answer:
            with self.lock:
                return self._answer(request)

        instead = self._instead(fault, dice, account)
        return Verdict(effect, fault, dice, instead, has_effect=fault not in NO_EFFECT)

    def _kind(self, request: Request) -> str:
        if not request.path.startswith("/gmail/"):
            return "token"
        if request.path.endswith("/send"):
            return "send"
        return "read" if request.method == "GET" else "write"

    def _shape(self, request: Request) -> str:
        steps = request.path.split("/")[5:6]
        return steps[0] if steps else request.path

    def _instead(self, fault: Fault | None, dice: random.Random, account: str) -> Answer | None:
        if fault in BROKEN:
            reason = dice.choice(("backendError", "internalError"))
            return wrong(500, reason, "Internal error encountered.", new=dice.random() < 0.5)
        if fault in GATEWAY:
            return page(502)
        if fault is Fault.BUSY:
            busy = wrong(503, "backendError", "The service is currently unavailable.")
            return Answer(503, busy.body, {**busy.headers, "Retry-After": "1"})
        if fault is Fault.LIMIT:
            return limited(dice.choice((403, 429)), dice)
        if fault is Fault.STALE:
            with self.lock:
                self.accounts.kill_tokens(account)
            return stale(dice)
        if fault is Fault.REDIRECT:
            other = f"https://127.0.0.1:{self.wire.port}/sorry/index?continue=x"
            return Answer(dice.choice((302, 307, 308)), b"", {"Location": other})
        return None

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/sorry/"):
            if "authorization" in request.headers or request.body:
                self.leaks.append(f"{request.method} {request.path}")
            html = b"<html><title>Sorry...</title>Our systems have detected unusual traffic</html>"
            return Answer(200, html, {"Content-Type": "text/html; charset=UTF-8"})
        if request.path.startswith("/batch"):
            return page(404)
        if not request.path.startswith("/gmail/"):
            return self.accounts.answer(request)
        grant = self.accounts.whose(request)
        if grant is None:
            return stale(self.random)
        scopes = {one.rpartition("/")[2] for one in grant.scopes}
        if grant.account in self.scopeless:
            scopes = {"openid"}
        if self.refusals:
            self.refusals -= 1
            return stale(self.random)
        if request.path.rpartition("/")[2] in self.unreadable:
            return wrong(500, "backendError", "Backend Error")
        box = self.boxes[grant.account]
        return Api(box, self.random, most_records=self.most_records).answer(request, scopes)
