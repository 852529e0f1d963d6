# ruff: noqa: E501
"""Clients that the reading of quotations is measured on and was never built with.

Zimbra, Evolution and SOGo ship these words as translation files; Outlook on the web, Notes, Zoho,
QQ and NetEase as seen in mail. "grammar": not found, made by the client's pattern and the language.
"""

from collections.abc import Sequence

from .dates import LONG, SHORT
from .talks import EVERYWHERE, FORWARD, MARKED, TOP, Client, Sent, Talk
from .writing import Leaf, blocks, escaped, intros, letter, plain, woven, wrapped

RULE = "_" * 32
# From, Sent, To, Subject in Outlook on the web.
OUTLOOK_WEB = {
    "en": "From:|Sent:|To:|Subject:",
    "de": "Von:|Gesendet:|An:|Betreff:",
    "fr": "De :|Envoyé :|À :|Objet :",
    "es": "De:|Enviado:|Para:|Asunto:",
    "pt_BR": "De:|Enviado:|Para:|Assunto:",
    "it": "Da:|Inviato:|A:|Oggetto:",
    "nl": "Van:|Verzonden:|Aan:|Onderwerp:",
    "sv": "Från:|Skickat:|Till:|Ämne:",
    "da": "Fra:|Sendt:|Til:|Emne:",
    "nb": "Fra:|Sendt:|Til:|Emne:",
    "fi": "Lähettäjä:|Lähetetty:|Vastaanottaja:|Aihe:",
    "pl": "Od:|Wysłane:|Do:|Temat:",
    "cs": "Od:|Odesláno:|Komu:|Předmět:",
    "hu": "Feladó:|Elküldve:|Címzett:|Tárgy:",
    "ro": "De la:|Trimis:|Către:|Subiect:",
    "bg": "От:|Изпратено:|До:|Тема:",
    "ru": "От:|Отправлено:|Кому:|Тема:",
    "uk": "Від:|Надіслано:|Кому:|Тема:",
    "el": "Από:|Στάλθηκε:|Προς:|Θέμα:",
    "tr": "Gönderen:|Gönderildi:|Kime:|Konu:",
    "he": "מאת:|נשלח:|אל:|נושא:",
    "ar": "من:|تم الإرسال:|إلى:|الموضوع:",
    "fa": "از:|ارسال‌شده:|به:|موضوع:",
    "th": "จาก:|ส่ง:|ถึง:|ชื่อเรื่อง:",
    "vi": "Từ:|Ngày gửi:|Đến:|Chủ đề:",
    "id": "Dari:|Terkirim:|Kepada:|Subjek:",
    "zh_CN": "发件人:|发送时间:|收件人:|主题:",
    "zh_TW": "寄件者:|寄件日期:|收件者:|主旨:",
    "ja": "差出人:|送信日時:|宛先:|件名:",
    "ko": "보낸 사람:|보낸 날짜:|받는 사람:|제목:",
}
ZIMBRA = {
    "en": "----- On {mona} {d}, {y}, at {h12}:{MM} {ap}, {name} {addr} wrote:",
    "de": "----- Am {d}. {mona} {y} um {HH}:{MM} schrieb {name} {addr}:",
    "fr": "----- Le {d} {mona} {yy}, à {HH}:{MM}, {name} {addr} a écrit :",
    "es": "----- El {d} de {mona} de {y}, a las {HH}:{MM}, {name} {addr} escribió:",
    "pt_BR": "----- Em {d} de {mona} de {y}, em {HH}:{MM}, {name} {addr} escreveu:",
    "it": "----- Il {d} {mona} {y}, alle {HH}:{MM}, {name} {addr} ha scritto:",
    "nl": "----- Op {d} {mona} {y} om {HH}:{MM} schreef {name} {addr}:",
    "sv": "----- Den {d} {mona} {y}, på {HH}:{MM}, {name} {addr} skrev:",
    "da": "----- Den {d}. {mona} {y}, kl. {HH}:{MM}, {name} {addr} skrev:",
    "nb": "----- Den {d}. {mona} {y}, kl. {HH}:{MM}, {name} {addr} skrev:",
    "fi": "----- {d}. {mona}k. {y} klo {H}.{MM} {name} {addr} kirjoitti:",  # grammar
    "pl": "----- {d} {mona} {y} o {HH}:{MM}, {name} {addr} napisał(a):",
    "cs": "----- {d}. {mona} {y} v {H}:{MM}, {name} {addr} napsal(a):",  # grammar
    "hu": "----- {y}. {mona} {d}., {HH}:{MM}, {name} {addr} írta:",
    "ro": "----- În {d} {mona} {y}, la {HH}:{MM}, {name} {addr} a scris:",
    "bg": "----- На {d} {mona} {y}, в {HH}:{MM}, {name} {addr} написа:",  # grammar
    "ru": "----- {d} {mona} {y} в {HH}:{MM} {name} {addr} написал(а):",
    "uk": "----- {d} {mona} {y} о {HH}:{MM} {name} {addr} пише:",
    "el": "----- Στις {d} {mona} {y}, στις {HH}:{MM}, {name} {addr} έγραψε:",  # grammar
    "tr": "----- {d} {mona} {y} tarihinde, {HH}:{MM} saatinde, {name} {addr} şunları yazdı:",
    "he": "----- בתאריך {d} {mona} {y}, ב-{HH}:{MM}, {name} {addr} כתב:",
    "ar": "----- في {d} {mona}، {y} على {h12}:{MM} {ap}، {name} {addr} كتب:\u200f",
    "fa": "----- On {y}/{mm}/{dd}, at {HH}:{MM}, {name} {addr} wrote:",  # not translated
    "th": "----- เมื่อ {d} {mona} {y} เวลา {HH}:{MM},{name} {addr} เขียน:",
    "vi": "----- Vào {d} {mona}, {y}, lúc {HH}:{MM}, {name} {addr} đã viết:",
    "id": "----- Pada {d} {mona} {y}, jam {HH}:{MM}, {name} {addr} menulis:",
    "zh_CN": "----- {y}年{m}月{d}日，{ap}{h12}:{MM}，{name} {addr} 写道：",
    "zh_TW": "----- {y}年{m}月{d}日，{ap}{h12}:{MM}，{name} {addr} 寫道：",
    "ja": "----- {y}年{m}月{d}日{H}:{MM} に {name} {addr}さんが書いたメッセージ：",
    "ko": "----- {y}. {m}. {d}, {ap} {h12}:{MM}, {name} {addr} 작성:",
}
# The older Zimbra: a line, then From, To, Sent, Subject.
ZIMBRA_HEADS = {
    "en": "----- Original Message -----|From|To|Sent|Subject",
    "de": "----- Ursprüngliche Mail -----|Von|An|Gesendet|Betreff",
    "fr": "----- Mail original -----|De|À|Envoyé|Objet",
    "es": "----- Mensaje original -----|De|Para|Enviados|Asunto",
    "pt_BR": "----- Mensagem original -----|De|Para|Enviadas|Assunto",
    "it": "----- Messaggio originale -----|Da|A|Inviato|Oggetto",
    "nl": "----- Oorspronkelijk bericht -----|Van|Aan|Verzonden|Onderwerp",
    "sv": "----- Ursprungligt meddelande -----|Från|Till|Skickat|Ämne",
    "da": "----- Oprindelig meddelelse -----|Fra|Til|Sendt|Emne",
    "pl": "----- Oryginalna wiadomość -----|Od|Do|Wysłane|Temat",
    "hu": "----- Eredeti üzenet -----|Feladó|Címzett|Elküldve|Tárgy",
    "ru": "----- Исходное сообщение -----|От|Кому|Отправленные|Тема",
    "uk": "----- Вихідне повідомлення -----|Від|Кому|Надіслано|Тема",
    "tr": "----- Orijinal Mesaj -----|Kimden|Kime|Gönderilenler|Konu",
    "zh_CN": "----- 原始邮件 -----|发件人|收件人|发送时间|主题",
    "ja": "----- 元のメッセージ -----|差出人|宛先|送信済み|件名",
    "ko": "----- 원본 메시지 -----|보낸 사람|수신|보낸 시간|제목",
}
EVOLUTION = {
    "en": "On {wda}, {y}-{mm}-{dd} at {HH}:{MM} {zone}, {name} wrote:",
    "de": "Am {wd}, dem {dd}.{mm}.{y} um {HH}:{MM} {zone} schrieb {name}:",
    "fr": "Le {wd} {dd} {mon} {y} à {HH}:{MM} {zone}, {name} a écrit :",
    "es": "El {wda}, {dd}-{mm}-{y} a las {HH}:{MM} {zone}, {name} escribió:",
    "pt_BR": "Em {wda}, {y}-{mm}-{dd} às {HH}:{MM} {zone}, {name} escreveu:",
    "it": "Il giorno {wda}, {dd}/{mm}/{y} alle {HH}.{MM} {zone}, {name} ha scritto:",
    "nl": "{name} schreef op {wda} {dd}-{mm}-{y} om {HH}:{MM} [{zone}]:",
    "sv": "{wda} {y}-{mm}-{dd} klockan {HH}:{MM} {zone} skrev {name}:",
    "da": "{wda}, {dd} {mm} {y} kl. {HH}:{MM} {zone}, skrev {name}:",
    "nb": "{wda}, {dd}.{mm}.{y} kl. {HH}.{MM} {zone}, skrev {name}:",
    "fi": "{wda}, {y}-{mm}-{dd} kello {HH}:{MM} {zone}, {name} kirjoitti:",
    "pl": "W dniu {wda}, {dd}.{mm}.{y} o godzinie {HH}∶{MM} {zone}, użytkownik {name} napisał:",
    "cs": "{name} píše v {wda} {dd}. {mm}. {y} v {HH}:{MM} {zone}:",
    "hu": "{y}. {mm}. {dd}, {wd} keltezéssel {HH}.{MM}-kor {name} ezt írta:",
    "ro": "În data de {wda}, {dd}-{mm}-{y} la {HH}:{MM} {zone}, {name} a scris:",
    "bg": "В {HH}:{MM} {zone} на {dd}.{mm}.{y} ({wda}), {name} написа:",
    "ru": "В {wda}, {dd}/{mm}/{y} в {HH}:{MM} {zone}, {name} пишет:",
    "uk": "У {wda}, {y}-{mm}-{dd} у {HH}:{MM} {zone}, {name} пише:",
    "el": "Στις {dd}-{mm}-{y}, ημέρα {wda}, και ώρα {HH}:{MM} {zone}, ο/η {name} έγραψε:",
    "tr": "{wda}, {y}-{mm}-{dd} tarihinde {HH}:{MM} {zone} saatinde, {name} yazdı:",
    "he": "On {wda}, {y}-{mm}-{dd} at {HH}:{MM} {zone}, {name} wrote:",  # not translated
    "ar": "في {wda}، {dd}-{mm}-{y} عند {HH}:{MM} {zone} ، كتب {name}:",
    "fa": "روز {wda}، {y}-{mm}-{dd} ساعت {HH}:{MM} {zone}، {name} نوشت:",
    "th": "เมื่อ {wda} {y}-{mm}-{dd} เวลา {HH}:{MM} {zone}, {name} เขียนว่า:",
    "vi": "Vào {wda}, ngày {dd}, {mm} năm {y} lúc {HH}:{MM} {zone}, {name} viết:",
    "id": "Pada hari {wd}, tanggal {dd}/{mm}/{y}, pukul {HH}:{MM} {zone}, {name} menulis:",
    "zh_CN": "在 {y}-{mm}-{dd}{wd}的 {HH}:{MM} {zone}，{name}写道：",
    "zh_TW": "於 {wd}，{y}-{mm}-{dd} 於 {HH}:{MM} {zone}，{name} 提到：",
    "ja": "{y}-{mm}-{dd} ({wda}) の {HH}:{MM} {zone} に {name} さんは書きました:",
    "ko": "{y}-{mm}-{dd} ({wda}), {HH}:{MM} {zone}, {name}:",
}
# Its reply in the style of Outlook, then From, To, Subject, Date.
EVOLUTION_HEADS = {
    "en": "-----Original Message-----|From|To|Subject|Date",
    "de": "-------- Ursprüngliche Nachricht --------|Von|An|Betreff|Datum",
    "fr": "-------- Message initial --------|De|À|Sujet|Date",
    "es": "-----Mensaje original-----|De|Para|Asunto|Fecha",
    "it": "------- Messaggio originale -------|Da|A|Oggetto|Data",
    "da": "-----Oprindeligt brev-----|Fra|Til|Emne|Dato",
    "fi": "-----alkuperäinen viesti-----|Lähettäjä|Vastaanottaja|Aihe|Päiväys",
    "pl": "-------- Wiadomość oryginalna ----------|Od|Do|Temat|Data",
    "ro": "-----Mesaj Original-----|De la|Către|Subiect|Dată",
    "ru": "-------- Исходное сообщение --------|От|Кому|Тема|Дата",
    "vi": "━━━Thư gốc━━━|Từ|Cho|Chủ đề|Ngày",
    "zh_TW": "-----原始郵件-----|寄件者|收件者|主旨|日期",
    "ja": "-------- オリジナルのメッセージ --------|差出人|宛先|件名|日付",
}
EVOLUTION_FORWARD = {
    "en": "-------- Forwarded Message --------",
    "de": "-------- Weitergeleitete Nachricht --------",
    "fr": "-------- Message transféré --------",
    "es": "--------- Mensaje reenviado --------",
    "it": "------- Messaggio inoltrato -------",
    "da": "-------- Videresendt brev --------",
    "fi": "------- välitetty viesti ---------",
    "pl": "-------- Wiadomość przekazywana ----------",
    "ro": "---------- Mesaj înaintat ----------",
    "ru": "-------- Пересылаемое сообщение --------",
    "vi": "━━━Thư đã chuyển tiếp━━━",
    "zh_TW": "-------- 轉遞的郵件 --------",
    "ja": "-------- 転送するメッセージ --------",
}
# wrote, in Notes on the web; From, To, Date, Subject. Most are grammar.
NOTES = {
    "en": "wrote|From|To|Date|Subject",
    "de": "schrieb|Von|An|Datum|Betreff",
    "fr": "a écrit|De|A|Date|Objet",
    "es": "escribió|De|Para|Fecha|Asunto",
    "pt_BR": "escreveu|De|Para|Data|Assunto",
    "it": "ha scritto|Da|Per|Data|Oggetto",
    "nl": "schreef|Van|Aan|Datum|Onderwerp",
    "sv": "skrev|Från|Till|Datum|Ämne",
    "da": "skrev|Fra|Til|Dato|Emne",
    "nb": "skrev|Fra|Til|Dato|Emne",
    "fi": "kirjoitti|Lähettäjä|Vastaanottaja|Päivämäärä|Aihe",
    "pl": "napisał(a)|Od|Do|Data|Temat",
    "cs": "napsal(a)|Od|Komu|Datum|Předmět",
    "hu": "írta|Feladó|Címzett|Dátum|Tárgy",
    "ro": "a scris|De la|Către|Data|Subiect",
    "bg": "написа|От|До|Дата|Тема",
    "ru": "написано|От|Кому|Дата|Тема",
    "uk": "пише|Від|Кому|Дата|Тема",
    "el": "έγραψε|Από|Προς|Ημερομηνία|Θέμα",
    "tr": "yazdı|Kimden|Kime|Tarih|Konu",
    "he": "כתב|מאת|אל|תאריך|נושא",
    "ar": "كتب|من|إلى|التاريخ|الموضوع",
    "fa": "نوشت|از|به|تاریخ|موضوع",
    "th": "เขียน|จาก|ถึง|วันที่|เรื่อง",
    "vi": "đã viết|Từ|Đến|Ngày|Chủ đề",
    "id": "menulis|Dari|Kepada|Tanggal|Subjek",
    "zh_CN": "写道|发件人|收件人|日期|主题",
    "zh_TW": "寫道|寄件人|收件人|日期|主旨",
    "ja": "さんが書きました|差出人|宛先|日付|件名",
    "ko": "작성|보낸 사람|받는 사람|날짜|제목",
}
# Between dashes in Zoho; those after Chinese are grammar.
ZOHO = {
    "en": "On {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> wrote",
    "de": "Am {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> schrieb",
    "fr": "Le {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> a écrit",
    "es": "El {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone}, {name} <{addr}> escribió",
    "pt_BR": "Em {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> escreveu",
    "it": "Su {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> ha scritto",
    "nl": "Op {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> schreef",
    "ru": "Вкл {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> написал(а)",
    "ja": "{wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> さんが書き込みました",
    "zh_CN": "在 {wd}, {y}-{mm}-{dd} {HH}:{MM}:{SS} {name} <{addr}> 撰写",
    "sv": "Den {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> skrev",
    "da": "Den {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> skrev",
    "pl": "W dniu {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> napisał(a)",
    "hu": "{wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> írta",
    "tr": "{wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> yazdı",
    "ar": "في {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> كتب",
    "vi": "Vào {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> đã viết",
    "id": "Pada {wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> menulis",
    "ko": "{wda}, {dd} {mona} {y} {HH}:{MM}:{SS} {zone} {name} <{addr}> 작성",
}
SOGO = {
    "en": "On {date}, {who} wrote:",
    "de": "Am {date}, schrieb {who}:",
    "fr": "Le {date}, {who} a écrit:",
    "es": "El {date}, {who} Ha escrito:",
    "pt_BR": "Em {date}, {who} escreveu:",
    "it": "Il giorno {date}, {who} ha scritto:",
    "nl": "On {date}, {who} wrote:",
    "sv": "Den {date}, skrev {who}:",
    "da": "On {date}, {who} wrote:",
    "nb": "{date} skrev {who}:",
    "fi": "{date}, {who} kirjoitti:",
    "pl": "W dniu: {date}, {who} napisał(a):",
    "cs": " {date}, {who} napsal:",
    "hu": "{date} dátummal, {who} ezt írta:",
    "ro": "On {date}, {who} a scris:",
    "bg": "On {date}, {who} wrote:",
    "ru": "{date}, {who} писал(а):",
    "uk": "{date} {who} написав(ла):",
    "el": "Στις {date}, ο/η {who} έγραψε:",
    "tr": "{date} tarihinde, {who} şunu yazdı:",
    "he": "פועל {date}, {who} כתב:",
    "ar": "في {date}, {who} كتب:",
    "fa": "On {date}, {who} wrote:",  # not translated
    "th": "บน {date}, {who} ขียน:",
    "vi": "On {date}, {who} wrote:",  # not translated
    "id": "Pada Tanggal {date}, {who} tulis:",
    "zh_CN": "On {date}, {who} 撰寫:",
    "zh_TW": "日期 {date}, {who} 編輯:",
    "ja": "On {date}, {who} wrote:",
    "ko": "{date}에 {who}(이)가 작성했습니다:",
}
CITE = '<blockquote type="cite" style="margin:0 0 0 .8ex; border-left:2px #729fcf solid;padding-left:1ex">'


def outlook_com(talk: Talk) -> Sent:
    """Outlook on the web: HTML with appendonsend, for half of them beside a text."""
    style = 'style="font-family: Aptos, Aptos_EmbeddedFont, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);"'
    own = _own(talk)
    rows = [*own, ""]
    html = f'<html><head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style type="text/css" style="display:none;"> P {{margin-top:0;margin-bottom:0;}} </style></head>\n<body dir="ltr">\n{blocks(own, f"<div class={chr(34)}elementToProof{chr(34)} {style}>")}\n'
    if talk.quoted:
        rows += [RULE, *_outlook_head(talk).split("\n"), "", *talk.quoted]
        html += f'<div id="appendonsend"></div>\n{_outlook_quote(talk)}{blocks(talk.quoted)}'
    if talk.older:
        rows += ["", RULE, *_outlook_head(talk.before).split("\n"), "", *talk.older]
        html += _outlook_quote(talk.before) + blocks(talk.older)
    page = Leaf(
        "html",
        html + "</body>\n</html>\n",
        encoding=("base64", "quoted-printable")[talk.number // 2 % 2],
    )
    agent = (("X-MS-Exchange-MessageSentRepresentingType", "1"), ("Thread-Index", "AQHb"))
    intro = intros(talk, _outlook_head)
    if talk.number % 2:
        return Sent(letter(talk, page, agent=agent), intro, flowing=True)
    text = Leaf("plain", "\n".join(rows), encoding=page.encoding)
    return Sent(letter(talk, text, page, agent=agent, boundary=f"_000_AS8P{talk.number:X}_"), intro)


def zimbra(talk: Talk) -> Sent:
    """Text and HTML: marks below a dashed attribution, or in old ones headers and no marks."""
    heads = talk.locale in ZIMBRA_HEADS and talk.placement in EVERYWHERE and talk.number % 2 == 0
    intro = _zimbra_head if heads or talk.placement == FORWARD else _zimbra_intro
    agent = (
        ("X-Mailer", "Zimbra 8.8.15_GA_4484 (ZimbraWebClient - FF115 (Linux)/8.8.15_GA_4478)"),
    )
    if intro is _zimbra_intro:
        text = plain(talk, intro, gap=True)
    else:
        rows = [*_own(talk), "", intro(talk), "", *talk.quoted]
        text = "\n".join(
            [*rows, *(["", intro(talk.before), "", *talk.older] if talk.older else [])]
        )

    def theirs(lines: Sequence[str], first: bool) -> str:
        inner = blocks(lines)
        if talk.older:
            inner += f'<br><span data-marker="__SIG_PRE__">{"<br>".join(map(escaped, intro(talk.before).split(chr(10))))}</span><blockquote>{blocks(talk.older)}</blockquote>'
        if intro is _zimbra_head:
            head = "<br>".join(f"<b>{escaped(row)}</b>" for row in intro(talk).split("\n"))
            return f'<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">{head}<br></div><div><br></div><div data-marker="__QUOTED_TEXT__">{inner}</div>'
        start = (
            f'<span id="zwchr" data-marker="__DIVIDER__">{escaped(intro(talk))}</span><br>'
            if first
            else ""
        )
        return f'<div>{start}<blockquote style="border-left:2px solid #1010ff;margin-left:5px;padding-left:5px;color:#000;">{inner}</blockquote></div>'

    body = woven(talk, lambda lines: blocks(lines) + "<div><br></div>", theirs)
    html = f'<html><body><div style="font-family: arial, helvetica, sans-serif; font-size: 12pt; color: #000000">{body}</div></body></html>'
    known = intros(talk, intro)
    if talk.number % 5 == 0:
        return Sent(letter(talk, Leaf("plain", text), agent=agent), known)
    parts = (Leaf("plain", text), Leaf("html", html))
    return Sent(letter(talk, *parts, agent=agent, boundary=f"=_{talk.number:032x}"), known)


def evolution(talk: Talk) -> Sent:
    """Text wrapped at 71 columns, or HTML with its text; the attribution has only the name."""
    heads = talk.locale in EVOLUTION_HEADS and talk.placement in EVERYWHERE and talk.number % 4 == 0
    forward = talk.placement == FORWARD
    intro = _evolution_head if heads or forward else _evolution_intro
    if forward:
        text = "\n".join([*_own(talk), "", intro(talk), "", *talk.quoted])
    else:
        text = plain(talk, intro, width=71)

    def theirs(lines: Sequence[str], first: bool) -> str:
        start = (
            "".join(f"<div>{escaped(row)}</div>" for row in intro(talk).split("\n"))
            if first
            else ""
        )
        inner = blocks(lines)
        if talk.older:
            inner += (
                "<div><br></div>"
                + blocks(intro(talk.before).split("\n"))
                + f"{CITE}{blocks(talk.older)}</blockquote>"
            )
        return f"{start}{blocks(['', *lines]) if forward else f'{CITE}{inner}</blockquote>'}"

    if talk.number % 4 == 1 and talk.number % 3 and talk.placement == TOP:
        first = wrapped(intro(talk).split("\n")[0], 71)[0]
        signature = f"-- \n{talk.me.name}\nhttps://home.example/"
        text = text.replace(f"\n\n{first}", f"\n\n{signature}\n\n{first}", 1)
    html = f'<html dir="ltr"><head></head><body style="text-align:left; direction:ltr;">{woven(talk, lambda lines: blocks(lines) + "<div><br></div>", theirs)}</body></html>'
    agent = (("User-Agent", "Evolution 3.52.3-0ubuntu1"),)
    leaf = Leaf(
        "plain",
        text,
        ("utf-8", "iso-8859-1")[talk.number // 3 % 2],
        ("8bit", "quoted-printable", "base64")[talk.number % 3],
    )
    known = intros(talk, intro)
    if talk.number % 3:
        return Sent(letter(talk, leaf, agent=agent), known, flowing=True)
    parts = (leaf, Leaf("html", html, encoding="8bit"))
    return Sent(
        letter(talk, *parts, agent=agent, boundary=f"=-{talk.number:020x}"), known, flowing=True
    )


def hcl_notes(talk: Talk) -> Sent:
    """Notes: four headers above, or on the web a dashed line with the author; nothing marked."""
    web = talk.number % 2 == 0
    intro = _notes_web if web else _notes_head
    rows = [*_own(talk), "", ""]
    html = blocks(_own(talk), '<font size=2 face="sans-serif">', "</font><br>", blank="")
    for one, lines in ((talk, talk.quoted), (talk.before, talk.older)):
        if not lines:
            continue
        rows += [intro(one), "", *([] if web else ["", ""]), *lines, ""]
        if web:
            html += f'<br><br><font color="#990099">{"<br>".join(map(escaped, intro(one).split(chr(10))))}</font><br><br>{blocks(lines)}'
            continue
        html += "<br><br><br>" + "".join(
            f'<font size=1 color=#5f5f5f face="sans-serif">{escaped(label)} &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">{escaped(value)}</font><br>\n'
            for label, value in (row.split("\t") for row in intro(one).split("\n"))
        )
        html += f"<hr noshade><br><br>{blocks(lines, '<font size=2>', '</font><br>', blank='')}"
    parts = (
        Leaf("plain", "\n".join(rows), _notes_charset(talk)),
        Leaf("html", html, _notes_charset(talk)),
    )
    agent = (("X-Mailer", "HCL Notes Release 12.0.2 November 17, 2022"), ("X-KeepSent", "6F2B"))
    raw = letter(talk, *parts, agent=agent, boundary=f"=_alternative {talk.number:08X}C1258D")
    return Sent(raw, intros(talk, intro))


def zoho(talk: Talk) -> Sent:
    """The attribution between dashes; HTML, for half of them beside a text without marks."""
    intro = _zoho_forward if talk.placement == FORWARD else _zoho_intro
    rows = [*_own(talk), "", "", "", ""]
    html = f'<div style="font-family: Verdana, Arial, Helvetica, sans-serif; font-size: 10pt;">{blocks(_own(talk))}<div><br></div>'
    inner = blocks(talk.quoted)
    if talk.older:
        inner += f'<br><div>{escaped(_zoho_intro(talk.before))}</div><br><blockquote style="margin: 0px;">{blocks(talk.older)}</blockquote>'
    if talk.quoted:
        rows += [*intro(talk).split("\n"), "", "", *talk.quoted]
        head = "<br>".join(escaped(row) for row in intro(talk).split("\n"))
        html += f'<div class="zmail_extra" style="" data-zbluepencil-ignore="true"><div><br></div><div id="Zm-_Id_-Sgn1">{head}<br></div><div><br></div><blockquote id="blockquote_zmail" style="margin: 0px;">{inner}</blockquote></div>'
    if talk.older:
        rows += ["", "", _zoho_intro(talk.before), "", *talk.older]
    page = Leaf(
        "html",
        f'<!DOCTYPE html><html><head><meta content="text/html;charset=UTF-8" http-equiv="Content-Type"></head><body>{html}</div><br></body></html>',
    )
    agent = (("X-Mailer", "Zoho Mail"), ("Importance", "Medium"))
    known = intros(talk, intro)
    if talk.number % 2:
        return Sent(letter(talk, page, agent=agent), known, flowing=True)
    text = Leaf("plain", "\n".join(rows))
    return Sent(
        letter(talk, text, page, agent=agent, boundary=f"----=_Part_{talk.number}_7"), known
    )


def qq_mail(talk: Talk) -> Sent:
    """QQ: a ruled heading and four headers; NetEase: its attribution with marks in the text."""
    netease = talk.number % 2 == 1
    intro = _netease_intro if netease else _qq_head
    charset = {"zh_CN": "gb18030", "zh_TW": "gb18030"}.get(talk.locale, "utf-8")
    rows = [*_own(talk), "", ""]
    html = blocks(_own(talk))
    for one, lines in ((talk, talk.quoted), (talk.before, talk.older)):
        if not lines:
            continue
        deep = "" if not netease else ">" if one is talk else ">>"
        before = "" if one is talk or not netease else ">"
        rows += [before + row for row in intro(one).split("\n")] + ([] if netease else [""])
        rows += [f"{deep}{line}" for line in lines]
        head = "<br>".join(map(escaped, intro(one).split("\n")))
        if netease:
            html += f'<br><br><div id="isReplyContent">{head}<br> <blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; MARGIN: 0px 0px 0px 0.8ex; BORDER-LEFT: #ccc 1px solid">{blocks(lines)}'
        else:
            title, *fields = intro(one).split("\n")
            table = blocks(fields)
            html += f'<div><br></div><div style="font-size: 12px;font-family: Arial Narrow;padding:2px 0 2px 0;">{title}</div><div style="font-size: 12px;background:#efefef;padding:8px;">{table}</div><div><br></div>{blocks(lines)}'
    if netease:
        html += "</blockquote></div>" * (bool(talk.quoted) + bool(talk.older))
    agent = (
        ("X-Mailer", "Coremail Webmail Server Version XT5.0.14" if netease else "QQMail 2.x"),
        ("X-Priority", "3"),
    )
    parts = (
        Leaf("plain", "\n".join(rows), charset, "base64"),
        Leaf("html", html, charset, "base64"),
    )
    raw = letter(
        talk, *parts, agent=agent, boundary=f"----=_NextPart_{talk.number:08X}_0F2C7E90_5A3B6D10"
    )
    return Sent(raw, intros(talk, intro))


def sogo(talk: Talk) -> Sent:
    """HTML with cited blockquotes, or text with marks and a blank line below the attribution."""
    text = plain(talk, _sogo_intro, gap=True)

    def theirs(lines: Sequence[str], first: bool) -> str:
        start = f"{escaped(_sogo_intro(talk))}<br/><br/>" if first else ""
        inner = "<br/>".join(map(escaped, lines))
        if talk.older:
            inner += f'<br/><br/>{escaped(_sogo_intro(talk.before))}<br/><blockquote type="cite">{"<br/>".join(map(escaped, talk.older))}</blockquote>'
        return (
            f'{start}<blockquote type="cite" cite="{talk.them.address}">{inner}</blockquote><br/>'
        )

    body = woven(talk, lambda lines: f"{'<br/>'.join(map(escaped, lines))}<br/><br/>", theirs)
    agent = (("User-Agent", "SOGoMail 5.9.1"), ("X-Forward", "203.0.113.9"))
    known = intros(talk, _sogo_intro)
    if talk.number % 2:
        return Sent(letter(talk, Leaf("plain", text), agent=agent), known)
    page = Leaf("html", f"<html>{body}</html>")
    if talk.number % 4:
        return Sent(letter(talk, page, agent=agent), known, flowing=True)
    parts = (Leaf("plain", text), page)
    return Sent(
        letter(
            talk, *parts, agent=agent, boundary=f"----=_=-_OpenGroupware_org_NGMime-{talk.number}"
        ),
        known,
    )


def _own(talk: Talk) -> tuple[str, ...]:
    return tuple(line for piece in talk.pieces if piece.mine for line in piece.lines)


def _who(talk: Talk) -> str:
    return f'"{talk.them.name}" <{talk.them.address}>'


def _outlook_rows(talk: Talk) -> list[tuple[str, str]]:
    values = (
        f"{talk.them.name} <{talk.them.address}>",
        talk.fill(LONG[talk.locale]),
        f"{talk.me.name} <{talk.me.address}>",
        talk.subject,
    )
    return list(zip(OUTLOOK_WEB[talk.locale].split("|"), values, strict=True))


def _outlook_head(talk: Talk) -> str:
    return "\n".join(f"{label} {value}" for label, value in _outlook_rows(talk))


def _outlook_quote(talk: Talk) -> str:
    rows = "<br>\n".join(f"<b>{label}</b> {escaped(value)}" for label, value in _outlook_rows(talk))
    return f'<hr style="display:inline-block;width:98%" tabindex="-1">\n<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">{rows}</font>\n<div>&nbsp;</div>\n</div>\n'


def _zimbra_intro(talk: Talk) -> str:
    return talk.fill(ZIMBRA[talk.locale])


def _zimbra_head(talk: Talk) -> str:
    title, author, to, sent, subject = ZIMBRA_HEADS.get(talk.locale, ZIMBRA_HEADS["en"]).split("|")
    return "\n".join(
        (
            "----- Forwarded Message -----" if talk.placement == FORWARD else title,
            f"{author}: {_who(talk)}",
            f'{to}: "{talk.me.name}" <{talk.me.address}>',
            f"{sent}: {talk.fill(LONG[talk.locale])}",
            f"{subject}: {talk.subject}",
        )
    )


def _evolution_intro(talk: Talk) -> str:
    return talk.fill(EVOLUTION[talk.locale])


def _evolution_head(talk: Talk) -> str:
    heads = EVOLUTION_HEADS.get(talk.locale, EVOLUTION_HEADS["en"])
    title, author, to, subject, date = heads.split("|")
    if talk.placement == FORWARD:
        title = EVOLUTION_FORWARD.get(talk.locale, EVOLUTION_FORWARD["en"])
    return "\n".join(
        (
            title,
            f"{author}: {talk.them.name} <{talk.them.address}>",
            f"{to}: {talk.me.address}",
            f"{subject}: {talk.subject}",
            f"{date}: {talk.then.at.strftime('%a, %d %b %Y %H:%M:%S')} {talk.then.fill('{zone}')}",
        )
    )


def _notes_charset(talk: Talk) -> str:
    return {"de": "iso-8859-1", "ja": "iso-2022-jp", "pl": "iso-8859-2", "ko": "euc-kr"}.get(
        talk.locale, "utf-8"
    )


def _notes_head(talk: Talk) -> str:
    _, author, to, date, subject = NOTES[talk.locale].split("|")
    when = talk.then.fill(SHORT[talk.locale]) + talk.then.fill(" {HH}:{MM}")
    return "\n".join(
        (
            f"{author}:\t{_who(talk)}",
            f"{to}:\t{talk.me.address}",
            f"{date}:\t{when}",
            f"{subject}:\t{talk.subject}",
        )
    )


def _notes_web(talk: Talk) -> str:
    wrote, author, to, date, subject = NOTES[talk.locale].split("|")
    when = talk.then.fill(SHORT[talk.locale]) + talk.then.fill(" {HH}:{MM}")
    return "\n".join(
        (
            f"-----{_who(talk)} {wrote}: -----",
            f"{to}: {talk.me.address}",
            f"{author}: {_who(talk)}",
            f"{date}: {when}",
            f"{subject}: {talk.subject}",
        )
    )


def _zoho_intro(talk: Talk) -> str:
    template = ZOHO.get(talk.locale)
    then = talk.then if template else talk.then.within("en")
    line = then.fill(template or ZOHO["en"], name=talk.them.name, addr=talk.them.address)
    return f"---- {line} {'----' if talk.number % 3 else '---'}"


def _zoho_forward(talk: Talk) -> str:
    rule = "============ Forwarded message ============"
    return "\n".join(
        (
            rule,
            f"From: {talk.them.name} <{talk.them.address}>",
            f"To: <{talk.me.address}>",
            f"Date: {talk.then.at.strftime('%a, %d %b %Y %H:%M:%S')} {talk.then.fill('{zone}')}",
            f"Subject: {talk.subject}",
            rule,
        )
    )


def _qq_head(talk: Talk) -> str:
    rule = "------------------"
    me = f'"{talk.me.name}"<{talk.me.address}>;'
    if talk.locale == "zh_CN":
        date = talk.then.fill("{y}年{m}月{d}日({wd}) {ap}{h12}:{MM}")
        rows = [
            f"{rule} 原始邮件 {rule}",
            f"发件人: {_who(talk)};",
            f"发送时间: {date}",
            f"收件人: {me}",
            f"主题: {talk.subject}",
        ]
    elif talk.locale == "zh_TW":
        date = talk.then.fill("{y}年{m}月{d}日({wd}) {ap}{h12}:{MM}")
        rows = [
            f"{rule} 原始郵件 {rule}",
            f"寄件者: {_who(talk)};",
            f"寄件時間: {date}",
            f"收件者: {me}",
            f"主旨: {talk.subject}",
        ]
    else:
        date = talk.then.within("en").fill("{wda}, {mona} {d}, {y} {h12}:{MM} {ap}")
        rows = [
            f"{rule} Original {rule}",
            f"From: {_who(talk)};",
            f"Date: {date}",
            f"To: {me}",
            f"Subject: {talk.subject}",
        ]
    return "\n".join(rows)


def _netease_intro(talk: Talk) -> str:
    at = talk.then.fill("{y}-{mm}-{dd} {HH}:{MM}:{SS}")
    if talk.locale == "zh_CN":
        return f"在 {at}，{_who(talk)} 写道："
    if talk.locale == "zh_TW":
        return f"在 {at}，{_who(talk)} 寫道："
    return f"At {at}, {_who(talk)} wrote:"


def _sogo_intro(talk: Talk) -> str:
    date = talk.fill(LONG[talk.locale]) + talk.then.fill(" {zone}")
    who = _who(talk) if talk.number % 3 else f"{talk.them.name} <{talk.them.address}>"
    return SOGO[talk.locale].format(date=date, who=who)


_REPLIES = tuple(place for place in EVERYWHERE if place != FORWARD)
CLIENTS = (
    Client("outlook_com", outlook_com, EVERYWHERE),
    Client("zimbra", zimbra, MARKED),
    Client("evolution", evolution, MARKED),
    Client("hcl_notes", hcl_notes, _REPLIES),
    Client("zoho", zoho, EVERYWHERE),
    Client("qq_mail", qq_mail, _REPLIES),
    Client("sogo", sogo, tuple(place for place in MARKED if place != FORWARD)),
)
