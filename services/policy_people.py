"""Whose address it is: our own, a machine's, one that takes no answers, or a person's. Pure."""

import re
import unicodedata
from collections.abc import Iterable

from core.messages import Address
from providers.mail.addresses import ascii_domain, well_formed

DOTLESS = frozenset({"gmail.com", "googlemail.com"})
"""Where dots in the local part make no difference."""

_SEPARATED = r"[-._+=]"
_GAP = r"[-._]{0,2}"
_REPLY = r"(?:repl(?:y|ies)|respond|responses?|answers?)"
_NO_REPLY_FORMS = (
    rf"(?:no|not|non|never|(?:please{_GAP})?do{_GAP}not|dont|can{_GAP}not){_GAP}{_REPLY}\d*",
    r"(?:ne|merci[-._]de[-._]ne)[-._]?pas[-._]?repondre",
    r"pas[-._]?de[-._]?reponse",
    r"no[-._]?(?:responder|respondas?|conteste|contestar)",
    r"n[aã]o[-._]?(?:responda|responder)",
    r"(?:bitte[-._]?)?nicht[-._]?antworten",
    r"keine[-._]?antwort(?:en)?",
    r"non[-._]?(?:rispondere|risponda)",
    r"niet[-._]?(?:beantwoorden|antwoorden|reageren)",
    r"geen[-._]?antwoord",
    r"(?:svara?|svar)[-._]?(?:ej|inte|ikke)",
    r"(?:ej|inte|ikke)[-._]?(?:svara?|svar|besvar)",
    r"(?:ei|ala|äl[äa]|elkaa)[-._]?vast(?:austa|ata|aa|atko)",
    r"nie[-._]?odpowiada(?:j|c)",
    r"ne[-._]?odpov(?:idejte|idat|edajte|edat)",
    r"ne[-._]?odgovara(?:j|jte|ti)",
    r"ne[-._]?valaszoljon",
    r"nu[-._]?raspunde(?:ti)?",
    r"ne[-._]?otvech(?:at|aite|ayte)",
    r"(?:yanitla|cevapla)may(?:in|iniz)",
    r"jangan[-._]?(?:balas|dibalas)",
    r"auto[-._]?(?:reply|replies|respond|responder|response|confirm|confirmation|answer)",
)
_NO_REPLY = re.compile(rf"(?:^|{_SEPARATED})(?:{'|'.join(_NO_REPLY_FORMS)})(?={_SEPARATED}|$)")

_SYSTEM = re.compile(
    r"(?:mailer[-._]?daemon|mail[-._]?daemon|listserv|majordomo|owner-.*"
    r"|.*-(?:request|owner|bounces|errors|relay))(?:[+=].*)?"
)
_SYSTEM_USERS = re.compile(
    r"(?:root|daemon|www-data|nobody|uucp|nagios|icinga|mdaemon|cron|anacron|logcheck|logwatch)"
    r"(?:[+=].*)?"
)
_BOUNCE = re.compile(r"(?:.*[-+=_.])?bounces?(?:[-+=_.].*)?|.*-confirm\+.*")
_POSTMASTER = re.compile(r"post[-._]?master(?:[+=].*)?")


def normal_address(handle: str) -> str:
    """`handle` as it is compared: without case, its domain as the servers write it."""
    text = unicodedata.normalize("NFC", handle.strip()).lower()
    local, at, domain = text.rpartition("@")
    if not at:
        return text
    domain = _ascii(domain.rstrip("."))
    if domain in DOTLESS:
        plain, plus, tag = local.partition("+")
        local, domain = f"{plain.replace('.', '')}{plus}{tag}", "gmail.com"
    return f"{local}@{domain}"


def _ascii(domain: str) -> str:
    try:
        return ascii_domain(domain)
    except UnicodeError:
        return domain


def domain_of(handle: str) -> str:
    return normal_address(handle).rpartition("@")[2]


def is_mine(handle: str, *, me: frozenset[str], delimiter: str = "+") -> bool:
    """Whether `handle` is one of my addresses, or a sub-address of one."""
    address = normal_address(handle)
    mine = {normal_address(own) for own in me}
    local, at, domain = address.rpartition("@")
    if address in mine or not at:
        return address in mine
    folded = {_base(own) for own in mine}
    if _base(address) in folded:
        return True
    ends = [at for at in range(1, len(local)) if delimiter and local.startswith(delimiter, at)]
    return any(f"{local[:end]}@{domain}" in mine for end in ends)


def _base(address: str) -> str:
    """An address without its `+tag`."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def takes_no_answers(handle: str) -> bool:
    """`noreply@`, in any language and place, or at a `noreply.` domain."""
    local, _, domain = _parts(handle)
    if _NO_REPLY.search(local):
        return True
    return any(_NO_REPLY.fullmatch(label) for label in domain.split(".")[:-1])


def is_system(handle: str, *, postmaster: bool = True) -> bool:
    """A daemon, a list manager or a bounce collector; `postmaster` where it counts as one."""
    local = _parts(handle)[0]
    if postmaster and _POSTMASTER.fullmatch(local):
        return True
    patterns = (_SYSTEM, _SYSTEM_USERS, _BOUNCE)
    return any(pattern.fullmatch(local) for pattern in patterns)


def _parts(handle: str) -> tuple[str, str, str]:
    text = handle.strip().strip('"').casefold()
    if "@" not in text:
        return text, "", ""
    local, at, domain = text.rpartition("@")
    return local.strip('"'), at, domain


def answerable(handle: str) -> bool:
    """Whether mail may be sent to it: nothing that a server or a shell could misread."""
    return well_formed(handle) and not handle.startswith(("-", '"'))


def target(
    reply_to: Iterable[Address],
    sender: Address,
    *,
    me: frozenset[str],
    delimiter: str = "+",
) -> Address | None:
    """Whom an answer goes to: the one usable Reply-To, else the sender; `None` for nobody.

    RFC 5322 3.6.2. Never several, never ourselves, never an address that takes no answers; and
    nobody where nobody says to have written it.
    """
    if not sender.handle:
        return None

    def usable(address: Address) -> bool:
        return (
            answerable(address.handle)
            and not is_mine(address.handle, me=me, delimiter=delimiter)
            and not takes_no_answers(address.handle)
            and not is_system(address.handle, postmaster=False)
        )

    wanted: dict[str, Address] = {}
    for one in filter(usable, reply_to):
        wanted.setdefault(normal_address(one.handle), one)
    if len(wanted) == 1:
        return next(iter(wanted.values()))
    return sender if usable(sender) else None
