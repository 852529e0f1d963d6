"""Mail that people write, as the programs they write it with put it together."""

from functools import partial

from .writing import Mail, attached, entity, html, human, multipart, plain

client = partial(human, kind="client")

EXCHANGE = """
    Thread-Topic: Tents for a school
    Thread-Index: AdpQ8m7mB3mCk3m9QbCkY1kq8wq3Zw==
    Accept-Language: en-GB, en-US
    Content-Language: en-GB
    X-MS-Has-Attach:
    X-MS-TNEF-Correlator:
    X-MS-Exchange-Organization-AuthSource: ex1.school.example
    X-MS-Exchange-Organization-AuthAs: Internal
    X-MS-Exchange-CrossTenant-Network-Message-Id: 1b9f8d20-4a7c
    X-MS-Exchange-Transport-CrossTenantHeadersStamped: DB9PR04MB
    x-ms-publictraffictype: Email
    x-ms-exchange-senderadcheck: 1
    x-ms-exchange-antispam-relay: 0"""

HEADS = {
    "outlook-desktop": (
        "X-Mailer: Microsoft Outlook 16.0\nThread-Index: AQHbX1aB\nContent-Language: de"
    ),
    "outlook-web": EXCHANGE,
    "outlook-rules-loop": EXCHANGE + "\n    X-MS-Exchange-Inbox-Rules-Loop: bob@school.example",
    "outlook-has-attach": EXCHANGE.replace("X-MS-Has-Attach:", "X-MS-Has-Attach: yes"),
    "outlook-suppress-receipts": EXCHANGE + "\n    X-Auto-Response-Suppress: DR, RN, NRN",
    "outlook-mac": "User-Agent: Microsoft-MacOutlook/16.93.25011212\nThread-Topic: Tents",
    "outlook-ios": (
        "X-Mailer: Microsoft Outlook for iOS\nX-MS-Exchange-MessageSentRepresentingType: 1"
    ),
    "outlook-express": (
        "X-Mailer: Microsoft Outlook Express 6.00.2900.5931\n"
        "X-MimeOLE: Produced By Microsoft MimeOLE V6.00\n"
        "X-MSMail-Priority: Normal"
    ),
    "windows-live": "X-Mailer: Microsoft Windows Live Mail 16.4\nX-MSMail-Priority: Normal",
    "apple-mail": "X-Mailer: Apple Mail (2.3826.300.87)\nX-Universally-Unique-Identifier: 6F1D",
    "iphone": "X-Mailer: iPhone Mail (22D63)\nMime-Version: 1.0 (1.0)",
    "gmail": (
        "X-Gm-Message-State: AOJu0Yw\nX-Google-Smtp-Source: AGHT+IE\n"
        "X-Received: by 2002:a17:907:1b:b0 with SMTP id x\n"
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example; "
        "s=20230601; h=to; bh=x; b=y\n"
        "X-Google-DKIM-Signature: v=1; a=rsa-sha256"
    ),
    "gmail-confidential": "X-Gm-Gg: ASbGnc\nX-Gm-Message-State: AOJu0Yw",
    "thunderbird": (
        "User-Agent: Mozilla Thunderbird\nContent-Language: en-US\n"
        "X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0\n"
        "X-Identity-Key: id1\nFcc: imap://bob@imap.example/Sent"
    ),
    "betterbird": "User-Agent: Betterbird (Linux)\nAutocrypt: addr=bob@x.example; keydata=xsFN",
    "k9": (
        "User-Agent: K-9 Mail for Android\nAutocrypt: addr=bob@x.example; "
        "prefer-encrypt=mutual; keydata=xjME"
    ),
    "fairemail": "X-Correlation-ID: <1a2b@fair.example>\nX-Mailer: FairEmail",
    "samsung": "X-Mailer: SamsungEmail 6.1\nX-Priority: 3",
    "yahoo": (
        "X-Mailer: WebService/1.1.23187 YMailNorrin\nX-YMail-OSG: 5Xg2\nX-Sonic-MF: <bob@x.example>"
    ),
    "gmx": "X-Provags-ID: V03:K1:abc\nX-Priority: 3\nSensitivity: Normal\nX-UI-Message-Type: mail",
    "t-online": "X-TOI-EXPURGATEID: 150726::1\nX-TOI-MSGID: 1b",
    "mail-ru": (
        "X-Mailer: Mail.Ru Mailer 1.0\nX-Mru-Authenticated-Sender: bob@x.example\nX-Spam: undefined"
    ),
    "yandex": "X-Mailer: Yamail [ http://yandex.example ] 5.0\nX-Yandex-Fwd: 1",
    "qq": "X-QQ-MIME: TCMime 1.0 by Tencent\nX-Mailer: QQMail 2.x\nX-QQ-SSF: 00000000000000F0",
    "netease": (
        "X-Mailer: Coremail Webmail Server Version XT5.0.14\n"
        "X-CM-TRANSID: _____wD3\nX-Originating-IP: [192.0.2.1]"
    ),
    "naver": "X-Naver-CIP: 192.0.2.1\nX-Originating-IP: 192.0.2.1\nImportance: normal",
    "proton": "X-Pm-Message-ID: 5a1b\nFeedback: none\nX-Pm-Spamscore: 0",
    "tutanota": "X-Tuta-Internal: no\nX-Mailer: Tuta",
    "fastmail": (
        "X-ME-Sender: <xms:abc>\nX-ME-Proxy: <xmx:abc>\nUser-Agent: Cyrus-JMAP/3.11\nX-ThreadId: T1"
    ),
    "roundcube": "User-Agent: Roundcube Webmail/1.6.9\nX-Sender: bob@x.example",
    "horde": "User-Agent: Horde Application Framework 5",
    "squirrelmail": (
        "User-Agent: SquirrelMail/1.4.23 [SVN]\nX-Priority: 3 (Normal)\nImportance: Normal"
    ),
    "zimbra": "X-Mailer: Zimbra 9.0.0_GA_4583 (ZimbraWebClient - GC131 (Win))\nThread-Topic: tents",
    "notes": (
        "X-Mailer: HCL Notes Release 12.0.2\n"
        "X-MIMETrack: Serialize by Router on mx/Ropes\n"
        "X-KeepSent: 8812"
    ),
    "groupwise": "X-Mailer: Novell GroupWise Internet Agent 18.4",
    "the-bat": (
        "X-Mailer: The Bat! (v11.1) Professional\nX-Priority: 3 (Normal)\nReply-To: bob@x.example"
    ),
    "claws": "X-Mailer: Claws Mail 4.3.0 (GTK 3.24.43; x86_64-pc-linux-gnu)\nFace: iVBOR",
    "mutt": "User-Agent: Mutt/2.2.12 (2023-09-09)\nContent-Disposition: inline",
    "neomutt": "Mail-Followup-To: shop@tents.example, bob@x.example",
    "evolution": "User-Agent: Evolution 3.54.2\nX-Evolution-Identity: 1",
    "em-client": "User-Agent: eM_Client/10.1.4588.0\nX-Mailer: eM Client",
    "spark": "X-Readdle-Message-ID: 8a7b@Spark",
    "mailspring": "X-Mailer: Mailspring\nX-Mailspring-Thread: 12",
    "blackberry": "X-Mailer: BlackBerry Email\nX-Priority: Normal",
    "pegasus": (
        "X-mailer: Pegasus Mail for Windows (4.81)\n"
        "Comments: Sender has elected to use 8-bit data in this message."
    ),
    "eudora": (
        "X-Mailer: QUALCOMM Windows Eudora Version 7.1.0.9\nX-Sender: bob@x.example (Unverified)"
    ),
    "alpine": "User-Agent: Alpine 2.26 (DEB)",
    "gnus": "User-Agent: Gnus/5.13\nMail-Copies-To: never\nCancel-Lock: sha1:abc=",
    "airmail": "X-Mailer: Airmail (708)",
    "sogo": "User-Agent: SOGoMail 5.11.2\nX-Forward: 192.0.2.1",
    "nine": "X-Mailer: Nine for Android",
    "open-xchange": (
        "X-Mailer: Open-Xchange Mailer v8.32\n"
        "X-Originating-Client: open-xchange-appsuite\n"
        "X-Priority: 3"
    ),
    "telephone": "X-Mailer: MMS gateway\nX-Mms-Message-Type: 0",
    "printer": "X-Mailer: Brother MFC-L2750\nSubject: My drawing of the broken pole",
    "crm-by-hand": (
        "X-Mailer: Salesforce\nX-SFDC-User: 005\nX-Sender: postmaster@salesforce.example"
    ),
    "tracked": "X-Mailer: Mixmax\nX-Mixmax-Id: 12",
}

DELIVERY = {
    "arc": (
        "ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=x.example; s=arc; "
        "b=y\nARC-Message-Signature: i=1; a=rsa-sha256\n"
        "ARC-Authentication-Results: i=1; mx.x.example; spf=pass"
    ),
    "dkim": (
        "DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=s1; "
        "h=From:To:List-Unsubscribe:Precedence; bh=x; b=y"
    ),
    "received-spf": (
        "Received-SPF: pass (x.example: domain of bob@x.example designates "
        "192.0.2.1 as permitted sender)"
    ),
    "exchange-hops": (
        "X-MS-Exchange-Organization-MessageDirectionality: Incoming\n"
        "X-EOPAttributedMessage: 0\nX-MS-Office365-Filtering-HT: Tenant"
    ),
    "delivered-to": "Delivered-To: shop@tents.example\nX-Original-To: shop@tents.example",
    "delivered-to-loop": (
        "Delivered-To: shop@tents.example\nDelivered-To: everything@tents.example\n"
        "X-Original-To: info@tents.example"
    ),
    "forwarded-for": (
        "X-Forwarded-To: shop@tents.example\n"
        "X-Forwarded-For: old@tents.example shop@tents.example\n"
        "To: old@tents.example, shop@tents.example"
    ),
    "proofpoint": (
        "X-Proofpoint-Spam-Details: rule=notspam policy=default score=0 "
        "bulkscore=0 priorityscore=1501 malwarescore=0"
    ),
    "mimecast": "X-Mimecast-Spam-Score: 0\nX-MC-Unique: abc-1",
    "barracuda": "X-Barracuda-Spam-Status: No, SCORE=0.00\nX-Barracuda-Bulk: no",
    "ironport": 'X-IronPort-AV: E=Sophos;i="6.12"\nX-Ironport-Dmarc-Check-Result: validskip',
    "envelope-to": (
        "Envelope-to: shop@tents.example\nDelivery-date: Tue, 13 Jan 2026 09:00:00 +0100"
    ),
    "bulk-score": "X-Bulk-Score: 0\nX-Bulkmail: no\nX-Rspamd-Queue-Id: 4X",
    "abuse-address": "X-Complaints-To: abuse@x.example\nX-Report-Abuse: write to abuse@x.example",
    "antiabuse": (
        "X-AntiAbuse: This header was added to track abuse\n"
        "X-AntiAbuse: Primary Hostname - mx.x.example"
    ),
    "organisation": "Organization: Mailing List Ltd\nX-Face: abc",
    "date-with-comment": "Date: Tue, 13 Jan 2026 09:00:00 +0100 (CET)",
    "references": (
        "In-Reply-To: <a1@tents.example>\nReferences: <a0@tents.example> <a1@tents.example>"
    ),
    "sensitivity": "Sensitivity: Company-Confidential\nExpires: Thu, 15 Jan 2026 09:00:00 +0100",
    "old-return-receipt": (
        "Return-Receipt-To: bob@x.example\nGenerate-Delivery-Report: "
        "yes\nX-Confirm-Reading-To: bob@x.example"
    ),
}

HTML = """\
<html><head><style>p { color: red } .noreply { display: none }</style></head>
<body><p>Hello,</p><p>is the <b>Fjell 4</b> in stock?</p><p>Anna</p></body></html>
"""
BOTH = multipart("alternative", plain("Is the Fjell 4 in stock?\n"), html(HTML))
BODIES = {
    "html-only": html(HTML),
    "html-quoted-printable": html(HTML, encoding="quoted-printable"),
    "html-base64": html(HTML, encoding="base64"),
    "html-without-charset": entity(HTML.encode(), "text/html"),
    "both": BOTH,
    "both-plain-empty": multipart("alternative", plain("\n"), html(HTML)),
    "related": multipart(
        "related", BOTH, entity(b"\x89PNG", "image/png", "base64", "Content-ID: <logo@x>")
    ),
    "with-pdf": multipart(
        "mixed",
        plain("Is this the right part? See the drawing.\n"),
        attached("drawing.pdf", "application/pdf"),
    ),
    "with-picture": multipart(
        "mixed",
        plain("This pole broke. What is a new one?\n"),
        attached("pole.jpg", "image/jpeg", b"\xff\xd8"),
    ),
    "with-text-file": multipart(
        "mixed",
        plain("What would this list cost?\n"),
        attached("unsubscribe.txt", "text/plain", b"noreply bulk"),
    ),
    "apple-signature-behind": multipart(
        "mixed",
        plain("Which size do I need?\n"),
        attached("a.jpg", "image/jpeg", b"\xff\xd8"),
        plain("\nSent from my iPhone\n"),
    ),
    "tnef": multipart(
        "mixed",
        plain("Do you repair zips?\n"),
        attached("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22"),
    ),
    "vcard": multipart(
        "mixed",
        plain("Please call me about a tent for 20?\n"),
        attached("bob.vcf", "text/vcard", b"BEGIN:VCARD"),
    ),
    "smime-signed": multipart(
        "signed",
        plain("Can you send me an offer?\n"),
        attached("smime.p7s", "application/pkcs7-signature", b"0"),
        parameters='; protocol="application/pkcs7-signature"; micalg=sha-256',
    ),
    "pgp-signed": multipart(
        "signed",
        plain("Can you send me an offer for two?\n"),
        entity(b"-----BEGIN PGP SIGNATURE-----\n", "application/pgp-signature"),
        parameters='; protocol="application/pgp-signature"; micalg=pgp-sha512',
    ),
    "clear-signed": plain(
        "-----BEGIN PGP SIGNED MESSAGE-----\n"
        "Hash: SHA512\n\nWhat is the price?\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQ==\n"
        "-----END PGP SIGNATURE-----\n"
    ),
    "flowed": plain(
        "Is the tent that we saw in your \nshop on Monday still there?\n",
        parameters="; format=flowed",
    ),
    "flowed-delsp": plain(
        "このテントの \n在庫はありますか。\n", parameters="; format=flowed; delsp=yes"
    ),
    "one-part-mixed": multipart("mixed", plain("Is it waterproof?\n")),
    "nested": multipart(
        "mixed",
        multipart(
            "mixed", multipart("alternative", plain("Is it warm?\n"), html("<p>Is it warm?</p>"))
        ),
    ),
    "boundary-in-quotes": multipart("mixed", plain("Does it fit four?\n")).replace(
        b"=_", b"--=_Next Part '1'"
    ),
}

MAILS: tuple[Mail, ...] = (
    *(client(name, head) for name, head in HEADS.items() if name != "the-bat"),
    client("the-bat", "From: bob@x.example\n" + HEADS["the-bat"]),
    *(human(name, head, kind="transport") for name, head in DELIVERY.items()),
    *(human(name, f"Subject: {name}", body, kind="structure") for name, body in BODIES.items()),
)
