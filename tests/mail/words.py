"""People's mail whose words, subject or form look like a machine's, and are not."""

from .writing import Mail, human, plain, silent

TEXTS = {
    "unsubscribe": "Please unsubscribe me from your newsletter. How do I do that?\n",
    "bulk": "Do you give a discount when I order in bulk?\n",
    "do-not-reply": (
        "My parcel notice said 'do not reply to this e-mail', so I ask you: when does it come?\n"
    ),
    "out-of-office": "I was out of the office last week. Is your offer still good?\n",
    "on-vacation": "We are on vacation until Friday. Can you deliver after that?\n",
    "automatic-words": "This is not an automatic reply: I really want to know the price.\n",
    "bounced": "My last mail bounced: 550 5.1.1 user unknown. Is this the right address?\n",
    "could-not-be-delivered": (
        "The parcel could not be delivered, says the courier. Can you help?\n"
    ),
    "view-online": "Can I view the tent online?\n",
    "bank-words": "Your invoice says 'this is a system generated message'. Whom do I pay?\n",
    "machine-question": "Are you a robot or a person?\n",
    "short": "Price?\n",
    "shorter": "In stock?\n",
    "one-word": "Available\n",
    "number": "2\n",
    "yes": "Yes, please send it.\n",
    "without-question-mark": "I would like to know what the Alp 2 weighs.\n",
    "capitals": "WHERE IS MY ORDER\n",
    "link-only": "https://tents.example/fjell-4 - is this one green?\n",
    "disclaimer": (
        "Is the Fjell 4 in stock?\n\nRegards\n"
        "Bob\n\nThis e-mail and any files with it are confidential and "
        "intended "
        "solely for the addressee. If you are not the intended recipient, "
        "do not reply to this message, delete it. This message "
        "was scanned automatically for viruses.\n"
    ),
    "think-before-you-print": (
        "Which pegs for sand?\n\nBob\n\nPlease consider the environment: "
        "think before you print this e-mail.\n"
    ),
    "mobile-signature": "Is it still there?\n\nSent from my iPhone\n",
    "android-signature": "What does it weigh?\n\nGet Outlook for Android\n",
    "signature": (
        "How much is delivery to Oslo?\n\n-- \n"
        "Bob Miller\nnoreply is not my address\n"
        "https://x.example/unsubscribe\n"
    ),
    "avast": (
        "Do you rent tents?\n\n-- \nThis email has been checked for viruses "
        "by Avast antivirus software.\nwww.avast.example\n"
    ),
    "caution-banner": (
        "CAUTION: This email originated from outside of the organization.\n\n"
        "Do you take purchase orders?\n"
    ),
    "bottom-posting": "> It is 99 euros.\n\nIs that with poles?\n",
    "interleaved": "> It is 99 euros.\nWith poles?\n> It weighs 4 kg.\nAnd packed?\n",
    "quoted-machine": (
        "Was that from you?\n\n> Auto-Submitted: auto-replied\n"
        "> Precedence: bulk\n> This is an automatic reply: I am out of "
        "the office.\n"
    ),
    "quoted-newsletter": (
        "Is this price still right?\n\nOn Mon, 12 Jan 2026 at 10:00, "
        "Shop <news@tents.example> wrote:\n> View this email in your "
        "browser\n"
        "> Fjell 4 now 99 euros\n> Unsubscribe\n"
    ),
    "forwarded-newsletter": (
        "Do you still have this one?\n\n---------- Forwarded message "
        "---------\nFrom: Shop <news@tents.example>\n"
        "Date: Mon, 12 Jan 2026\nSubject: Sale\n"
        "To: bob@x.example\n\nView this email in your browser\n"
        "Fjell 4 now 99 euros\n"
    ),
    "forwarded-order": (
        "Can I change the colour of this order?\n\n"
        "Begin forwarded message:\n\nFrom: Shop <no-reply@tents.example>\n"
        "Subject: Your order\nDate: 12 January 2026\n"
        "To: bob@x.example\n\nThank you for your order!\n"
    ),
    "forwarded-absence": (
        "Who else can help me?\n\n-----Original Message-----\n"
        "From: Lena <lena@tents.example>\nSent: Monday\n"
        "To: Bob\n"
        "Subject: Automatic reply: offer\n\nI am out of the office.\n"
    ),
    "thanks-first": "Thanks for the quick answer! One more thing: does it come with pegs?\n",
    "thanks-in-advance": "What does the repair cost? Thanks in advance!\n",
    "complaint": "I am not satisfied. The zip broke after one week, and nobody answers my mails.\n",
    "list-of-wishes": "I need:\n- 2 x Fjell 4\n- 4 x pegs\n\nWhat is it together?\n",
    "code": 'Your API returns {"error": "auto-replied"}. What does it mean?\n',
    "long": "Is it warm enough? " * 400 + "\n",
    "very-long-line": "word " * 3_000 + "- what does it cost?\n",
}

SUBJECTS = (
    "Vacation",
    "Away with the tent",
    "Mailing list of your dealers?",
    "No reply to my mail",
    "Noreply?",
    "Do not reply to my old address",
    "Undelivered parcel 8812",
    "Returned goods",
    "Delivery report of order 12",
    "System tent",
    "Spam",
    "Newsletter: how do I get it?",
    "Invoice 118 is wrong",
    "Confirmation of my order?",
    "Notification about my parcel",
    "Your order 8812",
    "Test",
    "[EXTERNAL] Tent",
    "{Spam?} Tent",
    "Re: Re: Re: Tent",
    "Fwd: Tent",
    "FW: Automatic reply",
    "WG: Abwesenheitsnotiz",
    "TR: Réponse automatique",
    "?",
    "...",
    "RE: Out of Office: Tent",
    "Robot tent",
    "Out of stock?",
    "Failure of the zip",
    "Automatische Markise",
    "Abwesende Heringe",
    "Absence de piquets",
    "Respuesta a su oferta",
    "Security alert on your page",
    "Cron tents",
    "Report of a broken pole",
    "Unzustellbares Paket",
)

FORMS = {
    "no-date": ("", ("Date",)),
    "no-message-id": ("", ("Message-ID",)),
    "no-subject": ("", ("Subject",)),
    "no-mime-version": ("", ("MIME-Version",)),
    "bare": ("", ("Date", "Message-ID", "Subject", "MIME-Version")),
    "empty-subject": ("Subject:", ()),
    "empty-message-id": ("Message-ID: <>", ()),
    "broken-message-id": ("Message-ID: 8812", ()),
    "message-id-with-spaces": ("Message-ID: <88 12@x.example>", ()),
    "broken-date": ("Date: yesterday", ()),
    "old-date": ("Date: Thu, 01 Jan 1970 00:00:00 +0000", ()),
    "raw-subject": ("Subject: Größe des Zelts?‽", ()),
    "raw-name": ("From: Jörg Müller <joerg@x.example>‽", ()),
    "encoded-subject-q": ("Subject: =?iso-8859-1?Q?Gr=F6=DFe_des_Zelts=3F?=", ()),
    "encoded-subject-split": ("Subject: =?utf-8?B?R3LDtg==?=\n =?utf-8?B?w59l?=", ()),
    "encoded-subject-broken": ("Subject: =?utf-8?B?R3L?= tent", ()),
    "long-subject": (f"Subject: {'tent ' * 150}", ()),
    "folded-subject": ("Subject: A question\n about the\n\ttent", ()),
    "long-references": (
        "References: " + "\n ".join(f"<{n}.a@tents.example>" for n in range(60)),
        (),
    ),
    "unknown-fields": ("\n".join(f"X-Field-{n}: {n}" for n in range(80)), ()),
    "two-subjects": ("Subject: Tent\nSubject: Another", ()),
}


def line_feeds(mail: Mail) -> Mail:
    """The same mail as it lies in a file on Unix."""
    raw = mail.raw.replace(b"\r\n", b"\n")
    return mail._replace(name=f"{mail.name}-line-feeds", raw=raw)


def from_mbox(mail: Mail) -> Mail:
    """The same mail with the line that a mailbox file puts before it."""
    line = b"From bob.miller@customer.example Tue Jan 13 09:00:00 2026\r\n"
    return mail._replace(name=f"{mail.name}-from-mbox", raw=line + mail.raw)


MAILS: tuple[Mail, ...] = (
    *(human(name, "Subject: Tent", text, kind="words trap") for name, text in TEXTS.items()),
    *(
        human(
            f"subject-{n}",
            f"Subject: {subject}",
            "Which tent do you advise for four?\n",
            kind="subject trap",
        )
        for n, subject in enumerate(SUBJECTS, start=1)
    ),
    *(
        human(name, head, plain("Is the tent in stock?\n"), kind="form", without=without)
        for name, (head, without) in FORMS.items()
    ),
    from_mbox(human("postmark", "Subject: Tent", "Is the tent in stock?\n", kind="form")),
    from_mbox(silent("L3", "postmark-bulk", "Precedence: bulk", kind="list")),
    line_feeds(human("unix", "Subject: Tent", "Is the tent in stock?\n", kind="form")),
    line_feeds(human("unix-folded", "Subject: A\n tent", "Is it in stock?\n", kind="form")),
)
