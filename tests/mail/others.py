"""Calendars, spam, loops, mail without words, campaigns: rules K1, S9, P2, T0 and F0."""

from functools import partial

from .writing import Mail, attached, entity, html, human, multipart, plain, silent

calendar = partial(silent, kind="calendar")
spam = partial(silent, kind="spam")
loop = partial(silent, kind="loop")
empty = partial(silent, kind="nothing new")
thanks = partial(silent, kind="thanks", level="P")
campaign = partial(silent, kind="campaign")


def event(method: str) -> bytes:
    text = (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\n"
        "BEGIN:VEVENT\nUID:1@x\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    return entity(text.encode(), f"text/calendar; charset=utf-8; method={method}")


def invitation(method: str, words: str) -> bytes:
    """As Outlook and Google send it: words, the same in HTML, and the event."""
    return multipart("alternative", plain(words), html(f"<p>{words}</p>"), event(method))


CALENDARS = (
    (
        "outlook-accepted",
        "S",
        "Accepted: Fitting",
        invitation("REPLY", "I will be there.\n"),
    ),
    (
        "google-accepted",
        "S",
        "Accepted: Fitting @ Mon 12 Jan",
        multipart(
            "mixed",
            invitation("REPLY", "Bob has accepted.\n"),
            attached("invite.ics", "application/ics"),
        ),
    ),
    (
        "declined",
        "S",
        "Declined: Fitting",
        invitation("REPLY", "Sorry, can we do Tuesday?\n"),
    ),
    ("tentative", "S", "Mit Vorbehalt: Anprobe", event("REPLY")),
    ("cancelled", "S", "Canceled: Fitting", invitation("CANCEL", "It is off.\n")),
    ("cancelled-alone", "S", "Abgesagt: Anprobe", event("CANCEL")),
    (
        "small-method",
        "S",
        "Accepted: Fitting",
        event("REPLY").replace(b"method=REPLY", b'method="reply"'),
    ),
    (
        "without-parameter",
        "S",
        "Accepted: Fitting",
        event("REPLY").replace(b"; method=REPLY", b""),
    ),
    (
        "inside-mixed",
        "S",
        "Canceled: Fitting",
        multipart("mixed", plain("Off.\n"), event("CANCEL")),
    ),
    ("invitation", "P", "Invitation: Fitting", invitation("REQUEST", "Please come.\n")),
    ("invitation-alone", "P", "Fitting", event("REQUEST")),
    (
        "google-invitation",
        "P",
        "Invitation: Fitting @ Mon 12 Jan",
        multipart(
            "mixed",
            invitation("REQUEST", "Bob invites you.\n"),
            attached("invite.ics", "application/ics"),
        ),
    ),
    ("counter", "P", "New time proposed: Fitting", invitation("COUNTER", "Later?\n")),
    ("published", "P", "Our opening hours", event("PUBLISH")),
)

SPAM = {
    "flag": "X-Spam-Flag: YES",
    "flag-small": "X-Spam-Flag: yes",
    "status": "X-Spam-Status: Yes, score=8.1 required=5.0 tests=BAYES_99",
    "status-alone": "X-Spam-Status: Yes",
    "status-folded": "X-Spam-Status:\n Yes, score=12.0",
    "spamassassin": (
        "X-Spam-Flag: YES\nX-Spam-Level: **********\n"
        "X-Spam-Status: Yes, score=10.2\nX-Spam-Checker-Version: SpamAssassin "
        "4.0"
    ),
    "rspamd": "X-Spam: Yes\nX-Rspamd-Action: add header",
    "virus": "X-Virus-Status: Infected (Eicar-Test-Signature)",
    "amavis": "X-Amavis-Alert: INFECTED, message contains virus: Eicar",
    "virus-found": "X-Virus-Found: yes",
    "twice": "X-Spam-Flag: NO\nX-Spam-Flag: YES",
}
PERHAPS_SPAM = {
    "scl": "X-MS-Exchange-Organization-SCL: 6",
    "forefront": "X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:;LANG:en;SCL:9;SRV:;SFV:SPM",
    "dmarc": (
        "Authentication-Results: mx.tents.example; dkim=none; spf=fail "
        "smtp.mailfrom=x; dmarc=fail (p=reject dis=none) header.from=customer.example"
    ),
}
NO_SPAM = {
    "flag-no": "X-Spam-Flag: NO",
    "status-no": "X-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00,YES_FAKE",
    "level": "X-Spam-Level: **\nX-Spam-Score: 2.1",
    "scl-low": "X-MS-Exchange-Organization-SCL: 1",
    "scl-trusted": "X-MS-Exchange-Organization-SCL: -1",
    "forefront-low": "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:1;SRV:;SFV:NSPM",
    "clean": "X-Virus-Scanned: Debian amavisd-new\nX-Virus-Status: Clean",
    "dmarc-elsewhere": (
        "Authentication-Results: mx.other.example; dmarc=fail (p=reject) "
        "header.from=customer.example"
    ),
    "dmarc-none": (
        "Authentication-Results: mx.tents.example; dmarc=fail (p=none) header.from=customer.example"
    ),
    "dmarc-passed": (
        "Authentication-Results: mx.tents.example; dmarc=pass (p=reject) "
        "header.from=customer.example"
    ),
    "subject": "Subject: [SPAM?] Your mails land in my spam folder",
    "yes": "X-Spam-Report: Yes, we scanned it",
}

LOOPS = {
    "own-address": "X-Loop: shop@tents.example",
    "own-address-in-brackets": "X-Loop: <shop@tents.example>",
    "own-alias": "X-Loop: SALES@tents.example",
    "among-others": "X-Loop: bob@x.example, shop@tents.example",
    "yes": "X-Loop: yes",
    "own-key": "X-Orchestre-Reply: 8812",
    "received": "\n".join(
        f"Received: from mx{n}.x.example by mx{n + 1}.x.example" for n in range(51)
    ),
}
NO_LOOPS = {
    "x-loop-other": "X-Loop: bob.miller@customer.example",
    "x-loop-no": "X-Loop: no",
    "received-40": "\n".join(
        f"Received: from mx{n}.x.example by mx{n + 1}.x.example" for n in range(40)
    ),
    "x-looped": "X-Looped: yes",
}

PGP = "-----BEGIN PGP MESSAGE-----\n\nhQEMA1234567890ABAQf/\n=ab12\n-----END PGP MESSAGE-----\n"
EMPTY = {
    "nothing": plain(""),
    "white-space": plain(" \n\n\t\n"),
    "no-break-space": plain("\u00a0\n\u200b\n"),
    "signature-only": plain("-- \nBob Miller\nCustomer Ltd, Oslo\n"),
    "quoted-only": plain("> It is 99 euros.\n> Regards, Shop\n"),
    "quoted-with-line": plain(
        "On Mon, 12 Jan 2026 at 10:00, Shop <shop@tents.example> wrote:\n> It is 99 euros.\n"
    ),
    "outlook-quoted": plain(
        "-----Original Message-----\nFrom: Shop <shop@tents.example>\n"
        "Sent: Monday, January 12, 2026 9:00 AM\n"
        "To: Bob\nSubject: Tent\n\nIt is 99 euros.\n"
    ),
    "closing-only": plain("Mit freundlichen Grüßen\n"),
    "html-nothing": html("<html><body><p>&nbsp;</p><br></body></html>"),
    "html-picture": html(
        '<html><body><img src="https://x.example/t.gif" width=1 height=1></body></html>'
    ),
    "html-quoted": html(
        '<div><br></div><div class="gmail_quote">On Mon Shop wrote:<blockquote '
        'class="gmail_quote">It is 99 euros.</blockquote></div>'
    ),
    "file-only": multipart("mixed", attached("scan.pdf", "application/pdf")),
    "picture-only": entity(b"\xff\xd8\xff", 'image/jpeg; name="tent.jpg"', "base64"),
    "pgp-mime": multipart(
        "encrypted",
        entity(b"Version: 1\n", "application/pgp-encrypted"),
        entity(PGP.encode(), "application/octet-stream"),
        parameters='; protocol="application/pgp-encrypted"',
    ),
    "pgp-inline": plain(PGP),
    "smime": entity(
        b"0\x82\x01",
        'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        "base64",
    ),
    "smime-old": entity(
        b"0\x82\x01",
        'application/x-pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        "base64",
    ),
}
THANKS = (
    "Thanks!",
    "Thank you very much.",
    "Thank you so much!\n\nKind regards",
    "Vielen Dank!",
    "Danke schön",
    "Merci beaucoup !",
    "Muchas gracias.",
    "Grazie mille",
    "Obrigada!",
    "Bedankt!",
    "Tack så mycket!",
    "Mange takk!",
    "Kiitos paljon!",
    "Dziękuję bardzo!",
    "Děkuji!",
    "Большое спасибо!",
    "Ευχαριστώ πολύ",
    "Teşekkür ederim",
    "谢谢！",
    "ありがとうございました。",
    "감사합니다",
    "Ok, thanks",
    "Thanks a lot!",
)

SIGNED_THANKS = (
    ("Bob Miller <bob@customer.example>", "Thanks a lot!\n\nBob"),
    ("bmiller@customer.example", "Thank you!\n\nMiller"),
    ("Anna Schmidt <anna@x.example>", "Danke, Anna"),
    ("Eva Lind <e@x.example>", "Thanks for your help!\n\nBest regards,\nDr. Eva Lind\nOslo"),
    ("Claire <claire@x.example>", "Merci pour votre réponse !\n\nCordialement,\nClaire"),
    ("A. Schmidt <a@x.example>", "Vielen Dank für Ihre Hilfe!\n\nMit besten Grüßen\nSchmidt"),
    ("Bob <b@x.example>", "Kind regards,\nBob"),
)

CAMPAIGNS = {
    "feedback-id": ("Feedback-ID: 8812:campaign:peak:esp", b""),
    "x-campaign": ("X-Campaign: spring-2026", b""),
    "feedback-and-campaign": ("Feedback-ID: 1:2:3:x\nX-Campaign-ID: 12", b""),
    "browser": (
        "Subject: Spring is here",
        plain("View this email in your browser\n\nNew tents from 99 euros. Which one is yours?\n"),
    ),
    "browser-de": (
        "Subject: Der Frühling ist da",
        plain("Newsletter im Browser ansehen\n\nNeue Zelte ab 99 Euro.\n"),
    ),
    "browser-fr": (
        "Subject: Le printemps",
        plain("Voir dans le navigateur\n\nNos tentes dès 99 euros.\n"),
    ),
    "browser-html": (
        "Subject: Sale",
        html(
            '<p><a href="https://x.example/v">View in browser</a></p><h1>Sale</h1><p>Now '
            "99 euros.</p>"
        ),
    ),
}
VERPS = (
    "news+shop=tents.example@peak.example",
    "m-812-shop=tents.example@em.peak.example",
    "msg-shop=tents.example-9f@peak.example",
)

MAILS: tuple[Mail, ...] = (
    *(
        calendar("K1", name, f"Subject: {subject}", body, level=level)
        for name, level, subject, body in CALENDARS
    ),
    *(spam("S9", name, head) for name, head in SPAM.items()),
    *(spam("S9", name, head, level="P") for name, head in PERHAPS_SPAM.items()),
    *(loop("P2", name, head) for name, head in LOOPS.items()),
    *(empty("T0", name, "Subject: Tent", body) for name, body in EMPTY.items()),
    *(thanks("T0", f"{n}", "Subject: Re: Tent", text) for n, text in enumerate(THANKS, start=1)),
    *(
        thanks("T0", f"signed-{n}", f"From: {sender}\nSubject: Re: Tent", text)
        for n, (sender, text) in enumerate(SIGNED_THANKS, start=1)
    ),
    *(campaign("F0", name, *parts) for name, parts in CAMPAIGNS.items()),
    *(campaign("F0", f"verp-{n}", envelope_from=path) for n, path in enumerate(VERPS, start=1)),
    *(human(name, head, kind="filter trap") for name, head in (NO_SPAM | NO_LOOPS).items()),
    human(
        "invitation-file",
        "Subject: Trade fair",
        kind="filter trap",
        body=multipart(
            "mixed",
            plain("Will you be at the fair? The dates are in the file.\n"),
            attached("fair.ics", "application/ics", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
        ),
    ),
    human(
        "calendar-words",
        "Subject: Accepted: your offer",
        "I take it. Where do I pay?\n",
        kind="filter trap",
    ),
    human(
        "thanks-and-question",
        "Subject: Re: Tent",
        "Thanks! And how much is the small one?\n",
        kind="filter trap",
    ),
    human("thanks-for-a-yes", "Subject: Re: Tent", "All received? Thanks!\n", kind="filter trap"),
    human(
        "thanks-and-news",
        "Subject: Re: Tent",
        "Thanks!\nPlease send two.\n",
        kind="filter trap",
    ),
    human(
        "closing-that-opens",
        "Subject: Tienda",
        "Saludos,\n\nquisiera comprar dos tiendas.\n",
        kind="filter trap",
    ),
    human(
        "closing-and-wish",
        "Subject: Re: Tent",
        "Two, please.\n\nBest regards\nBob\n",
        kind="filter trap",
    ),
    human(
        "thanks-and-order",
        "Subject: Re: Tent",
        "Thank you, I would like to order two of them.\n",
        kind="filter trap",
    ),
    human(
        "browser-in-a-sentence",
        "Subject: Shop page",
        ("When I view your page in my browser the price is 99 euros. Is that right?\n"),
        kind="filter trap",
    ),
)
