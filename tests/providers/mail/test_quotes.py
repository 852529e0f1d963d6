from textwrap import fill
from time import process_time
from timeit import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.mail.html_text import to_text
from providers.mail.quotes import new_text, new_text_of_html, unflow
from tests.providers.mail.quotations import DEVICES, MARKED, PEOPLE, UNMARKED

ATTRIBUTIONS = [
    "On Thu, Mar 12, 2026 at 10:00 AM Bob Smith <bob@x.example> wrote:",
    "On Thu, Mar 12, 2026 at 10:00 AM Bob Smith\n<bob@x.example> wrote:",
    "On Thu, Mar 12, 2026 at 10:00\u202fAM Bob Smith <\nbob.with.a.long.address@x.example>\nwrote:",
    "On 12/03/2026 10:00, Bob Smith wrote:",
    "On 12 Mar 2026, at 10:00, Bob Smith <bob@x.example> wrote:",
    "On Thursday, March 12th, 2026 at 10:00 AM, Bob Smith <bob@x.example> wrote:",
    "On Thursday, March 12, 2026 10:00 AM CET, Bob Smith wrote:",
    "* Bob Smith <bob@x.example> [2026-03-12 10:00]:",
    "Bob Smith wrote:",
    "Quoting Bob Smith <bob@x.example>:",
    "Am Do., 12. März 2026 um 10:00 Uhr schrieb Bob Smith <bob@x.example>:",
    "Am 12.03.26 um 10:00 schrieb Bob Smith:",
    "Am 12.03.2026 um 10:00 schrieb Bob Smith\n<bob@x.example>:",
    "Le jeu. 12 mars 2026 à 10:00, Bob Smith <bob@x.example> a écrit :",
    "Le jeu. 12 mars 2026 à 10:00, Bob Smith <bob@x.example> a\nécrit\xa0:",
    "Le 12/03/2026 à 10:00, Bob Smith a écrit\xa0:",
    "El jue, 12 mar 2026 a las 10:00, Bob Smith (<bob@x.example>) escribió:",
    "El 12/3/26 a las 10:00, Bob Smith escribió:",
    "Em qui., 12 de mar. de 2026 às 10:00, Bob Smith <bob@x.example>\nescreveu:",
    "Il giorno gio 12 mar 2026 alle ore 10:00 Bob Smith <bob@x.example>\nha scritto:",
    "Il 12/03/2026 10:00, Bob Smith ha scritto:",
    "Op do 12 mrt 2026 om 10:00 schreef Bob Smith <bob@x.example>:",
    "Op 12-03-2026 om 10:00 schreef Bob Smith:",
    "Den tors 12 mars 2026 kl 10:00 skrev Bob Smith <bob@x.example>:",
    "Den tor. 12. mar. 2026 kl. 10.00 skrev Bob Smith <bob@x.example>:",
    "tor. 12. mar. 2026 kl. 10:00 skrev Bob Smith <bob@x.example>:",
    "to 12. maalisk. 2026 klo 10.00 Bob Smith (bob@x.example) kirjoitti:",
    "czw., 12 mar 2026 o 10:00 Bob Smith <bob@x.example> napisał(a):",
    "W dniu 12.03.2026 o 10:00, Bob Smith pisze:",
    "čt 12. 3. 2026 v 10:00 odesílatel Bob Smith <bob@x.example> napsal:",
    "Dne 12. 03. 26 v 10:00 Bob Smith napsal(a):",
    "št 12. 3. 2026 o 10:00 Bob Smith <bob@x.example> napísal(a):",
    "Bob Smith <bob@x.example> ezt írta (időpont: 2026. márc. 12., Cs, 10:00):",
    "În joi, 12 mar. 2026 la 10:00, Bob Smith <bob@x.example> a scris:",
    "На чт, 12.03.2026 г. в 10:00 Bob Smith <bob@x.example> написа:",
    "чт, 12 мар. 2026 г. в 10:00, Bob Smith <bob@x.example>:",
    "12.03.2026 10:00, Bob Smith пишет:",
    "чт, 12 бер. 2026 р. о 10:00 Bob Smith <bob@x.example> пише:",
    "Στις Πέμ 12 Μαρ 2026 στις 10:00 π.μ., ο χρήστης Bob Smith <\nbob@x.example> έγραψε:",
    "Bob Smith <bob@x.example>, 12 Mar 2026 Per, 10:00 tarihinde şunu yazdı:",
    "\u202bבתאריך יום ה׳, 12 במרץ 2026 ב-10:00 מאת \u202aBob\u202c\u200f "
    "<\u202abob@x.example\u202c\u200f>:\u202c",
    "في الخميس، 12 مارس 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Bob <bob@x.example>:",
    "در تاریخ پنجشنبه ۱۲ مارس ۲۰۲۶، ۱۰:۰۰ Bob Smith <bob@x.example> نوشت:",
    "Bob Smith <bob@x.example> 于2026年3月12日周四 10:00写道：",
    '在 2026-03-12 10:00:00，"Bob Smith" <bob@x.example> 写道：',
    "Bob Smith <bob@x.example> 於 2026年3月12日 週四 上午10:00寫道：",
    "2026年3月12日(木) 10:00 Bob Smith <bob@x.example>:",
    "2026年3月12日(木) 10:00 Bob Smith <\nbob@x.example>:",
    "2026년 3월 12일 (목) 오전 10:00, Bob Smith <bob@x.example>님이 작성:",
    "ในวันที่ พฤ. 12 มี.ค. 2026 เวลา 10:00 Bob Smith <bob@x.example> เขียนว่า:",
    "Vào Th 5, 12 thg 3, 2026 vào lúc 10:00 Bob Smith <bob@x.example> đã viết:",
    "Pada tanggal Kam, 12 Mar 2026 pukul 10.00 Bob Smith <bob@x.example> menulis:",
    "čet, 12. ožu 2026. u 10:00 Bob Smith <bob@x.example> napisao je:",
    "V čet., 12. mar. 2026 ob 10:00 je oseba Bob Smith <bob@x.example> napisala:",
    "чет, 12. мар 2026. у 10:00 Bob Smith <bob@x.example> је написао/ла:",
    "2026-03-12, kt, 10:00 Bob Smith <bob@x.example> rašė:",
    "ceturtd., 2026. g. 12. marts, plkst. 10:00 — lietotājs Bob (<bob@x.example>) rakstīja:",
    "Kuupäev N, 12. märts 2026 kell 10:00 kirjutas Bob Smith <bob@x.example>:",
    "Missatge de Bob Smith <bob@x.example> del dia dj., 12 de març 2026 a les 10:00:",
    "गुरु, 12 मार्च 2026 को 10:00 am बजे को Bob Smith <bob@x.example> ने लिखा:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_quotation_goes_with_the_line_that_introduces_it(attribution: str, gap: str) -> None:
    own = "Yes, two of them.\n\nWhen can you deliver?"

    assert new_text(f"{own}\n\n{attribution}{gap}> old\n>> older\n>\n> old\n") == own


@pytest.mark.parametrize("width", [60, 72, 78])
@pytest.mark.parametrize("name", ["Shop", "Dr. Maximiliane von Hohenstein-Wittelsbach"])
@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_may_be_wrapped_anywhere(attribution: str, name: str, width: int) -> None:
    whole = " ".join(attribution.split()).replace("Bob Smith", name)
    long = whole.replace("bob@x.example", "bob.with.a.long.address@department.x.example")
    broken = fill(long, width, break_long_words=False, break_on_hyphens=False)

    assert new_text(f"Yes, two.\n\n{broken}\n\n> old text\n> more") == "Yes, two."


@pytest.mark.parametrize(
    "own",
    [
        "Yes.",
        "2 lamps, black",
        "Am Montag passt es mir " + "gut " * 9,
        "Please write to ann@private.example from now on, that is the better one",
        "Please write to Ann <ann@x.example> from now on, that is the better one",
    ],
)
@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_words_directly_above_an_attribution_stay(attribution: str, own: str) -> None:
    assert new_text(f"{own}\n{attribution}\n> old") == own.strip()


def test_words_that_begin_as_an_attribution_does_stay_above_one() -> None:
    own = "On the 12th I am away, and nobody else is in the house to open"

    assert new_text(f"{own}\n{ATTRIBUTIONS[0]}\n> old") == own


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_answer_below_stays(attribution: str) -> None:
    assert new_text(f"{attribution}\n> old\n> text\n\nYes, two of them.") == "Yes, two of them."


def test_an_interleaved_answer_stays_in_its_order() -> None:
    text = (
        "Hello,\n\nOn 12/03/2026 10:00, Bob wrote:\n> How many?\nTwo.\n\n> Which colour?\n\n"
        "Green.\n\nAnn\n-- \nAnn Jones\nACME"
    )

    assert new_text(text) == "Hello,\n\nTwo.\n\nGreen.\n\nAnn"


HEADER_BLOCKS = [
    "From: Bob <bob@x.example>\nSent: Thursday, March 12, 2026 10:00\nTo: Shop\nSubject: Tent",
    "*From:* Bob\n*Sent:* Thursday\n*To:* Shop\n*Subject:* Tent",
    "Von: Bob <bob@x.example>\nGesendet: Donnerstag, 12. März 2026 10:00\nAn: Shop\nBetreff: Zelt",
    "De : Bob\nEnvoyé : jeudi 12 mars 2026 10:00\nÀ : Shop\nObjet : Tente",
    "De: Bob\nEnviado el: jueves, 12 de marzo de 2026\nPara: Shop\nCC: Ann\nAsunto: Tienda",
    "De: Bob\nEnviada em: quinta-feira, 12 de março de 2026\nPara: Shop\nAssunto: Tenda",
    "Da: Bob\nInviato: giovedì 12 marzo 2026\nA: Shop\nOggetto: Tenda",
    "Van: Bob\nVerzonden: donderdag 12 maart 2026\nAan: Shop\nOnderwerp: Tent",
    "Från: Bob\nSkickat: den 12 mars 2026\nTill: Shop\nÄmne: Tält",
    "Fra: Bob\nSendt: 12. marts 2026\nTil: Shop\nEmne: Telt",
    "Lähettäjä: Bob\nLähetetty: 12. maaliskuuta 2026\nVastaanottaja: Shop\nAihe: Teltta",
    "Od: Bob\nWysłano: czwartek, 12 marca 2026\nDo: Shop\nTemat: Namiot",
    "Od: Bob\nOdesláno: čtvrtek 12. března 2026\nKomu: Shop\nPředmět: Stan",
    "Feladó: Bob\nElküldve: 2026. március 12.\nCímzett: Shop\nTárgy: Sátor",
    "De la: Bob\nTrimis: joi, 12 martie 2026\nCătre: Shop\nSubiect: Cort",
    "От: Bob\nОтправлено: 12 марта 2026 г.\nКому: Shop\nТема: Палатка",
    "Від: Bob\nНадіслано: 12 березня 2026 р.\nКому: Shop\nТема: Намет",
    "Από: Bob\nΣτάλθηκε: Πέμπτη\nΠρος: Shop\nΘέμα: Σκηνή",
    "Kimden: Bob\nGönderildi: 12 Mart 2026\nKime: Shop\nKonu: Çadır",
    "מאת: Bob\nנשלח: יום חמישי\nאל: Shop\nנושא: אוהל",
    "من: Bob\nتم الإرسال: الخميس\nإلى: Shop\nالموضوع: خيمة",
    "发件人: Bob\n发送时间: 2026年3月12日\n收件人: Shop\n主题: 帐篷",
    "寄件者: Bob\n寄件日期: 2026年3月12日\n收件者: Shop\n主旨: 帳篷",
    "差出人: Bob\n送信日時: 2026年3月12日\n宛先: Shop\n件名: テント",
    "보낸 사람: Bob\n보낸 날짜: 2026년 3월 12일\n받는 사람: Shop\n제목: 텐트",
]


@pytest.mark.parametrize("block", HEADER_BLOCKS)
@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "-----Original Message-----\n"])
def test_everything_below_a_header_block_is_old(block: str, rule: str) -> None:
    assert new_text(f"Yes, two.\n\n{rule}{block}\n\nold text\n\nmore of it") == "Yes, two."


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-------- Original message --------",
        "-----Ursprüngliche Nachricht-----",
        "-----Message d'origine-----",
        "-----Mensaje original-----",
        "-----Messaggio originale-----",
        "-----Oorspronkelijk bericht-----",
        "-----Исходное сообщение-----",
        "------------------ 原始邮件 ------------------",
        "---------- Forwarded message ---------",
        "---------- Weitergeleitete Nachricht ---------",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "##- Please type your reply above this line -##",
    ],
)
def test_everything_below_such_a_line_is_old(line: str) -> None:
    assert new_text(f"Yes, two.\n\n{line}\n\nold text\nmore") == "Yes, two."


def test_an_original_message_behind_marks_leaves_the_answer_below() -> None:
    text = "---- Original Message ----\nOn 12/03/2026 10:00, Bob wrote:\n\n> old\n\nYes, two."

    assert new_text(text) == "Yes, two."


def test_an_attribution_without_marks_ends_what_is_new() -> None:
    text = "Yes.\n\nOn Thursday, March 12, 2026, 10:00 AM, Bob <bob@x.example> wrote:\n\nold\nmore"

    assert new_text(text) == "Yes."


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for iOS<https://aka.ms/x>",
        "Von meinem iPhone gesendet",
        "Gesendet mit der GMX Mail App",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Wysłane z iPhone'a",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "Надіслано з iPhone",
        "iPhone'umdan gönderildi",
        "发自我的iPhone",
        "從我的iPhone傳送",
        "iPhoneから送信",
        "나의 iPhone에서 보냄",
        "ส่งจาก iPhone ของฉัน",
        "Dikirim dari iPhone saya",
    ],
)
def test_a_telephones_signature_is_not_the_sender(line: str) -> None:
    assert new_text(f"Yes, two.\n\n{line}\n") == "Yes, two."
    assert new_text(f"Yes.\n\n{line}\n\nOn 12/03/2026 10:00, B wrote:\n> old") == "Yes."


def test_a_signature_ends_at_the_quotation() -> None:
    assert new_text("Yes.\n-- \nAnn\nACME\n\n> old\n\nAnd two more.") == "Yes.\n\nAnd two more."


@pytest.mark.parametrize(
    "text",
    [
        "I would like to travel.\n\nFrom: Berlin\nTo: Paris\nDate: 12 May\n\nIs that possible?",
        "My answers are below:\n\n1. two\n2. green",
        "My colleague wrote:\n\nplease order two",
        "On Monday I called you.\n\nOn Tuesday nobody answered.",
        "The tent was sent from Germany yesterday, is the mail late?\n\nBob",
        "Price: 99\nColour: green\nSubject: camping",
        "From: Bob\nSubject: camping\n\nHow much is the tent?",
        "On Monday at 10:00 my colleague wrote:\n\nplease order two",
        "Where is it?\n\nIt was sent from Belgium.",
        "a -- b\n--- c\n----\nd",
        "Is the price <100 or >50?",
    ],
)
def test_what_only_looks_like_a_quotation_stays(text: str) -> None:
    assert new_text(text) == text


def test_a_forward_leaves_its_comment() -> None:
    text = (
        "Can you answer this?\n\n---------- Forwarded message ---------\n"
        "From: Ann <ann@x.example>\nDate: Thu, 12 Mar 2026\nSubject: Tent\nTo: Bob\n\nHow much?"
    )

    assert new_text(text) == "Can you answer this?"


def test_a_clear_signature_is_taken_off() -> None:
    text = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nHow much?\n- -- \nBob\n"
        "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    )

    assert new_text(text) == "How much?"


@given(st.text(max_size=300) | st.text("> \n:-wrote0On", max_size=300))
def test_any_text_may_come(text: str) -> None:
    found = new_text(text)

    assert new_text(found) == found or len(new_text(found)) < len(found)
    assert to_text(text) is not None


OWN = "Yes, two of them.\n\nWhen can you deliver?\n\nBest,\nAnn"
OLD = "old text one\n\nold text two\nBob"


@pytest.mark.parametrize("above", MARKED)
def test_whatever_program_marked_a_quotation_only_the_answer_is_new(above: str) -> None:
    quotation = above + "".join(f"> {line}\n" for line in OLD.split("\n"))

    assert new_text(f"{OWN}\n\n{quotation}") == OWN
    assert new_text(f"{quotation}\n{OWN}") == OWN


@pytest.mark.parametrize("above", UNMARKED)
def test_whatever_program_quoted_without_marks_only_the_answer_is_new(above: str) -> None:
    assert new_text(f"{OWN}\n\n{above}{OLD}") == OWN


@pytest.mark.parametrize("line", DEVICES)
def test_what_a_device_adds_is_not_the_sender(line: str) -> None:
    assert new_text(f"{OWN}\n\n{line}") == OWN
    assert new_text(f"{OWN}\n\n{line}\n\n{ATTRIBUTIONS[0]}\n\n> old") == OWN


@pytest.mark.parametrize("text", PEOPLE)
def test_what_a_person_wrote_stays_whatever_it_looks_like(text: str) -> None:
    assert new_text(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "I wrote on 12.03.2026 at 10:00 to bob@x.example",
        "Call me at 10:00 on 12.03.2026 or bob@x.example",
        "Two tents on 12.03.2026 at 10:00",
        "At 10:00:",
    ],
)
def test_an_answer_between_quotations_stays_though_it_holds_a_date(line: str) -> None:
    assert new_text(f"> When?\n\n{line}\n\n> Where?\n\nHere.") == f"{line}\n\nHere."


def test_a_quotation_may_bear_other_marks() -> None:
    text = f"{OWN}\n\n{ATTRIBUTIONS[0]}\n| old text one\n|\n| old two"

    assert new_text(text) == OWN


def test_an_answer_is_not_taken_for_the_rest_of_a_quoted_line() -> None:
    text = f"> {'quoted words ' * 5}that\nTwo, please\n> go on here"

    assert new_text(text) == "Two, please"


def test_a_mail_within_the_quoted_one_is_quoted_too() -> None:
    head = f"-----Original Message-----\n{HEADER_BLOCKS[0]}"

    assert new_text(f"Yes.\n\n{head}\n\n{ATTRIBUTIONS[3]}\n> old\n\nolder") == "Yes."


def test_words_that_announce_a_quoted_head_go_with_it_in_any_language() -> None:
    head = "".join(f"> {line}\n" for line in HEADER_BLOCKS[0].split("\n"))

    assert new_text(f"See this.\n\nUmyalezo odlulisiwe:\n\n{head}>\n> old") == "See this."


@pytest.mark.parametrize("own", ["Question: does it fit?", "Date: Friday. OK?", "Cc: my wife?"])
def test_a_line_that_looks_like_a_label_stays_above_a_head(own: str) -> None:
    head = "From: Shop <shop@x.example>\nSent: Tuesday, 17 March 2026 09:00\nTo: Jo\nSubject: Tent"

    assert new_text(f"{own}\n\n{head}\n\nold text") == own


def test_lines_with_labels_stay_directly_above_a_head() -> None:
    own = "Here it is:\nColour: red\nSize: M"
    head = "From: Shop <shop@x.example>\nSent: Tuesday, 17 March 2026 09:00\nTo: Jo\nSubject: Tent"

    assert new_text(f"{own}\n{head}\n\nold text") == own


def test_a_journey_with_a_subject_is_not_a_head() -> None:
    text = "From: 10 April 2026\nTo: 14 April 2026\nSubject: renting two tents\n\nAre they free?"

    assert new_text(text) == text


def test_what_is_said_twice_without_being_a_link_stays() -> None:
    assert new_text("Is it List<List> or Map<Map>?") == "Is it List<List> or Map<Map>?"


def test_a_question_with_a_date_stays_directly_above_an_attribution() -> None:
    own = "Does Tue, 17 March 2026 at 10:00 suit you?"

    assert new_text(f"{own}\nShop <shop@x.example> writes:\n> old text") == own


def test_a_head_may_be_one_long_line() -> None:
    line = "----- Forwarded Message ----- From: Bob <b@x.example>To: " + "<a@x.example>; " * 40

    assert new_text(f"See this.\n\n  {line}Subject: Tent\n old") == "See this."


def test_an_attribution_below_the_quotation_goes_with_it() -> None:
    assert new_text("> old\n— Bob Smith, 12.03.2026 10:00\n\nYes.") == "Yes."


def test_a_line_that_was_broken_off_a_quoted_one_is_quoted() -> None:
    text = f"Yes.\n\n> {'quoted words ' * 5}that\ngo on here\n> and here"

    assert new_text(text) == "Yes."


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("See [image: tent.png] here", "See  here"),
        ("Here:\n[cid:image001.png@01D]\nThanks", "Here:\n\nThanks"),
        ("<image0.jpeg>\n\nBroken.", "Broken."),
        ("https://x.example/a<https://x.example/a>", "https://x.example/a"),
        ("bob@x.example<mailto:bob@x.example>", "bob@x.example"),
        ("tents<https://x.example/a>", "tents<https://x.example/a>"),
    ],
)
def test_placeholders_and_links_said_twice_go(text: str, own: str) -> None:
    assert new_text(text) == own


@pytest.mark.parametrize(
    "piece",
    [
        *("a\n", "\n", "-" * 70 + "\n", "--\n", ":\n", "From: a\n", "x:\n:y\n", "> a\nb\n"),
        *("a:\n> x\n", "12.03.2026 10:00 a@b\nx:\n> x\n", "<http://a>", "To: x\n-----\n"),
        *("[" * 300 + "\n", "a@" * 200 + "\n", "> From: a\n>\n", "wrote " * 60 + ":\n"),
        "-----BEGIN PGP SIGNED MESSAGE-----\na\n",
    ],
)
def test_any_text_is_read_in_linear_time(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (5_000, 40_000))

    once = min(repeat(lambda: new_text(short), timer=process_time, number=1, repeat=3))
    eight_times = min(repeat(lambda: new_text(long), timer=process_time, number=1, repeat=3))

    assert eight_times < 24 * once + 0.02


# HTML


@pytest.mark.parametrize(
    "source",
    [
        # Gmail
        '<div dir="ltr">Yes, two.</div><br><div class="gmail_quote"><div dir="ltr" '
        'class="gmail_attr">On Thu, Bob &lt;<a href="mailto:b@x">b@x</a>&gt; wrote:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">old<br>text</blockquote></div>',
        # Outlook on the web
        '<div>Yes, two.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b>'
        " Bob<br><b>Sent:</b> Thursday</div><div>old text</div>",
        # Outlook
        '<p class="MsoNormal">Yes, two.<o:p></o:p></p><div><div style="border:none;border-top:solid'
        ' #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> Bob</p></div></div><p>old</p>',
        # Apple Mail
        "<body>Yes, two.<br><div><blockquote type='cite'><div>On 12 Mar 2026, at 10:00, Bob "
        "wrote:</div><br><div>old</div></blockquote></div></body>",
        # Thunderbird, the answer below
        '<div class="moz-cite-prefix">On 12/03/2026 10:00, Bob wrote:<br></div><blockquote '
        'type="cite" cite="mid:1"><p>old</p></blockquote><p>Yes, two.</p>'
        '<pre class="moz-signature">-- \nAnn</pre>',
        # Yahoo
        '<div>Yes, two.</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Thursday, Bob '
        "wrote:</div><div>old</div></div>",
        # Proton
        '<div>Yes, two.</div><div class="protonmail_quote">------- Original Message -------<br>'
        "<blockquote>old</blockquote></div>",
        # A line at the left
        '<div>Yes, two.</div><blockquote style="border-left:1px solid #0857A6">old</blockquote>',
        # Signatures
        '<div>Yes, two.</div><div class="gmail_signature">Ann<br>ACME</div>',
        '<div>Yes, two.</div><div id="ms-outlook-mobile-signature">Get Outlook for iOS</div>',
        # Hidden and unseen
        "<style>p{}</style><p>Yes, two.</p><script>x</script><!-- x --><p style='DISPLAY : NONE'>x"
        "</p><span style='font-size:0px'>y</span><div hidden>z</div><template>t</template>",
        "<head><title>x</title></head><body><p>Yes, <b>t<i>w</i>o</b>.</p>",
    ],
)
def test_mail_programs_mark_quotations_in_html(source: str) -> None:
    assert new_text_of_html(source) == "Yes, two."


def test_an_indented_paragraph_is_no_quotation() -> None:
    source = '<p>Yes:</p><blockquote style="margin:0 0 0 40px;border:none">two</blockquote>'

    assert new_text_of_html(source) == "Yes:\n\ntwo"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b", "a\nb"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("a&nbsp;&amp;\n b&#x1F600;", "a & b😀"),
        ('<a href="https://x.example">our tents</a>', "our tents"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a<!-- open", "a"),
        ("1 < 2 > 1", "1 < 2 > 1"),
        ("<span hidden>x<span>y</span>z</span>a", "a"),
        ("a\u200bb", "ab"),
    ],
)
def test_html_reads_as_a_person_sees_it(source: str, text: str) -> None:
    assert to_text(source) == text


def test_flowed_lines_are_joined_within_their_depth() -> None:
    text = "one \ntwo\n> three \n> four\n>> five \n six\n-- \nsig"

    assert unflow(text) == "one two\n> three four\n>> five \nsix\n-- \nsig"
