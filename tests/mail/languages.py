"""People's questions in many languages and character sets."""

from .writing import Mail, entity, human, plain

QUESTIONS = {
    "en": ("Tent", "How much is the Fjell 4, and is it in stock?"),
    "de": ("Frage zum Zelt", "Was kostet das Fjell 4, und ist es lieferbar?"),
    "fr": ("Question sur la tente", "Combien coûte la tente Fjell 4 ? Est-elle disponible ?"),
    "es": ("Pregunta sobre la tienda", "¿Cuánto cuesta la Fjell 4 y está disponible?"),
    "it": ("Domanda sulla tenda", "Quanto costa la Fjell 4? È disponibile?"),
    "pt": ("Dúvida sobre a tenda", "Quanto custa a Fjell 4? Está disponível?"),
    "nl": ("Vraag over de tent", "Wat kost de Fjell 4 en is hij op voorraad?"),
    "sv": ("Fråga om tältet", "Vad kostar Fjell 4 och finns det i lager?"),
    "nb": ("Spørsmål om teltet", "Hva koster Fjell 4, og er det på lager?"),
    "da": ("Spørgsmål om teltet", "Hvad koster Fjell 4, og er det på lager?"),
    "fi": ("Kysymys teltasta", "Paljonko Fjell 4 maksaa, ja onko sitä varastossa?"),
    "is": ("Spurning um tjaldið", "Hvað kostar Fjell 4? Er það til?"),
    "pl": ("Pytanie o namiot", "Ile kosztuje Fjell 4 i czy jest dostępny?"),
    "cs": ("Dotaz na stan", "Kolik stojí Fjell 4 a je skladem?"),
    "sk": ("Otázka k stanu", "Koľko stojí Fjell 4 a je na sklade?"),
    "hu": ("Kérdés a sátorról", "Mennyibe kerül a Fjell 4, és van raktáron?"),
    "ro": ("Întrebare despre cort", "Cât costă Fjell 4 și este în stoc?"),
    "bg": ("Въпрос за палатката", "Колко струва Fjell 4 и налична ли е?"),
    "ru": ("Вопрос о палатке", "Сколько стоит Fjell 4 и есть ли она в наличии?"),
    "uk": ("Питання про намет", "Скільки коштує Fjell 4 і чи є він у наявності?"),
    "sr": ("Питање о шатору", "Колико кошта Fjell 4 и има ли га на стању?"),
    "hr": ("Pitanje o šatoru", "Koliko stoji Fjell 4 i ima li ga na zalihi?"),
    "sl": ("Vprašanje o šotoru", "Koliko stane Fjell 4 in ali je na zalogi?"),
    "el": ("Ερώτηση για τη σκηνή", "Πόσο κοστίζει η Fjell 4 και υπάρχει σε απόθεμα;"),
    "tr": ("Çadır hakkında soru", "Fjell 4 ne kadar ve stokta var mı?"),
    "he": ("שאלה על האוהל", "כמה עולה Fjell 4 והאם הוא במלאי?"),
    "ar": ("سؤال عن الخيمة", "كم سعر خيمة Fjell 4 وهل هي متوفرة؟"),
    "fa": ("پرسش درباره چادر", "قیمت Fjell 4 چقدر است و موجود است؟"),
    "hi": ("टेंट के बारे में प्रश्न", "Fjell 4 की कीमत क्या है और क्या यह उपलब्ध है?"),
    "th": ("สอบถามเรื่องเต็นท์", "Fjell 4 ราคาเท่าไร มีของไหม"),
    "vi": ("Hỏi về lều", "Lều Fjell 4 giá bao nhiêu, còn hàng không?"),
    "id": ("Pertanyaan tentang tenda", "Berapa harga Fjell 4 dan apakah tersedia?"),
    "zh-cn": ("关于帐篷的问题", "Fjell 4 多少钱？有货吗？"),
    "zh-tw": ("關於帳篷的問題", "Fjell 4 多少錢？有現貨嗎？"),
    "ja": ("テントについて", "Fjell 4 の値段と在庫を教えてください。"),
    "ko": ("텐트 문의", "Fjell 4 가격이 얼마인가요? 재고가 있나요?"),
    "et": ("Küsimus telgi kohta", "Kui palju Fjell 4 maksab ja kas see on laos?"),
    "lt": ("Klausimas dėl palapinės", "Kiek kainuoja Fjell 4 ir ar yra sandėlyje?"),
    "lv": ("Jautājums par telti", "Cik maksā Fjell 4, un vai tā ir noliktavā?"),
    "ca": ("Pregunta sobre la tenda", "Quant costa la Fjell 4 i està disponible?"),
}

ANSWERS = {
    "en": (
        "Re: Tent",
        "And in green?",
        "On Mon, 12 Jan 2026 at 10:00, Shop <shop@tents.example> wrote:",
    ),
    "de": ("AW: Zelt", "Und in Grün?", "Am 12.01.2026 um 10:00 schrieb Shop <shop@tents.example>:"),
    "fr": (
        "RE: Tente",
        "Et en vert ?",
        ("Le 12 janv. 2026 à 10:00, Shop <shop@tents.example> a écrit :"),
    ),
    "es": (
        "RE: Tienda",
        "¿Y en verde?",
        ("El lun, 12 ene 2026 a las 10:00, Shop (<shop@tents.example>) escribió:"),
    ),
    "it": (
        "R: Tenda",
        "E in verde?",
        ("Il giorno lun 12 gen 2026 alle ore 10:00 Shop <shop@tents.example> ha scritto:"),
    ),
    "nl": (
        "Antw: Tent",
        "En in het groen?",
        "Op ma 12 jan 2026 om 10:00 schreef Shop <shop@tents.example>:",
    ),
    "sv": (
        "SV: Tält",
        "Och i grönt?",
        "Den mån 12 jan. 2026 kl 10:00 skrev Shop <shop@tents.example>:",
    ),
    "pl": (
        "Odp: Namiot",
        "A w kolorze zielonym?",
        "pon., 12 sty 2026 o 10:00 Shop <shop@tents.example> napisał(a):",
    ),
    "ru": ("Re: Палатка", "А зелёная?", "пн, 12 янв. 2026 г. в 10:00, Shop <shop@tents.example>:"),
    "ja": ("Re: テント", "緑はありますか。", "2026年1月12日(月) 10:00 Shop <shop@tents.example>:"),
    "zh": (
        "回复: 帐篷",
        "有绿色的吗？",
        "Shop <shop@tents.example> 于2026年1月12日周一 10:00写道：",
    ),
    "ko": (
        "회신: 텐트",
        "초록색도 있나요?",
        "2026년 1월 12일 (월) 오전 10:00, Shop <shop@tents.example>님이 작성:",
    ),
}

GERMAN = "Wie groß ist das Zelt für Möbel, und was kostet es?\n"
RUSSIAN = "Сколько стоит палатка?\n"
JAPANESE = "このテントの在庫はありますか。\n"
CHARSETS = {
    "latin-1": plain(GERMAN, "iso-8859-1"),
    "latin-1-quoted": plain(GERMAN, "iso-8859-1", "quoted-printable"),
    "latin-9": plain("Le prix est de combien en € ?\n", "iso-8859-15"),
    "cp1252": plain("“Fjell 4” – how much is it in €?\n", "windows-1252"),
    "cp1252-labelled-latin-1": entity(
        "“Fjell” – how much?\n".encode("cp1252"), "text/plain; charset=iso-8859-1"
    ),
    "latin-2": plain("Kolik stojí stan Šumava?\n", "iso-8859-2"),
    "cp1250": plain("Ile kosztuje namiot źrebię?\n", "windows-1250"),
    "koi8-r": plain(RUSSIAN, "koi8-r"),
    "cp1251": plain(RUSSIAN, "windows-1251", "base64"),
    "greek": plain("Πόσο κοστίζει;\n", "iso-8859-7"),
    "turkish": plain("Çadır kaç lira, ığdır?\n", "iso-8859-9"),
    "hebrew": plain("כמה עולה האוהל?\n", "windows-1255"),
    "arabic": plain("كم سعر الخيمة؟\n", "windows-1256"),
    "thai": plain("เต็นท์ราคาเท่าไร\n", "tis-620"),
    "iso-2022-jp": plain(JAPANESE, "iso-2022-jp", "7bit"),
    "shift-jis": plain(JAPANESE, "shift_jis", "base64"),
    "euc-jp": plain(JAPANESE, "euc-jp"),
    "gb2312": plain("帐篷多少钱？\n", "gb2312", "base64"),
    "gb18030": plain("帐篷多少钱？有货吗？\n", "gb18030"),
    "big5": plain("帳篷多少錢？\n", "big5", "quoted-printable"),
    "euc-kr": plain("텐트 가격이 얼마인가요?\n", "euc-kr"),
    "utf-16": plain(GERMAN, "utf-16", "base64"),
    "utf-7": plain(GERMAN, "utf-7", "7bit"),
    "utf-8-base64": plain(GERMAN, "utf-8", "base64"),
    "utf-8-mark": entity(b"\xef\xbb\xbf" + GERMAN.encode(), "text/plain; charset=utf-8"),
    "utf-8-unlabelled": entity(GERMAN.encode(), "text/plain"),
    "latin-1-unlabelled": entity(GERMAN.encode("latin-1"), "text/plain"),
    "ascii-that-is-none": entity(GERMAN.encode(), "text/plain; charset=us-ascii"),
    "unknown-charset": entity(GERMAN.encode(), "text/plain; charset=x-unknown"),
    "no-such-charset": entity(b"How much is it?\n", "text/plain; charset=foo-1"),
    "utf8-misspelt": entity(RUSSIAN.encode(), "text/plain; charset=utf8"),
    "emoji": plain("Is the 🏕️ in stock? 🙏\n"),
    "no-content-type": b"\nIs the Fjell 4 in stock?\n",
}

MAILS: tuple[Mail, ...] = (
    *(
        human(f"question-{language}", f"Subject: {subject}", f"{text}\n", kind="language")
        for language, (subject, text) in QUESTIONS.items()
    ),
    *(
        human(
            f"answer-{language}",
            f"Subject: {subject}\nIn-Reply-To: <a1@tents.example>\nReferences: <a1@tents.example>",
            f"{text}\n\n{line}\n> 99 euros.\n> Auto-Submitted: auto-replied\n",
            kind="language",
        )
        for language, (subject, text, line) in ANSWERS.items()
    ),
    *(human(name, "Subject: Tent", body, kind="character set") for name, body in CHARSETS.items()),
)
