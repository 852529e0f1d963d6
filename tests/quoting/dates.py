# ruff: noqa: E501
"""Dates as the 30 locales write them: the names from CLDR, and a moment filled into a template."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Weekdays, short weekdays, months as in a date, short months, halves of the day.
NAMES: dict[str, tuple[str, str, str, str, str]] = {
    "en": (
        "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
        "Mon|Tue|Wed|Thu|Fri|Sat|Sun",
        "January|February|March|April|May|June|July|August|September|October|November|December",
        "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
        "AM|PM",
    ),
    "de": (
        "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag",
        "Mo.|Di.|Mi.|Do.|Fr.|Sa.|So.",
        "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
        "Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez.",
        "AM|PM",
    ),
    "fr": (
        "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
        "lun.|mar.|mer.|jeu.|ven.|sam.|dim.",
        "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
        "janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc.",
        "AM|PM",
    ),
    "es": (
        "lunes|martes|miércoles|jueves|viernes|sábado|domingo",
        "lun|mar|mié|jue|vie|sáb|dom",
        "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
        "ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic",
        "a. m.|p. m.",
    ),
    "pt_BR": (
        "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
        "seg.|ter.|qua.|qui.|sex.|sáb.|dom.",
        "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
        "jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez.",
        "AM|PM",
    ),
    "it": (
        "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
        "lun|mar|mer|gio|ven|sab|dom",
        "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
        "gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic",
        "AM|PM",
    ),
    "nl": (
        "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
        "ma|di|wo|do|vr|za|zo",
        "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
        "jan|feb|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec",
        "a.m.|p.m.",
    ),
    "sv": (
        "måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag",
        "mån|tis|ons|tors|fre|lör|sön",
        "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december",
        "jan.|feb.|mars|apr.|maj|juni|juli|aug.|sep.|okt.|nov.|dec.",
        "fm|em",
    ),
    "da": (
        "mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag",
        "man.|tirs.|ons.|tors.|fre.|lør.|søn.",
        "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december",
        "jan.|feb.|mar.|apr.|maj|jun.|jul.|aug.|sep.|okt.|nov.|dec.",
        "AM|PM",
    ),
    "nb": (
        "mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag",
        "man.|tir.|ons.|tor.|fre.|lør.|søn.",
        "januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember",
        "jan.|feb.|mars|apr.|mai|juni|juli|aug.|sep.|okt.|nov.|des.",
        "a.m.|p.m.",
    ),
    "fi": (
        "maanantaina|tiistaina|keskiviikkona|torstaina|perjantaina|lauantaina|sunnuntaina",
        "ma|ti|ke|to|pe|la|su",
        "tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta|kesäkuuta|heinäkuuta|elokuuta|syyskuuta|lokakuuta|marraskuuta|joulukuuta",
        "tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu",
        "ap.|ip.",
    ),
    "pl": (
        "poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela",
        "pon.|wt.|śr.|czw.|pt.|sob.|niedz.",
        "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia",
        "sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru",
        "AM|PM",
    ),
    "cs": (
        "pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle",
        "po|út|st|čt|pá|so|ne",
        "ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince",
        "led|úno|bře|dub|kvě|čvn|čvc|srp|zář|říj|lis|pro",
        "dop.|odp.",
    ),
    "hu": (
        "hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap",
        "H|K|Sze|Cs|P|Szo|V",
        "január|február|március|április|május|június|július|augusztus|szeptember|október|november|december",
        "jan.|febr.|márc.|ápr.|máj.|jún.|júl.|aug.|szept.|okt.|nov.|dec.",
        "de.|du.",
    ),
    "ro": (
        "luni|marți|miercuri|joi|vineri|sâmbătă|duminică",
        "lun.|mar.|mie.|joi|vin.|sâm.|dum.",
        "ianuarie|februarie|martie|aprilie|mai|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie",
        "ian.|feb.|mar.|apr.|mai|iun.|iul.|aug.|sept.|oct.|nov.|dec.",
        "a.m.|p.m.",
    ),
    "bg": (
        "понеделник|вторник|сряда|четвъртък|петък|събота|неделя",
        "пн|вт|ср|чт|пт|сб|нд",
        "януари|февруари|март|април|май|юни|юли|август|септември|октомври|ноември|декември",
        "яну|фев|март|апр|май|юни|юли|авг|сеп|окт|ное|дек",
        "am|pm",
    ),
    "ru": (
        "понедельник|вторник|среда|четверг|пятница|суббота|воскресенье",
        "пн|вт|ср|чт|пт|сб|вс",
        "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря",
        "янв.|февр.|мар.|апр.|мая|июн.|июл.|авг.|сент.|окт.|нояб.|дек.",
        "AM|PM",
    ),
    "uk": (
        "понеділок|вівторок|середа|четвер|пʼятниця|субота|неділя",
        "пн|вт|ср|чт|пт|сб|нд",
        "січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня",
        "січ.|лют.|бер.|квіт.|трав.|черв.|лип.|серп.|вер.|жовт.|лист.|груд.",
        "дп|пп",
    ),
    "el": (
        "Δευτέρα|Τρίτη|Τετάρτη|Πέμπτη|Παρασκευή|Σάββατο|Κυριακή",
        "Δευ|Τρί|Τετ|Πέμ|Παρ|Σάβ|Κυρ",
        "Ιανουαρίου|Φεβρουαρίου|Μαρτίου|Απριλίου|Μαΐου|Ιουνίου|Ιουλίου|Αυγούστου|Σεπτεμβρίου|Οκτωβρίου|Νοεμβρίου|Δεκεμβρίου",
        "Ιαν|Φεβ|Μαρ|Απρ|Μαΐ|Ιουν|Ιουλ|Αυγ|Σεπ|Οκτ|Νοε|Δεκ",
        "π.μ.|μ.μ.",
    ),
    "tr": (
        "Pazartesi|Salı|Çarşamba|Perşembe|Cuma|Cumartesi|Pazar",
        "Pzt|Sal|Çar|Per|Cum|Cmt|Paz",
        "Ocak|Şubat|Mart|Nisan|Mayıs|Haziran|Temmuz|Ağustos|Eylül|Ekim|Kasım|Aralık",
        "Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara",
        "ÖÖ|ÖS",
    ),
    "he": (
        "יום שני|יום שלישי|יום רביעי|יום חמישי|יום שישי|יום שבת|יום ראשון",
        "יום ב׳|יום ג׳|יום ד׳|יום ה׳|יום ו׳|שבת|יום א׳",
        "ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר",
        "ינו׳|פבר׳|מרץ|אפר׳|מאי|יוני|יולי|אוג׳|ספט׳|אוק׳|נוב׳|דצמ׳",
        "AM|PM",
    ),
    "ar": (
        "الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد",
        "الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد",
        "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر",
        "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر",
        "ص|م",
    ),
    "fa": (
        "دوشنبه|سه‌شنبه|چهارشنبه|پنجشنبه|جمعه|شنبه|یکشنبه",
        "دوشنبه|سه‌شنبه|چهارشنبه|پنجشنبه|جمعه|شنبه|یکشنبه",
        "ژانویهٔ|فوریهٔ|مارس|آوریل|مهٔ|ژوئن|ژوئیهٔ|اوت|سپتامبر|اکتبر|نوامبر|دسامبر",
        "ژانویه|فوریه|مارس|آوریل|مه|ژوئن|ژوئیه|اوت|سپتامبر|اکتبر|نوامبر|دسامبر",
        "ق.ظ.|ب.ظ.",
    ),
    "th": (
        "วันจันทร์|วันอังคาร|วันพุธ|วันพฤหัสบดี|วันศุกร์|วันเสาร์|วันอาทิตย์",
        "จ.|อ.|พ.|พฤ.|ศ.|ส.|อา.",
        "มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม",
        "ม.ค.|ก.พ.|มี.ค.|เม.ย.|พ.ค.|มิ.ย.|ก.ค.|ส.ค.|ก.ย.|ต.ค.|พ.ย.|ธ.ค.",
        "AM|PM",
    ),
    "vi": (
        "Thứ Hai|Thứ Ba|Thứ Tư|Thứ Năm|Thứ Sáu|Thứ Bảy|Chủ Nhật",
        "Th 2|Th 3|Th 4|Th 5|Th 6|Th 7|CN",
        "tháng 1|tháng 2|tháng 3|tháng 4|tháng 5|tháng 6|tháng 7|tháng 8|tháng 9|tháng 10|tháng 11|tháng 12",
        "thg 1|thg 2|thg 3|thg 4|thg 5|thg 6|thg 7|thg 8|thg 9|thg 10|thg 11|thg 12",
        "SA|CH",
    ),
    "id": (
        "Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu",
        "Sen|Sel|Rab|Kam|Jum|Sab|Min",
        "Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|Desember",
        "Jan|Feb|Mar|Apr|Mei|Jun|Jul|Agu|Sep|Okt|Nov|Des",
        "AM|PM",
    ),
    "zh_CN": (
        "星期一|星期二|星期三|星期四|星期五|星期六|星期日",
        "周一|周二|周三|周四|周五|周六|周日",
        "一月|二月|三月|四月|五月|六月|七月|八月|九月|十月|十一月|十二月",
        "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "上午|下午",
    ),
    "zh_TW": (
        "星期一|星期二|星期三|星期四|星期五|星期六|星期日",
        "週一|週二|週三|週四|週五|週六|週日",
        "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "上午|下午",
    ),
    "ja": (
        "月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日",
        "月|火|水|木|金|土|日",
        "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "午前|午後",
    ),
    "ko": (
        "월요일|화요일|수요일|목요일|금요일|토요일|일요일",
        "월|화|수|목|금|토|일",
        "1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월",
        "1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월",
        "오전|오후",
    ),
}
LOCALES = tuple(NAMES)
_DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "fa": "۰۱۲۳۴۵۶۷۸۹"}
_HOURS = {"ja": 9, "ko": 9, "zh_CN": 8, "zh_TW": 8, "th": 7, "vi": 7, "id": 7, "pt_BR": -3}
_HOURS |= {"ru": 3, "tr": 3, "ar": 3}


# The long date of each locale, with the time, as a system set to it writes them.
LONG = {
    "en": "{wd}, {mon} {d}, {y} {h12}:{MM} {ap}",
    "de": "{wd}, {d}. {mon} {y} {HH}:{MM}",
    "fr": "{wd} {d} {mon} {y} {HH}:{MM}",
    "es": "{wd}, {d} de {mon} de {y} {H}:{MM}",
    "pt_BR": "{wd}, {d} de {mon} de {y} {HH}:{MM}",
    "it": "{wd} {d} {mon} {y} {HH}:{MM}",
    "nl": "{wd} {d} {mon} {y} {HH}:{MM}",
    "sv": "den {d} {mon} {y} {HH}:{MM}",
    "da": "{d}. {mon} {y} {HH}:{MM}",
    "nb": "{wd} {d}. {mon} {y} {HH}:{MM}",
    "fi": "{wd} {d}. {mon} {y} {H}.{MM}",
    "pl": "{wd}, {d} {mon} {y} {HH}:{MM}",
    "cs": "{wd} {d}. {mon} {y} {H}:{MM}",
    "hu": "{y}. {mon} {d}., {wd} {H}:{MM}",
    "ro": "{wd}, {d} {mon} {y} {HH}:{MM}",
    "bg": "{wd}, {d} {mon} {y} г. {HH}:{MM}",
    "ru": "{d} {mon} {y} г. {H}:{MM}",
    "uk": "{d} {mon} {y} р. {H}:{MM}",
    "el": "{wd}, {d} {mon} {y} {h12}:{MM} {ap}",
    "tr": "{d} {mon} {y} {wd} {HH}:{MM}",
    "he": "{wd} {d} {mon} {y} {HH}:{MM}",
    "ar": "{wd}، {d} {mon} {y} {h12}:{MM} {ap}",
    "fa": "{wd}، {xd} {mon} {xy} {xHH}:{xMM}",
    "th": "{wd}ที่ {d} {mon} {by} {H}:{MM}",
    "vi": "{wd}, {d} {mon}, {y} {h12}:{MM} {ap}",
    "id": "{wd}, {d} {mon} {y} {HH}.{MM}",
    "zh_CN": "{y}年{m}月{d}日 {H}:{MM}",
    "zh_TW": "{y}年{m}月{d}日 {wd} {ap} {h12}:{MM}",
    "ja": "{y}年{m}月{d}日 {wd} {H}:{MM}",
    "ko": "{y}년 {m}월 {d}일 {wd} {ap} {h12}:{MM}",
}
# The short date of each locale.
SHORT = (
    {"en": "{m}/{d}/{yy}", "de": "{dd}.{mm}.{yy}", "sv": "{y}-{mm}-{dd}", "fi": "{d}.{m}.{y}"}
    | {
        "pl": "{dd}.{mm}.{y}",
        "cs": "{dd}. {mm}. {yy}",
        "hu": "{y}. {mm}. {dd}.",
        "da": "{dd}.{mm}.{y}",
    }
    | {"ro": "{dd}.{mm}.{y}", "bg": "{d}.{mm}.{yy} г.", "ru": "{dd}.{mm}.{y}", "tr": "{d}.{mm}.{y}"}
    | {"nb": "{dd}.{mm}.{y}", "uk": "{dd}.{mm}.{yy}", "nl": "{dd}-{mm}-{y}", "he": "{d}.{m}.{y}"}
    | {"es": "{d}/{m}/{yy}", "el": "{d}/{m}/{yy}", "ar": "{xd}\u200f/{xm}\u200f/{xy}"}
    | {
        "fa": "{xy}/{xm}/{xd}",
        "zh_CN": "{y}/{m}/{d}",
        "zh_TW": "{y}/{m}/{d}",
        "ja": "{y}/{mm}/{dd}",
    }
    | {"ko": "{y}. {m}. {d}.", "th": "{d}/{m}/{by}"}
    | dict.fromkeys(("fr", "pt_BR", "it", "vi", "id"), "{dd}/{mm}/{y}")
)


@dataclass(frozen=True)
class Moment:
    """A date and time, and the language that it is written in."""

    at: datetime
    locale: str
    home: str = ""
    """The locale whose clock it is, if another."""

    def earlier(self, hours: int) -> "Moment":
        return replace(self, at=self.at - timedelta(hours=hours))

    def within(self, locale: str) -> "Moment":
        """The same time in another language: that of a client which does not speak this one."""
        return replace(self, locale=locale, home=self.home or self.locale)

    @property
    def offset(self) -> int:
        """Hours east of Greenwich, where people of this locale mostly live."""
        return _HOURS.get(self.home or self.locale, 1)

    def fill(self, template: str, **more: str) -> str:
        """`template` with the date's parts: x before a part asks for the locale's own digits."""
        at, names = self.at, [group.split("|") for group in NAMES[self.locale]]
        parts = {
            "d": f"{at.day}",
            "dd": f"{at.day:02}",
            "m": f"{at.month}",
            "mm": f"{at.month:02}",
            "y": f"{at.year}",
            "yy": f"{at.year % 100:02}",
            "by": f"{at.year + 543}",
            "H": f"{at.hour}",
            "HH": f"{at.hour:02}",
            "h12": f"{at.hour % 12 or 12}",
            "MM": f"{at.minute:02}",
            "SS": f"{at.second:02}",
        }
        digits = str.maketrans("0123456789", _DIGITS.get(self.locale, "0123456789"))
        own = {f"x{key}": value.translate(digits) for key, value in parts.items()}
        return template.format(
            wd=names[0][at.weekday()],
            wda=names[1][at.weekday()],
            mon=names[2][at.month - 1],
            mona=names[3][at.month - 1],
            ap=names[4][at.hour >= 12],
            gmt=f"GMT{self.offset:+d}",
            zone=f"{self.offset:+03d}00",
            **parts,
            **own,
            **more,
        )
