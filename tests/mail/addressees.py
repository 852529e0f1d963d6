"""Who a mail says it is from and to: rules R1, R3 and A2, and whom an answer goes to."""

from functools import partial

from .writing import Mail, human, silent

own = partial(silent, kind="own address")
others = partial(silent, kind="not addressed")
nobody = partial(silent, kind="nobody to answer")
crowd = partial(silent, kind="crowd", level="P")
reached = partial(human, kind="addressing")
answered = partial(human, kind="answer target")

OWN = {
    "from": "From: Shop <shop@tents.example>",
    "from-capitals": "From: SHOP@TENTS.EXAMPLE",
    "from-alias": "From: Sales <sales@tents.example>",
    "from-sub-address": "From: shop+anything@tents.example",
    "from-mixed-case": "From: Tents <Info@Tents.Example>",
    "spoofed": "From: Boss <info@tents.example>\nReply-To: boss@evil.example\nSubject: Gift cards?",
    "sender": "Sender: shop@tents.example",
    "sender-sub-address": "Sender: Shop <sales+web@tents.example>",
    "one-of-two-authors": (
        "From: Bob <bob@customer.example>, shop@tents.example\nSender: bob@customer.example"
    ),
    "contact-form-as-us": "From: Form <shop@tents.example>\nReply-To: bob.miller@customer.example",
    "note-to-self": "From: shop@tents.example\nTo: shop@tents.example\nSubject: Call the supplier",
    "two-from-fields": "From: Bob <bob@customer.example>\nFrom: shop@tents.example",
    "own-message-id": "Message-ID: <0a1b2c3d4e5f60718293a4b5c6d7e8f9.orchestre@tents.example>",
}
OWN_ENVELOPES = ("shop@tents.example", "SALES@tents.example", "info+web@tents.example")

OTHERS = {
    "undisclosed": "To: undisclosed-recipients:;",
    "undisclosed-spaced": "To: Undisclosed recipients: ;",
    "all-staff": "To: All staff <all@tents.example>",
    "look-alike": "To: shop@tents-example.example",
    "longer-domain": "To: shop@tents.example.other.example",
    "shorter-local-part": "To: hop@tents.example",
    "sub-domain": "To: shop@mail.tents.example",
    "in-the-display-name": 'To: "shop@tents.example" <bob@other.example>',
    "in-an-encoded-name": "To: =?utf-8?q?shop=40tents=2Eexample?= <bob@other.example>",
    "in-a-comment": "To: bob@other.example (shop@tents.example)",
    "somebody-else": "To: Anna <anna@schmidt-familie.example>",
    "group-of-others": "To: Shops: a@x.example, b@x.example;",
    "empty-to": "To:",
    "reply-to-only": "To: bob@other.example\nReply-To: shop@tents.example",
    "in-the-subject": "To: bob@other.example\nSubject: for shop@tents.example",
    "delivered-to-only": (
        "To: bob@other.example\nDelivered-To: shop@tents.example\nX-Original-To: shop@tents.example"
    ),
}
COPIES = {
    "copy": "To: anna@schmidt-familie.example\nCc: shop@tents.example",
    "copy-among-others": "To: anna@x.example\nCc: bob@x.example, Sales <sales@tents.example>",
    "copy-of-a-quarrel": (
        "To: parcels@courier.example\nCc: shop@tents.example\nSubject: Where is my parcel?"
    ),
}
CROWD = ", ".join(f"friend{number}@people.example" for number in range(1, 22))
CROWDS = {
    "to": f"To: shop@tents.example, {CROWD}",
    "to-and-cc": f"To: shop@tents.example\nCc: {CROWD}",
    "group": f"To: Friends: shop@tents.example, {CROWD};",
}

NOBODIES = {
    "no-from": ("", ("From",)),
    "empty-from": ("From:", ()),
    "name-only": ("From: Bob Miller", ()),
    "null-address": ("From: Bob <>", ()),
    "no-domain": ("From: Bob <bob>", ()),
    "no-local-part": ("From: <@customer.example>", ()),
    "dash": ("From: Bob <-oQ/tmp@customer.example>", ()),
    "too-long": (f"From: <bob@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example>", ()),
    "long-local-part": (f"From: <{'b' * 260}@customer.example>", ()),
    "group-only": ("From: undisclosed:;", ()),
    "encoded-address": ("From: =?utf-8?q?bob=40customer=2Eexample?=", ()),
    "sender-is-no-target": ("Sender: bob@customer.example\nFrom: Bob", ()),
}

REACHED = {
    "capitals": "To: SHOP@TENTS.EXAMPLE",
    "alias": "To: Sales <sales@tents.example>",
    "bare": "To: shop@tents.example",
    "no-space": "To:shop@tents.example",
    "comment": "To: shop(the tent one)@tents.example",
    "comment-behind": "To: shop@tents.example (Tents Shop)",
    "quoted-name": 'To: "Shop, Tents & more" <shop@tents.example>',
    "name-is-the-address": 'To: "shop@tents.example" <shop@tents.example>',
    "encoded-name": "To: =?utf-8?B?WmVsdGxhZGVu?= <info@tents.example>",
    "sub-address": "To: shop+summer@tents.example",
    "sub-address-of-alias": "To: Sales+Fair@tents.example",
    "group": "To: Shops: other@ropes.example, shop@tents.example;",
    "with-others": "To: other@ropes.example, shop@tents.example, third@x.example",
    "folded": "To: other@ropes.example,\n Shop\n <shop@tents.example>",
    "two-of-ours": "To: shop@tents.example, info@tents.example",
    "others-in-copy": "To: shop@tents.example\nCc: anna@schmidt-familie.example",
    "also-in-copy": "To: info@tents.example\nCc: shop@tents.example",
    "blind-copy-shown": "To: other@ropes.example\nBcc: shop@tents.example",
    "resent-to": (
        "To: other@ropes.example\nResent-From: other@ropes.example\nResent-To: shop@tents.example"
    ),
    "resent-bcc": (
        "To: other@ropes.example\nResent-From: other@ropes.example\nResent-Bcc: sales@tents.example"
    ),
    "two-to-fields": "To: other@ropes.example\nTo: shop@tents.example",
    "twenty": f"To: shop@tents.example, {', '.join(CROWD.split(', ')[:19])}",
    "angle-only": "To: <shop@tents.example>",
    "semicolons": "To: shop@tents.example; other@ropes.example",
    "trailing-comma": "To: shop@tents.example,",
    "small-field-name": "to: shop@tents.example",
}

TARGETS = {
    "other-reply-to": (
        "From: Bob <bob@work.example>\nReply-To: bob@home.example",
        "bob@home.example",
    ),
    "same-reply-to": (
        "From: bob@work.example\nReply-To: Bob <bob@work.example>",
        "bob@work.example",
    ),
    "our-reply-to": ("From: bob@work.example\nReply-To: shop@tents.example", "bob@work.example"),
    "our-alias-reply-to": (
        "From: bob@work.example\nReply-To: Sales <SALES@tents.example>",
        "bob@work.example",
    ),
    "our-sub-address-reply-to": (
        "From: bob@work.example\nReply-To: shop+9@tents.example",
        "bob@work.example",
    ),
    "empty-reply-to": ("From: bob@work.example\nReply-To:", "bob@work.example"),
    "broken-reply-to": ("From: bob@work.example\nReply-To: Bob Miller", "bob@work.example"),
    "ours-and-another": (
        "From: bob@work.example\nReply-To: shop@tents.example, bob@home.example",
        "bob@home.example",
    ),
    "encoded-reply-to": (
        ("From: bob@work.example\nReply-To: =?utf-8?q?x=40evil=2Eexample?= <bob@home.example>"),
        "bob@home.example",
    ),
    "address-in-name": ('From: "x@evil.example" <bob@work.example>', "bob@work.example"),
    "address-in-comment": ("From: bob@work.example (x@evil.example)", "bob@work.example"),
    "route": ("From: Bob <@gw.example,@mx.example:bob@work.example>", "bob@work.example"),
    "errors-to": ("From: bob@work.example\nErrors-To: x@evil.example", "bob@work.example"),
    "sender": ("From: bob@work.example\nSender: secretary@work.example", "bob@work.example"),
    "mail-followup-to": (
        ("From: bob@work.example\nMail-Followup-To: x@lists.example\nMail-Reply-To: y@x.example"),
        "bob@work.example",
    ),
    "resent-from": (
        ("From: bob@work.example\nResent-From: anna@x.example\nResent-To: shop@tents.example"),
        "bob@work.example",
    ),
    "x-original-from": (
        "From: bob@work.example\nX-Original-From: anna@x.example",
        "bob@work.example",
    ),
    "reply-to-in-group": (
        "From: bob@work.example\nReply-To: Bob: bob@home.example;",
        "bob@home.example",
    ),
    "name-in-comment": ("From: bob@work.example (Bob (the) Miller)", "bob@work.example"),
    "single-quotes": ("From: 'Bob Miller' <bob@work.example>", "bob@work.example"),
    "comma-in-name": ('From: "Miller, Bob" <bob@work.example>', "bob@work.example"),
    "folded": ("From: Bob\n  Miller\n <bob@work.example>", "bob@work.example"),
    "small-letters": ("from: bob@work.example\nreply-to: bob@home.example", "bob@home.example"),
    "sub-address": ("From: bob+shops@work.example", "bob+shops@work.example"),
    "apostrophe": ("From: o'brien@work.example", "o'brien@work.example"),
    "all-atoms": ("From: b!#$%&*/=?^_`{|}~b@work.example", "b!#$%&*/=?^_`{|}~b@work.example"),
    "digits": ("From: 4711@work.example", "4711@work.example"),
    "idn": ("From: Jörg <jörg.maier@büro.example>‽", "jörg.maier@büro.example"),
    "a-label": ("From: Jorg <jorg@xn--bro-hoa.example>", "jorg@xn--bro-hoa.example"),
    "smtputf8-cyrillic": ("From: Анна <анна@почта.example>‽", "анна@почта.example"),
    "smtputf8-chinese": ("From: 王芳 <王芳@例子.example>‽", "王芳@例子.example"),
    "smtputf8-arabic": ("From: ليلى <ليلى@بريد.example>‽", "ليلى@بريد.example"),
    "two-reply-tos-alike": (
        "From: bob@work.example\nReply-To: bob@home.example, BOB@HOME.example",
        "bob@home.example",
    ),
}

ENVELOPES = {
    "srs0": "SRS0=HHH1=TT=customer.example=bob@forwarder.example",
    "srs0-plus": "SRS0+aB3d=XY=customer.example=bob@alias.example",
    "srs1": "SRS1=HHHH=forwarder.example==HHH1=TT=customer.example=bob@next.example",
    "batv": "prvs=1234abcdef=bob@customer.example",
    "barracuda-batv": "btv1==123abc==bob@customer.example",
    "forwarding-service": "bob+caf_=shop=other.example@customer.example",
    "mail-service": "0100019b2c-8a1f-000000@mail.ses.example",
    "other-domain": "bob@bounces.customer.example",
    "assistant": "assistant@customer.example",
}

MAILS: tuple[Mail, ...] = (
    *(own("R3", name, head) for name, head in OWN.items()),
    *(own("R3", f"envelope-{n}", envelope_from=path) for n, path in enumerate(OWN_ENVELOPES, 1)),
    *(others("R1", name, head) for name, head in OTHERS.items()),
    others("R1", "no-to-at-all", without=("To",)),
    *(others("R1", name, head, level="P") for name, head in COPIES.items()),
    *(crowd("R1", name, head) for name, head in CROWDS.items()),
    *(
        nobody("A2", name, head, without=without, envelope_from=None)
        for name, (head, without) in NOBODIES.items()
    ),
    *(
        reached(
            name, head, envelope_to="shop+summer@tents.example" if name == "sub-address" else ""
        )
        for name, head in REACHED.items()
    ),
    reached(
        "account-is-a-sub-address",
        "To: shop+orders@tents.example",
        me=("shop+orders@tents.example",),
    ),
    reached("account-in-capitals", "To: shop@tents.example", me=("Shop@Tents.Example",)),
    reached(
        "own-domain-beyond-ascii", "To: info@zelte-köln.example‽", me=("info@zelte-köln.example",)
    ),
    reached(
        "own-domain-as-a-label",
        "To: info@xn--zelte-kln-67a.example",
        me=("info@zelte-köln.example",),
    ),
    *(
        answered(
            name,
            head,
            target=target,
            envelope_from="bob@work.example" if "@work" in head else target,
        )
        for name, (head, target) in TARGETS.items()
    ),
    *(
        reached(f"through-{name}", "From: Bob <bob@customer.example>", envelope_from=path)
        for name, path in ENVELOPES.items()
    ),
    *(reached(f"unknown-envelope-{n}", envelope_from=None) for n in range(1, 7)),
)
