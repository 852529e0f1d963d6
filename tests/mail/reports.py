"""Bounces, receipts and reports, with and without their marks: rules S5 and S6."""

from functools import partial

from .writing import Mail, attached, enclosed, entity, human, multipart, plain, silent

bounce = partial(silent, kind="bounce")
report = partial(silent, kind="report")

ORIGINAL = """
    From: shop@tents.example
    To: gone@customer.example
    Subject: Your order
    Message-ID: <a1@tents.example>

    It is on its way.
    """
STATUS = (
    b"Reporting-MTA: dns; mx.customer.example\n\nFinal-Recipient: rfc822; gone@customer.example\n\
Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
)


def dsn(words: str, *, action: str = "failed") -> bytes:
    """A delivery status notification as RFC 3464 has it."""
    return multipart(
        "report",
        plain(words),
        entity(STATUS.replace(b"failed", action.encode()), "message/delivery-status"),
        enclosed(ORIGINAL),
        parameters="; report-type=delivery-status",
    )


POSTFIX = (
    "From: MAILER-DAEMON@mx.customer.example (Mail Delivery System)\n"
    "Subject: Undelivered Mail Returned to Sender"
)
POSTFIX_WORDS = (
    "This is the mail system at host mx.customer.example.\n\nI'm sorry to have to inform you that "
    "your message could not\nbe delivered to one or more recipients. It's attached below.\n"
)
QMAIL_WORDS = (
    "Hi. This is the qmail-send program at mx.customer.example.\n"
    "I'm afraid I wasn't able to deliver "
    "your message to the following addresses.\n"
    "This is a permanent error; I've given up.\n\n"
    "<gone@customer.example>:\nSorry, no mailbox here by that name. "
    "(#5.1.1)\n\n"
    "--- Below this line is a copy of the message.\n\n"
    "From: shop@tents.example\nSubject: Your order\n"
)
RECEIPT = multipart(
    "report",
    plain("Your message was displayed on 12 January.\n"),
    entity(
        b"Final-Recipient: rfc822; bob@customer.example\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\n",
        "message/disposition-notification",
    ),
    parameters="; report-type=disposition-notification",
)
COMPLAINT = multipart(
    "report",
    plain("This is an abuse report for a mail from 192.0.2.1.\n"),
    entity(
        b"Feedback-Type: abuse\nUser-Agent: Yahoo/1.0\nVersion: 0.1\n", "message/feedback-report"
    ),
    enclosed(ORIGINAL),
    parameters="; report-type=feedback-report",
)
TLS = multipart(
    "report",
    plain("Aggregate TLS report.\n"),
    entity(b"\x1f\x8b\x08", "application/tlsrpt+gzip", "base64"),
    parameters='; report-type="tlsrpt"',
)
ZIPPED = entity(b"PK\x03\x04", 'application/zip; name="r!tents.example!1.zip"', "base64")

NULL = {
    "postfix": (POSTFIX, dsn(POSTFIX_WORDS)),
    "exim": (
        (
            "From: Mail Delivery System <Mailer-Daemon@mx.customer.example>\n"
            "X-Failed-Recipients: gone@x.example\n"
            "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: "
            "returning message to sender"
        ),
        dsn("A message that you sent could not be delivered.\n"),
    ),
    "qmail": (
        "From: MAILER-DAEMON@mx.customer.example\nSubject: failure notice",
        plain(QMAIL_WORDS),
    ),
    "exchange": (
        (
            "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6@customer.example>\n"
            "Subject: Undeliverable: Your order\n"
            "X-MS-Exchange-Message-Is-Ndr:"
        ),
        dsn("Delivery has failed to these recipients or groups:\n"),
    ),
    "gmail": (
        (
            "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\n"
            "X-Failed-Recipients: gone@x.example\n"
            "Auto-Submitted: auto-replied\nSubject: Delivery Status Notification "
            "(Failure)"
        ),
        dsn("Address not found\n"),
    ),
    "delayed": (
        (
            "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.customer.example>\n"
            "Subject: Warning: could not send message for past 4 hours"
        ),
        dsn("THIS IS A WARNING MESSAGE ONLY.\n", action="delayed"),
    ),
    "receipt": ("Subject: Read: Your order", RECEIPT),
    "like-a-person": ("", b""),
    "calendar-answer": ("Subject: Accepted: Fitting", plain("Yes.\n")),
    "list-probe": ("Sender: hikers-bounces@lists.example\nPrecedence: list", plain("Probe.\n")),
}

FIELDS = (
    "Return-Path: <>",
    "Return-Path: < >",
    "Return-path:<>",
    "Return-Path:\n <>",
    "Return-Path: <> (null sender)",
    "RETURN-PATH: <>",
    "From: MAILER-DAEMON@mx.customer.example\nReturn-Path: <>",
    "Return-Path: <bob@customer.example>\nReturn-Path: <>",
)

REAL_ENVELOPE = {
    "postfix": (POSTFIX, dsn(POSTFIX_WORDS)),
    "sendmail": (
        (
            "From: Mail Delivery Subsystem <mailer-daemon@mx.customer.example>\n"
            "Subject: Returned mail: see transcript for details"
        ),
        dsn("The following addresses had permanent fatal errors\n"),
    ),
    "exchange": (
        (
            "From: postmaster@customer.example\nSubject: Undeliverable: Your "
            "order\nX-MS-Exchange-Message-Is-Ndr:"
        ),
        dsn("Delivery has failed to these recipients or groups:\n"),
    ),
    "relayed": (
        "From: Mail gateway <gateway@customer.example>\nSubject: Not delivered",
        dsn("It was refused.\n"),
    ),
    "delivered": (
        "Subject: Successful Mail Delivery Report",
        dsn("It was delivered.\n", action="delivered"),
    ),
    "old-exim": (
        (
            "From: Mail Delivery System <system@mx.customer.example>\n"
            "X-Failed-Recipients: gone@customer.example\n"
            "Subject: Mail delivery failed: returning message to sender"
        ),
        plain("A message that you sent could not be delivered to one or more of its recipients.\n"),
    ),
    "status-alone": ("Subject: Delivery report", entity(STATUS, "message/delivery-status")),
    "capitals": (
        "Subject: Report",
        dsn("It failed.\n").replace(b"multipart/report", b"MULTIPART/REPORT"),
    ),
    "no-report-type": (
        "Subject: Report",
        dsn("It failed.\n").replace(b"; report-type=delivery-status", b""),
    ),
    "international": ("Subject: Report", entity(STATUS, "message/global-delivery-status")),
}

REPORTS = {
    "mdn-outlook": ("Subject: Gelesen: Ihre Bestellung\nX-MS-Has-Attach:", RECEIPT),
    "mdn-thunderbird": ("Subject: Return Receipt (displayed) - Your order", RECEIPT),
    "mdn-alone": (
        "Subject: Disposition notification",
        entity(
            (b"Final-Recipient: rfc822; bob@customer.example\nDisposition: automatic-action\n"),
            "message/disposition-notification",
        ),
    ),
    "mdn-not-read": (
        "Subject: Not read: Your order",
        RECEIPT.replace(b"displayed\n", b"deleted\n"),
    ),
    "arf": ("From: Feedback <feedback@isp.example>\nSubject: Abuse report", COMPLAINT),
    "arf-alone": (
        "Subject: complaint",
        entity(b"Feedback-Type: abuse\n", "message/feedback-report"),
    ),
    "tlsrpt": (
        (
            "From: TLS reports <tls@isp.example>\n"
            "Subject: Report Domain: tents.example Submitter: isp.example "
            "Report-ID: <1@isp.example>\n"
            "TLS-Report-Domain: tents.example\nTLS-Report-Submitter: isp.example"
        ),
        TLS,
    ),
    "tlsrpt-by-type": ("From: TLS reports <tls@isp.example>\nSubject: TLS", TLS),
    "dmarc-google": (
        (
            "From: noreply-dmarc-support@isp.example\n"
            "Subject: Report domain: tents.example Submitter: isp.example "
            "Report-ID: 1234567890"
        ),
        ZIPPED,
    ),
    "dmarc-microsoft": (
        (
            "From: DMARC Aggregate Report <dmarcreport@isp.example>\n"
            "Subject: [Preview] Report Domain: tents.example Submitter: isp.example "
            "Report-ID: 5e3a"
        ),
        multipart("mixed", plain("This is a DMARC aggregate report.\n"), ZIPPED),
    ),
    "dmarc-yahoo": (
        (
            "From: dmarc@isp.example\nSubject: Report Domain: tents.example "
            "Submitter: isp.example Report-ID: <1768.1>"
        ),
        multipart("mixed", plain("This is an aggregate report.\n"), ZIPPED),
    ),
    "dmarc-by-file": (
        "From: Reports <reports@isp.example>\nSubject: Your aggregate report",
        multipart(
            "mixed",
            plain("The report is attached.\n"),
            attached("isp.example!tents.example!1768172400!1768258799.xml.gz", "application/gzip"),
        ),
    ),
    "failed-recipients": ("X-Failed-Recipients: gone@customer.example", b""),
}

WORDED = {
    "gateway": (
        (
            "From: Mail gateway <gateway@customer.example>\n"
            "Subject: Undelivered Mail Returned to Sender"
        ),
        POSTFIX_WORDS,
    ),
    "qmail-renamed": (
        "From: Mail robot <robot@customer.example>\nSubject: failure notice",
        QMAIL_WORDS,
    ),
    "exchange-de": (
        (
            "From: System-Administrator <administrator@customer.example>\n"
            "Subject: Unzustellbar: Ihre Bestellung"
        ),
        (
            "Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n"
            "Der folgende Empfänger konnte "
            "nicht erreicht werden: gone@customer.example\n"
            "<mx.customer.example #5.1.1 smtp;550 5.1.1 unknown user>\n"
        ),
    ),
    "full-mailbox": (
        "From: Mail system <system@isp.example>\nSubject: Mail delivery failed",
        "The following message was not delivered: the mailbox is full (over quota).\n",
    ),
    "delivery-failure": (
        "From: Gateway <mail@isp.example>\nSubject: Delivery Failure",
        "Your message could not be delivered: 550 5.7.1 rejected by policy.\n",
    ),
}

TRAPS = {
    "parcel": (
        "Subject: Delivery failure of my parcel?",
        "My parcel 8812 came back. Can you send it again?\n",
    ),
    "returned": (
        "Subject: Returned mail order",
        "I sent the tent back on Monday. Has it arrived?\n",
    ),
    "undeliverable": (
        "Subject: Undeliverable parcel",
        "The courier says my parcel is at the depot. Which one is it?\n",
    ),
    "failure": (
        "Subject: failure notice on the zip",
        "The zip failed after a week. What can I do?\n",
    ),
    "delivery-notification": (
        "Subject: Delivery notification for order 12",
        "I got no notice. When does it come?\n",
    ),
    "unzustellbar": (
        "Subject: Unzustellbar?",
        "Bei der Post heißt es, das Paket sei zurückgegangen. Was nun?\n",
    ),
    "receipt-wish": ("Subject: Read receipt", "Please confirm: is the Alp 2 in stock?\n"),
    "bounce-house": ("Subject: Bounce house", "Do you sell bounce houses for children?\n"),
}

BOUNCE_BELOW = """\
Hello,

I tried to write to you yesterday and got this back. Is your other address still right?

-----Original Message-----
From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>
Sent: Monday, January 12, 2026 9:00 AM
To: bob.miller@customer.example
Subject: Undelivered Mail Returned to Sender

This is the mail system at host mx.customer.example.
I'm sorry to have to inform you that your message could not be delivered.
"""

ENCLOSED = {
    "bounce": multipart(
        "mixed",
        plain("Is this bounce yours?\n"),
        enclosed(
            "Return-Path: <>\nAuto-Submitted: auto-replied\nX-Failed-Recipients: a@b.example\n"
            "Content-Type: multipart/report; boundary=c\n\n--c\n\nfailed\n--c--\n"
        ),
    ),
    "newsletter": multipart(
        "mixed",
        plain("You sent me this. Is the price right?\n"),
        enclosed(
            "List-Id: <x.y>\nList-Unsubscribe: <https://x.example>\nPrecedence: bulk\n"
            "From: noreply@x.example\nSubject: Sale\n\nView in browser\n"
        ),
    ),
    "digest": multipart(
        "mixed",
        plain("Two mails I never understood. Can you explain?\n"),
        multipart(
            "digest",
            (b"\nAuto-Submitted: auto-generated\nSubject: one\n\none\n"),
            b"\nX-Autoreply: yes\n\ntwo\n",
        ),
    ),
    "status-as-file": multipart(
        "mixed",
        plain("What does the file say?\n"),
        entity(
            STATUS,
            'message/delivery-status; name="status.txt"',
            "8bit",
            'Content-Disposition: attachment; filename="status.txt"',
        ),
    ),
    "dmarc-report": multipart(
        "mixed",
        plain("What does this file want from me?\n"),
        attached("isp.example!tents.example!1768172400!1768258799.xml.gz", "application/gzip"),
    ),
    "headers-in-a-part": multipart(
        "mixed",
        (b"Auto-Submitted: auto-replied\nList-Id: <x.y>\nPrecedence: bulk\n")
        + plain("Is it in stock?\n"),
        attached("a.pdf", "application/pdf"),
    ),
    "calendar-in-mail": multipart(
        "mixed",
        plain("Is this invitation from you?\n"),
        enclosed(
            "Subject: Cancelled\nContent-Type: text/calendar; method=CANCEL\n\n"
            "BEGIN:VCALENDAR\nEND:VCALENDAR\n"
        ),
    ),
    "spam-inside": multipart(
        "mixed",
        plain("Why did my filter take your mail for spam?\n"),
        enclosed(
            "X-Spam-Flag: YES\nX-Spam-Status: Yes, score=12\n"
            "From: shop@tents.example\n\nYour order\n"
        ),
    ),
    "out-of-office-inside": multipart(
        "mixed",
        plain("Your colleague is away. Who can tell me a price?\n"),
        enclosed(
            "Subject: Automatic reply: offer\nX-Auto-Response-Suppress: All\n"
            "Auto-Submitted: auto-generated\n\nAway.\n"
        ),
    ),
}

MAILS: tuple[Mail, ...] = (
    *(bounce("S5", f"null-{name}", *parts, envelope_from="") for name, parts in NULL.items()),
    *(
        bounce("S5", f"field-{n}", head, envelope_from=None)
        for n, head in enumerate(FIELDS, start=1)
    ),
    *(bounce("S6", f"real-{name}", *parts) for name, parts in REAL_ENVELOPE.items()),
    bounce("S6", "unknown-envelope", POSTFIX, dsn(POSTFIX_WORDS), envelope_from=None),
    *(report("S6", name, *parts) for name, parts in REPORTS.items()),
    *(bounce("S6", f"worded-{name}", *parts, level="S") for name, parts in WORDED.items()),
    bounce(
        "S7",
        "qmail-real",
        ("From: MAILER-DAEMON@mx.customer.example\nSubject: failure notice"),
        QMAIL_WORDS,
    ),
    bounce(
        "S7",
        "aol",
        ("From: Mail Delivery Subsystem <MAILER-DAEMON@isp.example>\nSubject: Returned mail"),
        "User unknown\n",
    ),
    *(human(name, *parts, kind="subject trap") for name, parts in TRAPS.items()),
    human(
        "asks-about-a-bounce",
        "Subject: Fwd: Undelivered Mail Returned to Sender",
        BOUNCE_BELOW,
        kind="forward",
    ),
    *(
        human(f"with-{name}", f"Subject: {name}", body, kind="enclosed mail")
        for name, body in ENCLOSED.items()
    ),
)
