"""The words by which mail programs mark what they quote, in every language met so far. Data only.

Everything is compared in lower case, without direction marks, and with plain spaces.
"""

VERBS = """
wrote | writes | has written | schrieb | geschrieben | a écrit | écrit | escribió | escribio
escribía | ha escrito | scrisse | ha scritto | scritto | escreveu | escreveram | va escriure
ha escrit | escribiu | hau idatzi du | schreef | geschreven | heeft het volgende geschreven
napisana przez | wysłana przez
skrev | skreiv | skrifaði | kirjoitti | kirjutas | napisał | napisała | napisał(a) | napisali
pisze | napsal | napsala | napsal(a) | píše | napísal | napísala | napísal(a) | írta
ezt írta | a scris | написа | написал | написала | написал(а) | пишет | писал | писал(а)
написав | пише | έγραψε | yazdı | şunu yazdı | yazmış | כתב | כתבה | כתב/ה | كتب | كتبت
تمت كتابة | نوشت | نوشته است | 写道 | 寫道 | 写到 | 書きました | のメール | 작성 | 썼습니다
님이 작성 | เขียน | เขียนว่า | đã viết | viết | menulis | tulis | napisao je | napisala je
je napisao | je napisala | je napisal | napisao/la je | rašė | parašė | rakstīja | je pisao
ने लिखा | sinulat | aliandika | shkroi | напиша | напісаў | դրել | გამოგზავნა | het geskryf
scríobh | wrote on | さんは書きました | さんが書きました | 님이 쓴 글 | 쓰셨습니다 | 于
skrev följande | heeft geschreven | schreef op | a scris la | napisał w dniu | 写了 | 寫了
napísal/a | napsal/a | escrito | yazdı: | schreibt | escribe | écrivait | bylo napsáno
yazıyor
"""

OPENERS = """
on | am | le | el | em | il | il giorno | in data | op | den | på | w dniu | dnia | dne | dňa
în | în data de | la | на | от | στις | στισ | την | tarihinde | בתאריך | ב- | في | در | 在 | 于
vào | vào ngày | pada | pada tanggal | dana | kuupäev | ngày | ในวันที่ | เมื่อ | missatge de
noong | mnamo | le jour | a las | het | às | v | igorleak | þann | ar | më
"""

SPEAKING = """
i wrote | i sent | i asked | we wrote | to you | my | ich | wir | ihnen | euch | dir | j'ai
je vous | nous | vous ai | le escribí | les escribí | te escribí | vi ho | le ho | ti ho
eu escrevi | lhe escrevi | heb ik | ik u | jag | jeg | minä | napisałem | napisałam
napsal jsem | napsala jsem | я писал | я писала | я написал | я написала | вам | לך | לכם
إليك | إليكم
"""

ORIGINALS = """
original message | original mail | original e-mail | original email | forwarded message
forwarded mail | forwarded by | reply message | original appointment | ursprüngliche nachricht
ursprüngliche mail | originalnachricht | original-nachricht | weitergeleitete nachricht
weitergeleitete mail | message d'origine | message d’origine | message original
message initial | message transféré | mensaje original | mensaje reenviado
messaggio originale | messaggio inoltrato | mensagem original | mensagem encaminhada
mensagem reencaminhada | missatge original | oorspronkelijk bericht | oorspronkelijke bericht
originele bericht | origineel bericht | doorgestuurd bericht | ursprungligt meddelande
originalmeddelande | ursprungsmeddelande | vidarebefordrat meddelande | oprindelig meddelelse
original meddelelse | original besked | oprindelig besked | videresendt besked
videresendt meddelelse | opprinnelig melding | videresendt melding | alkuperäinen viesti
välitetty viesti | edelleenlähetetty viesti | oryginalna wiadomość | wiadomość oryginalna
wiadomość przekazana | przekazana wiadomość | původní zpráva | původní e-mail | původní email
přeposlaná zpráva | pôvodná správa | preposlaná správa | eredeti üzenet | továbbított üzenet
mesaj original | mesajul original | mesaj redirecționat | mesaj redirecţionat
оригинално съобщение | препратено съобщение | исходное сообщение | исходное письмо
пересылаемое сообщение | пересланное сообщение | пересылаемое письмо
оригінальне повідомлення | вихідне повідомлення | переслане повідомлення | αρχικό μήνυμα
προωθημένο μήνυμα | özgün ileti | orijinal mesaj | orjinal mesaj | orijinal ileti
iletilen ileti | yönlendirilen ileti | iletilmiş mesaj | הודעה מקורית | הודעה שהועברה
הודעה מועברת | الرسالة الأصلية | رسالة أصلية | رسالة معاد توجيهها | پیام اصلی | پیام ارجاع شده
原始邮件 | 原始郵件 | 原邮件 | 邮件原件 | 转发邮件 | 转发的邮件 | 轉寄的郵件 | 轉寄郵件
转发邮件信息 | 元のメッセージ | 元のメール | オリジナルメッセージ | 転送メッセージ
転送されたメッセージ | 원본 메일 | 원본 메시지 | 원본메시지 | 전달된 메시지 | 전달 메시지
ข้อความต้นฉบับ | ข้อความเดิม | ข้อความที่ส่งต่อ | thư gốc | tin nhắn gốc | tin nhắn ban đầu
thư được chuyển tiếp | pesan asli | pesan terusan | pesan yang diteruskan | mesej asal
originalna poruka | izvorna poruka | izvirno sporočilo | proslijeđena poruka
prosleđena poruka | posredovano sporočilo | оригинална порука | pirminis laiškas
originalus laiškas | persiųstas laiškas | oriģinālā ziņa | sākotnējā ziņa | pārsūtīta ziņa
originaalkiri | algne kiri | algne sõnum | edastatud kiri | mesazhi origjinal
upprunaleg skilaboð | message transmis | перенаправлене повідомлення
перенаправленное сообщение | treść przekazanej wiadomości | メッセージを転送
wiadomość przesłana dalej | 回复的原邮件 | 原邮件信息 | 回复的邮件 | reply to message
on behalf of | previous message | nachricht weitergeleitet | 受信メール | 轉發郵件
forwarded email | mail original | correo original | correio original | isi pesan asli
"""

FORWARD_LINES = """
begin forwarded message | anfang der weitergeleiteten nachricht | début du message réexpédié
début du message transféré | inizio messaggio inoltrato | inicio del mensaje reenviado
iniciar mensaje reenviado | início da mensagem encaminhada | início da mensagem reencaminhada
begin doorgestuurd bericht | start på videresendt besked | videresendt melding
vidarebefordrat brev | välitetty viesti alkaa | początek przekazywanej wiadomości
начало переадресованного сообщения | започва препратено съобщение | 下面是被转发的邮件
以下是轉寄的郵件 | 転送されたメール | 전달된 메시지 시작 | ileti başlangıcı
začátek přeposílané zprávy | továbbított levél kezdete | începutul mesajului redirecționat
תחילת ההודעה שהועברה | započni proslijeđenu poruku | začiatok preposlanej správy
începe mesajul redirecționat | vidarebefordrat mejl | початок листа, що пересилається
开始转发的邮件 | 開始轉寄郵件 | 転送されたメッセージ | forwarded message
"""

LABELS = {
    "from": """
from | von | de | da | van | från | fra | frá | lähettäjä | lähettänyt | od | odesílatel
odosielateľ | feladó | de la | от | от кого | від | від кого | подател | από | kimden
gönderen | מאת | من | از | 发件人 | 寄件者 | 寄件人 | 差出人 | 送信者 | 보낸 사람 | 보낸사람
보낸이 | 발신 | จาก | ผู้ส่ง | từ | người gửi | dari | daripada | pengirim | saatja | nuo
siuntėjas | no | sūtītājs | pošiljatelj | šalje | expéditeur | mittente | remitente
remetente | expeditor | od koga | absender | afzender | avsändare | afsender | avsender
nadawca | шаље | од | nga | prej | expeditorul | отправитель | 送信元 | absenderin | प्रेषक
penghantar | avsendare | gönderilen kişi | 發件人 | 寄信人
""",
    "date": """
sent | date | gesendet | datum | gesendet am | envoyé | envoyé le | enviado | enviado el
enviado em | enviada | enviada em | fecha | data | inviato | inviato il | verzonden
verstuurd | skickat | skickades | sendt | dato | lähetetty | päivämäärä | päiväys | pvm
wysłano | wysłane | data wysłania | odesláno | odoslané | dátum | elküldve | küldve
küldés dátuma | trimis | data trimiterii | отправлено | дата | изпратено | надіслано | послано
στάλθηκε | απεσταλμένα | ημερομηνία | gönderilme | gönderildi | gönderilme tarihi | tarih
נשלח | נשלח ב | תאריך | تاريخ الإرسال | تم الإرسال | أرسلت | التاريخ | تاریخ | ارسال شده
发送时间 | 发送日期 | 发送 | 日期 | 时间 | 時間 | 寄件日期 | 傳送時間 | 送信日時 | 送信日
日時 | 日付 | 보낸 날짜 | 보낸날짜 | 날짜 | 보낸시간 | 일시 | วันที่ | ส่ง | ส่งเมื่อ | ngày
đã gửi | gửi | tanggal | dikirim | terkirim | dihantar | tarikh | saadetud | kuupäev
išsiųsta | nosūtīts | datums | poslano | poslato | sent on | enviat | enviat el | sent at
dagsetning | sendt den | послато | dërguar | dată | gönderilen | відправлено | 送信日付
तारीख | отправка | 寄信日期 | 發送時間 | 傳送日期 | data e ora | data/ora | gesendet um
отримано | received | sent date
""",
    "to": """
to | an | à | a | para | per | aan | till | til | vastaanottaja | do | komu | címzett | către
catre | кому | до | до кого | получател | прима | προς | kime | alıcı | אל | ל | إلى | به
收件人 | 收件者 | 宛先 | 받는 사람 | 받는사람 | 받는이 | 수신 | ถึง | ผู้รับ | tới | đến
người nhận | kepada | ke | saaja | kellele | kam | za | prejemnik | prima | destinataire
destinatario | destinatário | empfänger | ontvanger | mottagare | modtager | mottaker
odbiorca | gavėjas | saņēmējs | naar | per a | destinatarul | pre | pour | adresat | 送信先
प्रति | 受信者 | 收信人 | empfängerin
""",
    "cc": """
cc | kopie | copie | copia | kopi | kopia | kopio | kopija | dw | másolat | копия | копія
bilgi | κοιν | κοιν. | κοινοποίηση | עותק | نسخة | رونوشت | 抄送 | 副本 | 참조 | สำเนา
đồng gửi | tembusan | c.c. | másolatot kap | kópia | cópia | ccn | bcc | reply-to | antwort an
répondre à | kopie (cc) | copie à | 副本抄送 | odgovori na | odpověď na | svar til
antwoord aan | vastaus | válaszcím | rispondi a | odpowiedź-do | responder a | răspuns către
ответ-кому | odpovedať-pre | svara till | yanıt adresi | кому відповісти | attachments
anlagen | anhänge | importance | priorität | ccc | ค็อปปี้ | 重要性 | 附件 | cci | copia oculta
attachment
""",
    "subject": """
subject | betreff | betr. | betr | objet | sujet | asunto | oggetto | assunto | onderwerp
ämne | emne | efni | aihe | otsikko | temat | předmět | predmet | tárgy | subiect | тема
относно | предмет | θέμα | konu | נושא | الموضوع | موضوع | 主题 | 主旨 | 主題 | 件名 | 제목
เรื่อง | หัวเรื่อง | chủ đề | tiêu đề | perihal | subjek | hal | teema | tema | temats | zadeva
naslov | assumpte | gaia | subjekt | тақырып | mövzu | subjekto | subiectul | विषय | 標題
标题 | tytuł | titel
""",
}

SENT_WORDS = """
sent from | sent via | sent with | sent using | get outlook for | outlook für | envoyé de
envoyé depuis | envoyé à partir | envoyé avec | envoyé par | envoyé via | obtenir outlook
télécharger outlook | obtenez outlook | enviado desde | enviado de | enviado con
enviado mediante | obtener outlook | descargar outlook | enviado do | enviado da
enviado a partir | enviado pelo | enviado por | enviado via | enviada do | obter o outlook
obtenha o outlook | baixar o outlook | inviato da | inviato dal | inviato con
inviato tramite | inviata da | ottieni outlook | scarica outlook | verzonden vanaf
verzonden met | verzonden via | verstuurd vanaf | verstuurd met | outlook voor | skickat från
skickat via | hämta outlook | sendt fra | sendt via | sendt med | hent outlook | få outlook
skaff outlook | skaff deg outlook | lähetetty | hanki outlook | wysłane z | wysłano z
wysłany z | pobierz outlook | pobierz program | pobierz aplikację | odesláno z | odoslané z
získejte outlook | stáhněte | získajte outlook | elküldve | az outlook | trimis de pe
trimis din | trimis de la | descărcați outlook | obțineți outlook | отправлено с
отправлено из | отправлено от | надіслано з | надіслано із | надіслано від | изпратено от
στάλθηκε από | εστάλη από | αποστολή από | נשלח מ | أُرسلت من | أرسلت من | تم الإرسال من
مرسل من | ارسال شده از | فرستاده شده از | 发自 | 發自 | 来自我的 | 来自 | 從我的 | 从我的
发送自 | 傳送自 | 获取 outlook | ส่งจาก | gửi từ | được gửi từ | dikirim dari | dihantar dari
đã gửi từ | dihantar daripada | poslano s | poslano sa | poslano z | poslano iz | poslato sa
poslato s | saadetud minu | saadetud | išsiųsta iš | nosūtīts no | enviat des de | enviat amb
enviat de
download outlook | sendt frå | sent på | послато са | gesendet von | gesendet vom
gesendet mit | gesendet über | gesendet via | geschickt von | geschickt mit | versendet mit
versendet von | sicher versendet | verschickt mit | скачать outlook | скачайте outlook
загрузить outlook | получить outlook | отримати outlook | завантажити outlook
изтеглете outlook | λήψη του outlook | αποκτήστε το outlook | 取得 outlook | 下載 outlook
下载 outlook | הורד את outlook | השג את outlook | الحصول على outlook | دریافت outlook
รับ outlook | tải outlook | dapatkan outlook | get typeapp for | get bluemail for
secured with | geschrieben mit | надіслано за | відправлено з | відправлено із
odesláno pomocí | wyslane z | stáhněte si outlook | sent on the go | yahoo mail: search
verzonden vanuit | verstuurd vanuit | verzonden door | απόκτηση του outlook
"""

SENT_ENDINGS = """
gesendet | geschickt | versendet | verschickt | gönderildi | gönderilmiştir | outlook'u edinin
outlook'u indirin | outlook’u edinin | küldve | から送信 | より送信 | にて送信
から送信されました | を入手 | をダウンロード | 에서 보냄 | 에서 전송 | 에서 보냈습니다
에서 발송 | 전송됨 | 에서 보낸 메일 | 다운로드 | 다운로드하세요 | 传送 | 傳送 | 寄出 | 发送
से भेजा गया | edinin | göndərildi | 보낸 메일입니다 | 에서 보낸 메일입니다
"""

SENT_LEADS = """
this | diese | dieses | von | vom | mit | über | via | ce | cet | cette | este | esta | questo
questa | dit | deze | detta | denne | dette | tämä | ten | ta | tato | это | цей | bu | det
den
"""

DEVICES = """
iphon | ipad | ipod | android | galaxy | samsung | huawei | honor | xiaomi | redmi | poco
oneplus | oppo | vivo | pixel | nokia | xperia | sony | motorola | htc | lg | blackberry
windows | outlook | yahoo | mail | gmail | proton | tutanota | tuta | aol | gmx | web.de
mobil | móvil | movil | celular | phone | handy | smartphone | tablet | teléfono | téléphone
telefon | telefoon | puhelin | телефон | телефона | смартфон | iphone'a | 手机 | 手機
スマート | 携帯 | 휴대 | הנייד | הטלפון | הסלולרי | جوال | هاتف | thunderbird | k-9 | spark
bluemail | orange | vodafone | apple | mac | ios | device | gerät | webmail | ноутбук
компьютер | dispositivo | appareil | telemóvel | đt | điện thoại | โทรศัพท์ | ponsel | telepon
邮箱 | 郵箱 | 메일 | メール | почты | пошти | superhuman | missive | mailspring | airmail
canary | edison | front | hey | rambler | fairemail | zoho | zimbra | roundcube | mailbird
em client | posteo | naver | kakao | 网易 | 小米 | 华为 | 荣耀 | realme | boxer | shortwave
typeapp | notes | мобильн | мобільн | устройств | пристр | nine | hushmail | mymail | κινητό
appareil mobile
"""

REPLY_ABOVE = """
reply above this line | type your reply above | write your reply above | write above this line
please reply above | reply above this | antworten sie oberhalb | oberhalb dieser linie
über dieser linie antworten | répondez au-dessus de cette ligne
répondre au-dessus de cette ligne | responda por encima de esta línea
responder por encima de esta línea | responda acima desta linha | rispondi sopra questa riga
antwoord boven deze lijn | svara ovanför denna rad
"""


def words(table: str) -> tuple[str, ...]:
    """The entries of one table, the longest first, so that a search finds the longest."""
    entries = {entry.strip() for line in table.splitlines() for entry in line.split("|")}
    return tuple(sorted(entries - {""}, key=lambda entry: (-len(entry), entry)))
