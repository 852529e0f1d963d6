"""Bytes to text: what labels mean, when they are believed, and what is guessed without one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from providers.mail.charsets import codec_name, decode, decode_plainly, settled
from providers.mail.headers import decode_subject, decode_words, read_block

SENTENCES = [
    ("windows-1250", "Dzień dobry, czy ten namiot jest wodoodporny? Ile kosztuje śpiwór?"),
    ("iso-8859-2", "Dobrý den, je tento stan vodotěsný i při silném dešti?"),
    ("windows-1250", "Szeretném visszaküldeni a kabátot, mert kicsi a méret, és őszi színű."),
    ("windows-1251", "Здравствуйте, сколько стоит доставка в Новосибирск?"),
    ("koi8-r", "Я заказал палатку на прошлой неделе, но посылка не пришла."),
    ("koi8-u", "Чи можна обміняти взуття на більший розмір? Дякую, її ще немає."),
    ("iso-8859-5", "Можно ли обменять ботинки на размер больше?"),
    ("cp866", "Подскажите, пожалуйста, эта куртка непромокаемая?"),
    ("windows-1252", "Où puis-je trouver la facture de mes achats ? Merci d’avance…"),
    ("windows-1252", "Können Sie mir sagen, ob der Rucksack für Kinder geeignet ist?"),
    ("windows-1252", "It’s been two weeks – my order hasn’t arrived yet…"),
    ("windows-1253", "Καλημέρα, πόσο κοστίζει η αποστολή στη Θεσσαλονίκη;"),
    ("windows-1254", "Geçen hafta bir çadır sipariş ettim ama henüz gelmedi, iyi günler."),
    ("windows-1255", "שלום, כמה עולה המשלוח לתל אביב?"),
    ("windows-1256", "مرحبا، كم تكلفة الشحن إلى الرياض؟"),
    ("windows-1257", "Užsakiau palapinę praėjusią savaitę, bet ji dar neatėjo."),
    ("windows-874", "สวัสดีครับ ค่าจัดส่งไปเชียงใหม่เท่าไหร่ครับ"),
    ("cp932", "先週注文した商品がまだ届いていません。"),
    ("cp932", "こんにちは、テント"),
    ("euc_jp", "よろしくお願いいたします。"),
    ("gb18030", "你好，请问这个帐篷防水吗？"),
    ("big5", "請問寄到高雄的運費是多少？"),
    ("cp949", "지난주에 주문한 상품이 아직 도착하지 않았습니다."),
]


def python(label: str) -> str:
    return label.replace("windows-", "cp")


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_browsers_names_a_codec(label: str) -> None:
    nothing = {"replacement", "x-user-defined", "iso-2022-cn", "iso-2022-cn-ext"}
    seven_bits = {"ansi_x3.4-1968", "ascii", "us-ascii"}

    name = codec_name(label.upper())

    assert bool(name) == (label not in nothing | seven_bits)
    if name:
        assert b"How much?".decode(name, "replace")


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("x-unknown", ""),
        ("unknown-8bit", ""),
        ("binary", ""),
        ("8bit", ""),
        ("us-ascii", ""),
        ("ansi_x3.110-1983", ""),
        ("", ""),
        ("cp037", ""),
        ("base64", ""),
        ("rot13", ""),
        ("idna", ""),
        ("iso-gb2312", "gb18030"),
        ("gb2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("ms936", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("EUC_KR", "cp949"),
        ("x-windows-949", "cp949"),
        ("x-sjis", "cp932"),
        ("windows-31j", "cp932"),
        ("cp932", "cp932"),
        ("Big-5", "big5hkscs"),
        ("cp950", "big5hkscs"),
        ("utf-8*it", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("'UTF-8'", "utf-8"),
        ("utf-8;", "utf-8"),
        ("utf-8 format=flowed", "utf-8"),
        ("utf-8 (plain)", "utf-8"),
        ("charset=utf-8", "utf-8"),
        ("3Dutf-8", "utf-8"),
        ("UTF_8", "utf-8"),
        ("utf8mb4", "utf-8"),
        ("cp65001", "utf-8"),
        ("utf-7", "utf_7"),
        ("unicode-1-1-utf-7", "utf_7"),
        ("windows-874", "cp874"),
        ("tis-620", "cp874"),
        ("iso-8859-8-i", "iso8859-8"),
        ("cp-850", "cp850"),
        ("IBM850", "cp850"),
        ("win-1251", "cp1251"),
        ("x-cp1251", "cp1251"),
        ("windows-28592", "iso8859-2"),
        ("iso8859-1", "cp1252"),
        ("ISO_8859_15", "iso8859-15"),
        ("latin1", "cp1252"),
        ("koi8r", "koi8-r"),
        ("macroman", "mac-roman"),
    ],
)
def test_what_mail_adds_to_the_labels_is_understood(label: str, codec: str) -> None:
    assert codec_name(label) == codec


@pytest.mark.parametrize(("label", "text"), SENTENCES)
def test_a_label_that_fits_is_believed(label: str, text: str) -> None:
    assert decode(text.encode(python(label)), label) == text


@pytest.mark.parametrize("label", ["", "x-unknown", "us-ascii", "utf-8"])
@pytest.mark.parametrize(("codec", "text"), SENTENCES)
def test_without_a_label_the_text_says_what_it_is_written_in(
    codec: str, text: str, label: str
) -> None:
    assert decode(text.encode(python(codec)), label) == text


@pytest.mark.parametrize("label", ["", "iso-8859-1", "windows-1251", "koi8-r", "gb2312", "big5"])
@pytest.mark.parametrize("text", ["请问这个帐篷防水吗？", "防水ですか。", "“Tent” – 帐篷 €"])
def test_utf_8_is_known_under_any_label(text: str, label: str) -> None:
    assert decode(text.encode(), label) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("iso-8859-2", "cp1250", "Chtěl bych vrátit bundu, protože velikost nesedí, děkuji."),
        ("iso-8859-1", "cp1251", "Здравствуйте, сколько стоит доставка?"),
        ("iso-8859-1", "koi8-r", "Хочу вернуть рюкзак, молния сломана."),
        ("iso-8859-1", "cp1253", "Το σακίδιο έφτασε κατεστραμμένο."),
        ("iso-8859-1", "cp1255", "הזמנתי אוהל בשבוע שעבר והוא עדיין לא הגיע."),
        ("iso-8859-1", "gb18030", "衣服的尺码不合适，我想退货。"),
        ("iso-8859-1", "iso8859-2", "Chciałbym zwrócić kurtkę, ponieważ rozmiar jest za mały."),
        ("windows-1251", "cp1252", "Die Größe ist für meine Tochter zu groß, schöne Grüße"),
        ("iso-2022-jp", "cp932", "このテントは防水ですか。"),
        ("utf-7", "cp1252", "Die Größe ist für meine Tochter zu groß."),
        ("utf-16", "utf-8", "Ça coûte combien ?"),
    ],
)
def test_a_label_under_which_it_is_no_text_is_not_believed(
    label: str, codec: str, text: str
) -> None:
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("iso-8859-1", "Ça coûte 20 € – “merci”".encode("cp1252"), "Ça coûte 20 € – “merci”"),
        ("iso-8859-1", "ÉTÉ à ÖSTERSUND".encode("cp1252"), "ÉTÉ à ÖSTERSUND"),
        ("windows-1251", "«Hello» — 5 №".encode("cp1251"), "«Hello» — 5 №"),
        ("gb2312", "价格99".encode("gb18030") + b"\x80", "价格99€"),
        ("gb2312", "请问这个帐篷防水吗".encode("gb18030")[:-1], "请问这个帐篷防水\ufffd"),
        ("utf-8", "Grüße, schöne Öfen für €".encode()[:-1], "Grüße, schöne Öfen für \ufffd"),
        ("utf-16", "Zelt".encode("utf-16-be"), "Zelt"),
        ("utf-16", b"plain", "plain"),
        ("hz-gb-2312", "帐篷".encode("hz"), "帐篷"),
        ("iso-2022-kr", "텐트".encode("iso2022_kr"), "텐트"),
        ("", "텐트".encode("iso2022_kr"), "텐트"),
        ("iso-2022-jp", b"\x1b(IC\x1b(B", "ﾃ"),
        ("", b"\xef\xbb\xbfZelt", "Zelt"),
        ("koi8-r", b"\xef\xbb\xbf\xd0\x9f", "П"),
        ("", b"\xff\xfeZ\x00", "Z"),
        ("utf-7", b"1 + 1", "1 + 1"),
        ("utf-7", b"+2AA-Zelt", "\ufffdZelt"),
    ],
)
def test_what_is_odd_about_a_text_does_not_spoil_it(label: str, raw: bytes, text: str) -> None:
    assert decode(raw, label) == text


def test_a_page_may_name_its_own_character_set() -> None:
    page = '<html><head><meta charset="macintosh"></head>Schöne Grüße</html>'

    assert decode(page.encode("mac-roman")) == page


def test_the_headers_of_one_mail_are_guessed_together() -> None:
    text = "From: Łukasz <l@x.example>\nSubject: Ile kosztuje śpiwór? Dziękuję bardzo\n\n"

    block = read_block(text.encode("cp1250"))

    assert block.first("from") == "Łukasz <l@x.example>"
    assert block.first("subject") == "Ile kosztuje śpiwór? Dziękuję bardzo"


def test_headers_of_a_known_character_set_are_read_in_it() -> None:
    head = "Subject: Привет\nContent-Type: text/plain; charset=koi8-r\n\n"

    assert read_block(head.encode("koi8-r")).first("subject") == "Привет"


def test_words_of_an_unknown_character_set_are_guessed_in_a_subject() -> None:
    word = "".join(f"={byte:02X}" for byte in "Здравствуйте, доставка".encode("cp1251"))

    assert decode_subject(f"=?unknown-8bit?q?{word}?= (2)") == "Здравствуйте, доставка (2)"
    assert decode_subject("=?utf-8?q?Gr=C3=BC=C3=9Fe?=") == "Grüße"
    assert decode_words("=?unknown-8bit?q?Gr=FC=DFe?=") == "Grüße"


@given(st.binary(max_size=80), st.one_of(st.text(max_size=20), st.sampled_from(sorted(LABELS))))
def test_no_bytes_and_no_label_are_too_strange(raw: bytes, label: str) -> None:
    for text in (decode(raw, label), decode_plainly(raw, label), decode(raw, settled(raw, label))):
        assert text.encode("utf-8").decode("utf-8") == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\x1b"), max_size=60))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode(), "utf-8") == text
    assert decode(text.encode()) == text


@pytest.mark.parametrize("label", ["", "iso-8859-2", "gb2312", "shift_jis", "utf-7", "iso-2022-jp"])
@pytest.mark.parametrize(
    "piece",
    [
        b"\xe9",
        b"\x82",
        b"\x80",
        b"\x1b$",
        b"<meta \xff",
        b"a\xb3b",
        b"<\xe9",
        b"\xe3\x81",
        b"\xe9\n",
    ],
)
def test_guessing_takes_no_longer_for_more(piece: bytes, label: str) -> None:
    started = time.perf_counter()

    decode(piece * (1_000_000 // len(piece)), label)

    assert time.perf_counter() - started < 5
