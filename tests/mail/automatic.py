"""Mail that programs send by themselves and say so: rules S1, S2, S3 and S4."""

from functools import partial

from .writing import Mail, human, plain, silent

responder = partial(silent, kind="autoresponder")
ticket = partial(silent, kind="ticket system")
monitoring = partial(silent, kind="monitoring")
absence = partial(silent, kind="absence without marks")

AWAY = "I am away until 24 February and will read your message then.\n"

RESPONDERS = {
    "dovecot": """
        X-Sieve: Pigeonhole Sieve 0.5.19 (4eae2f79)
        Subject: Auto: Your order
        Auto-Submitted: auto-replied (vacation)
        Precedence: bulk
        X-Auto-Response-Suppress: All
        In-Reply-To: <a1@tents.example>
        References: <a1@tents.example>""",
    "gmail": """
        Subject: Away Re: Your order
        Auto-Submitted: auto-replied
        Precedence: bulk
        X-Autoreply: yes
        In-Reply-To: <a1@tents.example>""",
    "cyrus": """
        X-Sieve: CMU Sieve 2.4
        Auto-Submitted: auto-replied (vacation)
        Subject: Away from my desk""",
    "exim": "Auto-Submitted: auto-replied\nSubject: Re: Your order",
    "zimbra": """
        Subject: Out of office
        Auto-Submitted: auto-replied (zimbra; vacation)
        Precedence: bulk
        X-Zimbra-Forwarded: no""",
    "groupwise": (
        "X-Mailer: Groupwise 18.4\nAuto-Submitted: auto-replied\nSubject: Re: Offer (Bob is away)"
    ),
    "domino": (
        "X-Mailer: Lotus Notes Traveler\nAuto-submitted: auto-generated\n"
        "Subject: Bob is out of the office"
    ),
    "icloud": "Auto-submitted: auto-replied\nSubject: Re: Your order",
    "protonmail": "X-Autoreply: yes\nAuto-Submitted: auto-replied\nSubject: Auto: Your order",
    "postfixadmin": (
        "X-Loop: Postfix Admin Virtual Vacation\nPrecedence: junk\nAuto-Submitted: auto-replied"
    ),
    "cpanel": "X-Autorespond: Your order\nPrecedence: auto_reply\nAuto-Submitted: auto-replied",
    "procmail": "X-Loop: bob.miller@customer.example\nAuto-Submitted: auto-replied",
    "challenge": (
        "Subject: Please confirm your message\n"
        "X-Delivery-Agent: TMDA/1.1.12\nPrecedence: bulk\n"
        "Auto-Submitted: auto-replied\nReply-To: bob-confirm+1768.ab@customer.example"
    ),
    "exchange": """
        Subject: Automatic reply: Your order
        X-MS-Has-Attach:
        X-Auto-Response-Suppress: All
        auto-submitted: auto-generated
        X-MS-Exchange-Inbox-Rules-Loop: bob.miller@customer.example
        X-MS-TNEF-Correlator:""",
    "exchange-de": """
        Subject: Automatische Antwort: Ihre Bestellung
        X-Auto-Response-Suppress: All
        auto-submitted: auto-generated""",
    "exchange-ja": (
        "Subject: 自動応答: ご注文\nauto-submitted: auto-generated\nX-Auto-Response-Suppress: All"
    ),
    "meeting-room": 'Subject: Accepted: Fitting\nAuto-Submitted: auto-replied; owner="room"',
}

SUBMITTED = (
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated",
    'Auto-Submitted: auto-notified; owner-email="bob@customer.example"',
    "AUTO-SUBMITTED: AUTO-REPLIED",
    "auto-submitted : Auto-Generated",
    "Auto-Submitted:\n auto-replied",
    "Auto-Submitted:",
    "Auto-Submitted: yes",
    "Auto-Submitted: x-our-own-keyword",
    "Auto-Submitted: (no) auto-replied",
    "Auto-Submitted: no\nAuto-Submitted: auto-generated",
    "Auto-Submitted: auto-generated (not really; no)",
    "Auto-Submitted: nope",
    "Auto-Submitted: (a (nested) comment) auto-replied; x=y",
)

TICKETS = {
    "zendesk": """
        From: Rope World <support@ropes.example>
        Subject: [Rope World] Re: Delivery
        Auto-Submitted: auto-generated
        X-Mailer: Zendesk Mailer
        X-Auto-Response-Suppress: All
        X-Zendesk-From-Account-Id: 8812""",
    "freshdesk": """
        From: Rope World <support@ropes.freshdesk.example>
        Subject: Ticket Received - Delivery
        Auto-Submitted: auto-replied
        X-FD-Account-Id: 12""",
    "jira": """
        From: "Sean O'Brien (Jira)" <jira@ropes.atlassian.example>
        Subject: [JIRA] (TENT-12) Wrong price
        Precedence: bulk
        Auto-Submitted: auto-generated
        X-JIRA-FingerPrint: 6d2c
        X-Auto-Response-Suppress: All""",
    "gitlab": """
        From: Sean O'Brien <gitlab@git.example>
        Subject: Re: shop | The price is wrong (#12)
        Reply-To: Shop / Tents <incoming+ab12@git.example>
        X-GitLab-Project: shop
        List-Id: tents/shop <12.shop.tents.git.example>
        Auto-Submitted: auto-generated
        X-Auto-Response-Suppress: All""",
    "otrs": (
        "From: Rope World <service@ropes.example>\n"
        "X-Powered-By: OTRS\nX-Mailer: OTRS Mail Service\n"
        "Precedence: bulk\nAuto-Submitted: auto-generated\n"
        "X-OTRS-Loop: True"
    ),
    "request-tracker": (
        "From: Sean via RT <support@ropes.example>\n"
        "RT-Ticket: ropes.example #12\n"
        "X-Managed-by: RT 5.0.3\nAuto-Submitted: auto-generated\n"
        "Precedence: bulk\nX-RT-Loop-Prevention: ropes"
    ),
    "zammad": "From: Rope World <help@ropes.example>\nX-Mailer: Zammad Mail Service\n"
    "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\nX-Loop: yes\nPrecedence: bulk",
    "redmine": "From: redmine@ropes.example\nX-Mailer: Redmine\nX-Auto-Response-Suppress: All\n"
    "Auto-Submitted: auto-generated\nX-Redmine-Project: tents",
    "discourse": "From: hiker42 via Trail <forum@trail.example>\nAuto-Submitted: auto-generated\n"
    "X-Discourse-Topic-Id: 8\nList-Unsubscribe: <https://forum.trail.example/u>",
    "bugzilla": "From: bugs@ropes.example\nX-Bugzilla-Reason: CC\nAuto-Submitted: auto-generated\n"
    "X-Auto-Response-Suppress: All",
}

MONITORING = {
    "cron": """
        From: "Cron Daemon" <root@web1.tents.example>
        Subject: Cron <www@web1> /usr/local/bin/export
        Auto-Submitted: auto-generated
        X-Cron-Env: <SHELL=/bin/sh>
        X-Cron-Env: <HOME=/root>""",
    "voicemail": (
        "From: Telephone <voicemail@pbx.example>\n"
        "Subject: Voicemail from +47 22 00 00 00\n"
        "Auto-Submitted: auto-generated"
    ),
    "fax": (
        "From: FRITZ!Box <fax@home.example>\n"
        "Subject: Fax von 030123456\nAuto-Submitted: auto-generated"
    ),
    "certificate": (
        "From: certbot@web1.example\nSubject: Certificate expires in "
        "7 days\nAuto-Submitted: auto-generated"
    ),
    "sieve-notify": (
        'Subject: [SIEVE] New message\nAuto-Submitted: auto-notified; owner-email="x@y.example"'
    ),
}

SUPPRESSED = {
    "all": "X-Auto-Response-Suppress: All",
    "oof": "X-Auto-Response-Suppress: OOF",
    "autoreply": "X-Auto-Response-Suppress: AutoReply",
    "sharepoint": (
        "From: Documents <docs@intranet.example>\nX-Auto-Response-Suppress: DR, OOF, AutoReply"
    ),
    "small-letters": "x-auto-response-suppress: all",
    "folded": "X-Auto-Response-Suppress: DR,\n NDR, RN,\n NRN, OOF",
    "no-spaces": "X-Auto-Response-Suppress: RN,NRN,AutoReply",
    "twice": "X-Auto-Response-Suppress: None\nX-Auto-Response-Suppress: All",
    "teams": (
        "From: Anna in Teams <teams@collab.example>\n"
        "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply"
    ),
    "shop-system": (
        "From: Peak Orders <orders@peak.example>\nSubject: Order 812\nX-Auto-Response-Suppress: All"
    ),
    "ticket": (
        "From: Help <help@ropes.example>\nSubject: [#812] We got your "
        "mail\nX-Auto-Response-Suppress: OOF, AutoReply"
    ),
}

MARKED = {
    "autoreply": "X-Autoreply: yes",
    "autoreply-with-text": "X-Autoreply: Out until Monday",
    "autorespond": "X-Autorespond: Your order",
    "autoresponder": "X-Autoresponder: SquirrelMail vacation plugin",
    "autoreply-from": "X-AutoReply-From: bob@customer.example",
    "auto-reply-from": "X-Auto-Reply-From: bob@customer.example",
    "mail-autoreply": "X-Mail-Autoreply: 1",
    "autogenerated": "X-Autogenerated: Reply",
    "first-class": "X-FC-MachineGenerated: true",
    "post-messageclass": "X-POST-MessageClass: 9; Autoresponder",
    "preference": "Preference: auto_reply",
    "amazon": "X-Amazon-Auto-Reply: true",
    "old-cron": 'From: "(Cron Daemon)" <backup@nas.example>\nX-Cron-Env: <LOGNAME=backup>',
    "facebook": "X-Facebook-Notify: comment; mailid=1",
    "qmail-autoresponder": "Delivered-To: Autoresponder",
    "capitals": "X-AUTOREPLY: YES",
    "delivered-to-small": "Delivered-To: autoresponder",
}

ABSENCES = (
    ("en", "Automatic reply: Tent for four", "I am out of the office until Monday, 2 March."),
    (
        "en-asks",
        "Out of Office: Tent for four",
        "I am out of the office this week. Is it urgent? Please call Ann.",
    ),
    ("en-plain", "Out of office", "Back on Tuesday."),
    ("de", "Automatische Antwort: Zelt", "Ich bin bis zum 2. März nicht im Büro."),
    (
        "de-note",
        "Abwesenheitsnotiz: Zelt",
        "Ich bin im Urlaub und lese keine E-Mails. Eilig? Rufen Sie Frau Lind an.",
    ),
    ("fr", "Réponse automatique : Tente", "Je suis absent du bureau jusqu'au 2 mars."),
    ("es", "Respuesta automática: Tienda de campaña", "Estaré fuera de la oficina hasta el lunes."),
    ("it", "Risposta automatica: Tenda", "Sono in ferie fino al 2 marzo."),
    ("pt", "Resposta automática: Tenda", "Estou de férias até segunda-feira."),
    ("nl", "Automatisch antwoord: Tent", "Ik ben met vakantie tot 2 maart."),
    ("sv", "Autosvar: Tält", "Jag är på semester till och med den 2 mars."),
    ("nb", "Automatisk svar: Telt", "Jeg er på ferie til 2. mars."),
    ("da", "Automatisk svar: Telt til fire", "Jeg er ikke på kontoret før mandag."),
    ("fi", "Automaattinen vastaus: Teltta", "Olen lomalla 2. maaliskuuta asti."),
    ("pl", "Odpowiedź automatyczna: Namiot", "Jestem na urlopie do 2 marca."),
    ("cs", "Automatická odpověď: Stan", "Jsem mimo kancelář do pondělí."),
    ("sk", "Automatická odpoveď: Stan", "Do pondelka som na dovolenke."),
    ("hu", "Automatikus válasz: Sátor", "Március 2-ig szabadságon vagyok."),
    ("ro", "Răspuns automat: Cort", "Sunt în concediu până luni."),
    ("ru", "Автоматический ответ: Палатка", "Я в отпуске до 2 марта."),
    ("uk", "Автоматична відповідь: Намет", "Я у відпустці до 2 березня."),
    ("bg", "Автоматичен отговор: Палатка", "В отпуск съм до понеделник."),
    ("el", "Αυτόματη απάντηση: Σκηνή", "Είμαι εκτός γραφείου μέχρι τη Δευτέρα."),
    ("tr", "Otomatik Yanıt: Çadır", "2 Mart'a kadar izinde olacağım."),
    ("he", "תשובה אוטומטית: אוהל", "אני בחופשה עד יום ראשון."),
    ("ar", "رد تلقائي: خيمة", "أنا في إجازة حتى يوم الأحد."),
    ("zh-cn", "自动答复: 帐篷", "我正在休假，下周一回来。"),
    ("zh-tw", "自動回覆: 帳篷", "我正在休假，下週一回來。"),
    ("ja", "自動応答: テント", "3月2日まで不在にしております。"),
    ("ko", "자동 회신: 텐트", "3월 2일까지 휴가입니다."),
    ("th", "ตอบกลับอัตโนมัติ: เต็นท์", "ลาพักร้อนถึงวันจันทร์"),
    ("vi", "Trả lời tự động: Lều", "Tôi đang nghỉ phép đến thứ Hai."),
    ("id", "Balasan otomatis: Tenda", "Saya sedang cuti sampai Senin."),
    ("hr", "Automatski odgovor: Šator", "Na godišnjem sam odmoru do ponedjeljka."),
    ("sl", "Samodejni odgovor: Šotor", "Do ponedeljka sem na dopustu."),
    ("et", "Automaatvastus: Telk", "Olen puhkusel esmaspäevani."),
    ("lt", "Automatinis atsakymas: Palapinė", "Atostogauju iki pirmadienio."),
    ("en-answer", "Out of Office Re: Tent", "I am out until Monday."),
    ("en-brackets", "[Auto-Reply] Tent", "We have got your mail."),
    ("en-short", "I'm out of office: Tent", "Back soon."),
    ("es-office", "Fuera de oficina: Tienda", "Vuelvo el lunes."),
    ("hu-away", "Távolléti üzenet: Sátor", "Hétfőn jövök."),
    ("he-response", "תגובה אוטומטית: אוהל", "אחזור ביום ראשון."),
    ("lv", "Automātiska atbilde: Telts", "Esmu atvaļinājumā līdz pirmdienai."),
)

THREAD = "In-Reply-To: <a1@tents.example>\nReferences: <a1@tents.example>"

IN_THREAD = (
    ("auto", "Auto: Re: Tent for four", "Thank you for your mail. Is it urgent? Call me."),
    ("en", "Automatic reply: Re: Tent for four", "Thanks, I got your message. Can it wait?"),
    ("fr", "Réponse automatique : Tente", "Votre message a bien été reçu. Est-ce urgent ?"),
    ("de", "Automatische Antwort: AW: Zelt", "Ihre Nachricht ist eingegangen. Noch Fragen?"),
    ("zh", "自动回复: Re: 帐篷", "您的邮件已收到。"),
    ("ja", "自動返信: テント", "メールを受け取りました。"),
)

TRAPS = (
    ("automatic-door", "Re: Automatic door quote", "Could you send the quote again?"),
    ("automatic-awning", "Automatic awning", "Do you sell one that opens by itself?"),
    ("vacation-rental", "Vacation rental question", "Do you rent tents for a vacation as well?"),
    (
        "office-chairs",
        "Out of office chairs",
        "We are out of chairs. How many folding chairs can you send?",
    ),
    ("auto-tent", "Auto tents for a VW bus", "Which one fits a VW T6?"),
    ("auto-new", "Auto: roof tent for a Golf", "Which roof tent fits a Golf?"),
    ("absence", "Absence of pegs in the parcel", "There were no pegs in it. Can you send some?"),
    ("autoreply-feature", "Autoreply on your shop", "Is your autoreply broken? I never got one."),
    ("holiday", "On holiday with your tent", "Where can I buy pegs in Norway?"),
    ("quoted-subject", "Re: Out of office: tent", "Now that you are back: is it in stock?"),
    ("away", "Away team jackets", "Do you print away jackets for a club?"),
    (
        "asks-only",
        "Automatic reply: is that you?",
        "Does a person read this? I need a price for the Alp 2.",
    ),
    ("de", "Automatik-Zelt", "Haben Sie Zelte, die sich automatisch aufbauen?"),
    ("de-urlaub", "Urlaub mit dem Zelt", "Wir fahren in den Urlaub. Welches Zelt raten Sie uns?"),
    ("fr", "Automatique ou manuelle ?", "La tente automatique est-elle encore disponible ?"),
    ("es", "Ausentes las piquetas", "No venían piquetas. ¿Pueden enviarlas?"),
)

NO_MARKS = (
    "Auto-Submitted: no",
    "Auto-Submitted: NO",
    "Auto-Submitted: no (typed by hand)",
    "Auto-Submitted: (auto-replied) no",
    "Auto-Submitted: no; x-by=hand",
    "Auto-Submitted:\n no",
    "X-Auto-Response-Suppress: None",
    "X-Auto-Response-Suppress: DR",
    "X-Auto-Response-Suppress: DR, RN, NRN",
    "X-Auto-Response-Suppress: DR, NDR, RN, NRN",
    "X-Auto-Response-Suppress:",
    "X-Autoreply: no",
    "X-FC-MachineGenerated: false",
    "X-POST-MessageClass: 1; Letter",
    "Preference: telephone",
    "X-MS-Exchange-Inbox-Rules-Loop: bob.miller@customer.example",
    "Disposition-Notification-To: bob.miller@customer.example",
    (
        "Return-Receipt-To: bob.miller@customer.example\n"
        "X-Confirm-Reading-To: bob.miller@customer.example"
    ),
    "Importance: high\nX-Priority: 1 (Highest)\nX-MSMail-Priority: High",
    (
        "Autocrypt: addr=bob.miller@customer.example; prefer-encrypt=mutual; "
        "keydata=\n mDMEXEcE6RYJKwYBBAHaRw8BAQdA"
    ),
    "Autoforwarded: true",
    "X-Auto: no\nX-Automatic-Tent: yes",
    "Comments: Auto-Submitted: auto-replied",
    "Keywords: bulk, list, junk, vacation, noreply",
    "Organization: Automatic Reply Ltd",
    "X-Mailer: Bulk Mailer of a person 1.0",
    "User-Agent: Auto-Submitted/1.0",
    "X-Note: a remark that goes on\n Auto-Submitted: auto-replied\n List-Id: <x.y>",
    "X-Note:\n\tPrecedence: bulk",
    "X-Original-Auto-Submitted: auto-replied\nOriginal-Precedence: bulk\nOld-List-Id: <x.y>",
)

MAILS: tuple[Mail, ...] = (
    *(responder("S1", name, head, AWAY) for name, head in RESPONDERS.items()),
    *(responder("S1", f"keyword-{n}", head) for n, head in enumerate(SUBMITTED, start=1)),
    *(ticket("S1", name, head) for name, head in TICKETS.items()),
    *(monitoring("S1", name, head) for name, head in MONITORING.items()),
    *(responder("S3", f"suppress-{name}", head) for name, head in SUPPRESSED.items()),
    *(responder("S2", f"marked-{name}", head) for name, head in MARKED.items()),
    *(
        absence("S4", name, f"Subject: {subject}", f"{text}\n\nBob\n")
        for name, subject, text in ABSENCES
    ),
    *(
        absence("S4", f"in-thread-{name}", f"Subject: {subject}\n{THREAD}", f"{text}\n")
        for name, subject, text in IN_THREAD
    ),
    absence(
        "S4", "without-subject-words", "Subject: Automatic reply:", plain("See you in March.\n")
    ),
    *(
        human(name, f"Subject: {subject}", f"{text}\n", kind="subject trap")
        for name, subject, text in TRAPS
    ),
    *(human(f"header-{n}", head, kind="header trap") for n, head in enumerate(NO_MARKS, start=1)),
)
