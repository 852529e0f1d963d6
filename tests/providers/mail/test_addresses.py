"""Address lists: by RFC 5322, as mail programs really write them, and as swindlers do."""

import email
import email.policy
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Address, Outgoing
from providers.mail.addresses import as_sent, parse, parse_loosely, well_formed
from providers.mail.mime import write
from services.policy_people import is_mine, normal_address

BOB = Address(handle="bob@x.example", name="Bob")


def handles(text: str) -> list[str]:
    return [one.handle for one in parse(text)]


@pytest.mark.parametrize(
    ("text", "handle", "name"),
    [
        ("bob@x.example", "bob@x.example", ""),
        ("<bob@x.example>", "bob@x.example", ""),
        ("Bob <bob@x.example>", "bob@x.example", "Bob"),
        ('"Bob, Jr." <bob@x.example>', "bob@x.example", "Bob, Jr."),
        ("Bob, Jr. <bob@x.example>", "bob@x.example", "Bob, Jr."),
        ('"Bob \\"B\\" B" <bob@x.example>', "bob@x.example", 'Bob "B" B'),
        ("bob@x.example (Bob)", "bob@x.example", "Bob"),
        ("(a (nested \\) (deep)) one) bob@x.example", "bob@x.example", "a (nested \\) (deep)) one"),
        ("bob(his)@(home)x(!).example", "bob@x.example", "his home !"),
        ("bob . b @ x . example", "bob.b@x.example", ""),
        ('"bob b"@x.example', '"bob b"@x.example', ""),
        ('"b\\"b"@x.example', '"b\\"b"@x.example', ""),
        ('"bob@home"@x.example', '"bob@home"@x.example', ""),
        ('"bob"@x.example', "bob@x.example", ""),
        ("bob@[192.0.2.1]", "bob@[192.0.2.1]", ""),
        ("Bob <bob@[IPv6:2001:db8::1]>", "bob@[IPv6:2001:db8::1]", "Bob"),
        ("<@a.example,@b.example:bob@x.example>", "bob@x.example", ""),
        ("@a.example:bob@x.example", "bob@x.example", ""),
        ("=?utf-8?q?B=C3=B6b?= <bob@x.example>", "bob@x.example", "Böb"),
        ("=?utf-8?q?B=2C_=3Ca=40b=3E?= <bob@x.example>", "bob@x.example", "B, <a@b>"),
        ("jürgen@x.example", "jürgen@x.example", ""),
        ("bob@müller.example", "bob@müller.example", ""),
        ("用户@例え.example", "用户@例え.example", ""),
    ],
)
def test_a_mailbox_is_read_by_the_standard(text: str, handle: str, name: str) -> None:
    assert parse(text) == (Address(handle=handle, name=name),)


@pytest.mark.parametrize(
    "text",
    [
        "Bob <bob@x.example",
        "Bob bob@x.example",
        '"Bob" bob@x.example',
        "Bob <<bob@x.example>>",
        "Bob <mailto:bob@x.example>",
        "Bob <'bob@x.example'>",
        "'Bob' <bob@x.example>",
        '"Bob <bob@x.example>',
        'Bob" <bob@x.example>',
        "Bob <bob@x.example.>",
        "Bob\u00a0<bob@x.example>",
        "Bob\u3000<\u200bbob@x.example\u200e>",
        "Bob < bob@x.example >",
        "Bob <bob@x.example>,",
        "Bob <bob@x.example>;",
        ", Bob <bob@x.example>",
        "=?utf-8?q?Bob?=<bob@x.example>",
    ],
)
def test_what_mail_programs_get_wrong_is_read_all_the_same(text: str) -> None:
    assert parse(text) == (BOB,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.example, b@x.example", ["a@x.example", "b@x.example"]),
        ("a@x.example; b@x.example", ["a@x.example", "b@x.example"]),
        ("a@x.example,,b@x.example,", ["a@x.example", "b@x.example"]),
        ("A <a@x.example; B <b@x.example>", []),
        ("A <a@x.example; b@x.example", ["a@x.example", "b@x.example"]),
        ("Us: a@x.example, B <b@x.example>;, c@x.example", [f"{one}@x.example" for one in "abc"]),
        ('"a@b": c@x.example;', ["c@x.example"]),
        ("undisclosed-recipients:;", []),
        ("undisclosed recipients: ;, a@x.example", ["a@x.example"]),
        ("mailto:a@x.example", ["a@x.example"]),
        ('"A\\" <a@x.example>, b@x.example', ["a@x.example", "b@x.example"]),
    ],
)
def test_lists_and_groups_yield_their_members(text: str, expected: list[str]) -> None:
    assert handles(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?bob=40x=2Eexample?=",
        "=?utf-8?q?=3Cbob=40x=2Eexample=3E?=",
        "=?utf-8?b?Ym9iQHguZXhhbXBsZQ==?=",
        "=?utf-8?q?bob?=@x.example",
        "<=?utf-8?q?bob=40x=2Eexample?=>",
        '"bob@x.example"',
        "(bob@x.example)",
        "Bob",
        "<>",
        "< >",
        "",
    ],
)
def test_nothing_but_an_address_is_an_address(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        '"victim@x.example" <mallory@evil.example>',
        "victim@x.example <mallory@evil.example>",
        "=?utf-8?q?victim=40x=2Eexample?= <mallory@evil.example>",
        "=?utf-8?q?=22victim=40x=2Eexample=22_=3Cvictim=40x=2Eexample=3E?= <mallory@evil.example>",
        "(victim@x.example) mallory@evil.example",
        "<@victim.example:mallory@evil.example>",
        '"victim@x.example\\" <" <mallory@evil.example>',
    ],
)
def test_a_display_name_does_not_stand_in_for_its_address(text: str) -> None:
    assert handles(text) == ["mallory@evil.example"]


@pytest.mark.parametrize(
    "between", ["(<", ")<", "<<", "><", "@<", ":<", "[<", "]<", ")", "@", "> <"]
)
def test_of_two_addresses_between_half_brackets_neither_counts(between: str) -> None:
    for end in ("", ">"):
        assert handles(f"alice@x.example{between}bob@x.example{end}") == []


def test_two_addresses_without_a_comma_are_none() -> None:
    assert handles("alice@x.example bob@x.example") == []
    assert handles("<alice@x.example> <bob@x.example>") == []


@pytest.mark.parametrize(
    "handle",
    [
        "bob",
        "@x.example",
        "bob@",
        "bob@x..example",
        "bob@-x.example",
        "bob@x-.example",
        "b b@x.example",
        "b\nb@x.example",
        "b\u200bb@x.example",
        "b\u202eb@x.example",
        "bob@x\uff0cy.example",
        "bob@x\uff20y.example",
        "bob@x.example>",
        "<bob@x.example",
        "a@b@x.example",
        '"b\r\n"@x.example',
        f"{'b' * 250}@x.example",
        f"bob@{'ü' * 80}.example",
    ],
)
def test_some_handles_are_no_mailbox(handle: str) -> None:
    assert not well_formed(handle)


def test_a_bare_name_is_kept_for_those_who_look_at_senders() -> None:
    assert [one.handle for one in parse_loosely("MAILER-DAEMON (Mail System)")] == ["MAILER-DAEMON"]
    assert [one.handle for one in parse_loosely("alice@x.example:<bob@x.example>")] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob@müller.example", "BOB@XN--MLLER-KVA.EXAMPLE"),
        ("bob@MÜLLER.example", "bob@mu\u0308ller.example"),
        ("bob@straße.example", "bob@xn--strae-oqa.example"),
        ("bob@例え。example", "bob@xn--r8jz45g.example"),
        ("Jürgen@x.example", "ju\u0308rgen@x.example"),
        ("bob@x.example.", "bob@x.example"),
    ],
)
def test_an_address_is_the_same_in_all_its_forms(one: str, other: str) -> None:
    assert normal_address(one) == normal_address(other)
    assert is_mine(one, me=frozenset({other}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob@straße.example", "bob@strasse.example"),
        ("straße@x.example", "strasse@x.example"),
        ("bob@x.example", "bob@y.x.example"),
    ],
)
def test_addresses_that_look_alike_are_two(one: str, other: str) -> None:
    assert normal_address(one) != normal_address(other)


def test_servers_are_told_domains_in_ascii() -> None:
    assert as_sent("jürgen@müller.example") == "jürgen@xn--mller-kva.example"


ATOMS = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=8).filter(
    lambda text: "=?" not in text and text[0] + text[-1] != "''"
)
QUOTED = st.text("ab <>@,;:()[].", min_size=1, max_size=10).map(lambda text: f'"{text} "')
LOCALS = st.lists(ATOMS, min_size=1, max_size=3).map(".".join) | QUOTED
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
DOMAINS = st.lists(LABELS, min_size=2, max_size=4).map(".".join) | st.just("[192.0.2.1]")
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]), max_size=60
)


@given(local=LOCALS, domain=DOMAINS, name=NAMES)
def test_an_address_that_is_written_is_read_again_by_everybody(
    local: str, domain: str, name: str
) -> None:
    address = Address(handle=f"{local}@{domain}", name=name)
    date = datetime(2026, 1, 1, tzinfo=UTC)

    raw = write(Outgoing(to=address, sender=BOB, date=date, body="x"), key="k")

    to = email.message_from_bytes(raw, policy=email.policy.default)["To"]
    assert [one.addr_spec for one in to.addresses] == [address.handle]
    again = parse(
        next(
            line
            for line in raw.decode().replace("\r\n ", " ").split("\r\n")
            if line.startswith("To: ")
        )[4:]
    )
    assert [one.handle for one in again] == [address.handle]
    assert " ".join(again[0].name.split()) == " ".join(name.split()).strip("' ")


@given(st.text("ab@.,;:<>()[]\"\\ '=?\u00fc\u200b", max_size=60))
def test_no_list_is_too_strange_to_read(text: str) -> None:
    for address in parse(text):
        assert well_formed(address.handle)
        assert parse(f"x <{address.handle}>")[0].handle == address.handle


ENDLESS = """
" ( < <> \\ \\" a@b: a@b; @ <" << > mailto: @a, \u200e a@bücher.example,
"""


@pytest.mark.parametrize("piece", [*ENDLESS.split(), " . ", '"a" ', "a ", "a@b (", "a@b c@d "])
def test_reading_takes_linear_time(piece: str) -> None:
    started = time.perf_counter()

    parse(piece * (200_000 // len(piece)))

    assert time.perf_counter() - started < 5
