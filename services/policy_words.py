"""The words by which automatic mail gives itself away where no header does. Data only.

A subject alone is never enough: the rules ask for one more sign.
"""

import re

_AUTOMATIC_SUBJECTS = """
automatic reply | auto reply | auto-reply | autoreply | automatic response | auto response
auto-response | autoresponse | automated reply | automated response | out of office
out-of-office | out of the office | out of office autoreply | out of office reply | ooo
out of my office | i'm out of office | i'm out of the office | i am out of office | vacation
on vacation | away from my mail | i am out of the office | automatische antwort | autom. antwort
ich bin nicht im büro | nicht im büro | abwesenheitsnotiz | abwesenheit | abwesend
abwesenheitsmeldung | abwesenheitsbenachrichtigung | automatische abwesenheitsnotiz
réponse automatique | reponse automatique | message d'absence | notification d'absence
absence du bureau | absent du bureau | absent | absence | respuesta automática
respuesta automatica | fuera de la oficina | fuera de oficina | ausente | mensaje de ausencia
risposta automatica | fuori sede | fuori ufficio | assente | resposta automática
resposta automatica | fora do escritório | ausência | ausência temporária
ausência do escritório | automatisch antwoord | automatisch antwoorden
automatische beantwoording | afwezig | afwezigheidsbericht | niet aanwezig | autosvar
automatiskt svar | frånvarande | frånvaro | automatisk svar | fraværende | fravær
ikke til stede | fraværsmelding | frånvaromeddelande | automaattinen vastaus | poissa
poissaoloviesti | automaatvastus | automatinis atsakymas | automātiska atbilde
automātiskā atbilde | autoodpowiedź | odpowiedź automatyczna | automatyczna odpowiedź
poza biurem | nieobecność | automatická odpověď | mimo kancelář | automatická odpoveď
mimo kancelárie | automatikus válasz | automatikus válaszlevél | házon kívül | távolléti üzenet
távollét | răspuns automat | raspuns automat | автоматический ответ | автоответ | нет на месте
нет на работе | отсутствие на рабочем месте | автоматична відповідь | автовідповідь
немає на роботі | автоматичен отговор | извън офиса | αυτόματη απάντηση | εκτός γραφείου
otomatik yanıt | otomatik cevap | ofis dışında | iş dışında | תשובה אוטומטית | תגובה אוטומטית
מענה אוטומטי | מחוץ למשרד | رد تلقائي | الرد التلقائي | خارج المكتب | پاسخ خودکار | 自动答复
自动回复 | 自動回覆 | 自動回應 | 自動答覆 | 外出 | 不在办公室 | 自動応答 | 自動返信 | 自動返答
不在通知 | 不在連絡 | 不在のお知らせ | 자동 회신 | 자동회신 | 자동 응답 | 자동응답 | 부재 중
부재중 | 부재중 자동 응답 | 부재중 자동응답 | ตอบกลับอัตโนมัติ | การตอบกลับอัตโนมัติ
trả lời tự động | thư trả lời tự động | phản hồi tự động | balasan otomatis | jawaban otomatis
tanggapan otomatis | balasan automatik | jawapan automatik | automatski odgovor
automatsko odgovaranje | samodejni odgovor | samodejen odgovor | odsoten | аутоматски одговор
resposta automàtica | fora de l'oficina | erantzun automatikoa | sjálfvirkt svar
përgjigje automatike | स्वचालित उत्तर | вне офиса | 外出自动回复 | 出差自动回复
"""

_BOUNCE_SUBJECTS = """
undelivered mail returned to sender | delivery status notification | mail delivery failed
mail delivery failure | mail delivery subsystem | failure notice | undeliverable
undeliverable mail | undeliverable message | undelivered mail | returned mail
returned to sender | delivery failure | delivery failed | delivery notification | delayed mail
warning: could not send message | mail system error | message delivery failure
delivery problem | delivery report | non remis | non distribuable | échec de la remise
unzustellbar | unzustellbare | nicht zustellbar | mail konnte nicht | no se puede entregar
no entregado | devuelto | impossibile recapitare | recapito non riuscito | mancato recapito
não é possível entregar | não entregue | onbestelbaar | kan inte levereras | olevererbart
kan ikke leveres | niedostarczone | nedoručitelné | kézbesíthetetlen | не удалось доставить
недоставлено | недоставленное сообщение | 无法传递 | 退信 | 系统退信 | 傳遞失敗 | 配信不能
배달되지 않음 | 配信エラー
"""

_ABSENCE = r"""
out of (?:the |my )?office
(?:on|auf) (?:annual |parental |maternity |paternity |sick )?(?:leave|vacation|holidays?)\b
away from (?:my|the) (?:desk|office|e?-?mail) | limited access to (?:my )?e-?mails?
will (?:be back|return) (?:on|in) | currently (?:away|unavailable|out)
i(?:'m| am) (?:away|out) (?:until|from|of)
nicht im (?:büro|haus) | außer haus | ausser haus | im urlaub | abwesend | nicht erreichbar
wieder erreichbar | in elternzeit | en congés?
absente? (?:du|jusqu) | de retour le | fuera de la oficina | de vacaciones
estaré ausente | estoy ausente | fuori (?:ufficio|sede) | in ferie
sono assente | sarò assente | fora do escritório | de férias | estarei ausente | estou ausente
afwezig | niet op kantoor | met vakantie | op vakantie | buiten kantoor | frånvarande
på semester | inte på kontoret | tillbaka den | fraværende | på ferie | ikke på kontoret
ikke til stede | ute av kontoret | ude af kontoret | poissa | lomalla | poza biurem | nieobecn
na urlopie | mimo kancelář | mimo kancelári | na dovolen | nepřítom | házon kívül | szabadságon
távol | în concediu | in concediu | în afara biroului | в отпуске | отсутств | у відпустці
відсутн | в отпуск | извън офиса | εκτός γραφείου | σε άδεια | απουσι | ofis dışında | izinde
tatilde | מחוץ למשרד | בחופשה | אינני במשרד | خارج المكتب | في إجازة | مرخصی | 不在办公室 | 休假
出差 | 无法及时 | 外出 | 不在 | 休暇 | 出張 | 부재 | 휴가 | 출장 | ไม่อยู่ | ลาพัก | ลาพักร้อน
vắng mặt | nghỉ phép | di luar kantor | sedang cuti | bercuti | izvan ureda | na godišnjem
na dopustu | odsoten | van kancelarije | kontoris ei | puhkusel | atostog | atvaļinājum
"""

_FAILED = r"""
could ?n[o']t be delivered | could not be delivered | cannot be delivered | was not delivered
(?:not|un)deliver(?:ed|able) | permanent (?:fatal )?(?:error|failure) | delivery (?:has )?failed
delivery to the following | mail system at host | qmail-send program
mailbox (?:is )?(?:full|unavailable) | user unknown | unknown user
address (?:not found|rejected) | over quota | 5\d\d[ -]5\.\d\.\d
recipient(?:'s)? (?:address|mailbox|not found|rejected) | diagnostic[- ]code | nicht zugestellt
zustellung .{0,60}fehlgeschlagen | n'a pas pu être (?:remis|distribué|livré)
no se pudo entregar | no se ha podido entregar
non è stato (?:possibile )?(?:recapitat|consegn) | não (?:pôde|foi) .{0,20}entreg
niet (?:worden )?(?:bezorgd|afgeleverd) | не (?:было |удалось )?доставлен
无法(?:送达|投递|传递) | 配信できません
"""

_THANKS = """
thanks | thank | you | so | very | much | many | a | lot | again | ok | okay | great | perfect
cheers | ta | thx | ty | got | it | received | noted | regards | best | kind | bye | super | nice
cool | alright | danke | dir | dank | vielen | herzlichen | schön | sehr | alles | klar | besten
lieben | grüße | gruß | lg | mfg | prima | merci | beaucoup | bien | reçu | cordialement
gracias | muchas | mil | saludos | recibido | perfecto | grazie | mille | molte | saluti
ricevuto | perfetto | tante | obrigado | obrigada | muito | recebido | perfeito | je | u | wel
bedankt | hartelijk | groeten | tack | så | mycket | hälsningar | takk | tak | mange | hilsen
kiitos | paljon | kiitoksia | dziękuję | dzięki | bardzo | pozdrawiam | děkuji | díky | moc
ďakujem | köszönöm | köszi | szépen | mulțumesc | multumesc | mult | спасибо | большое
благодарю | дякую | дуже | благодаря | хвала | hvala | lijepa | najlepša | ευχαριστώ | πολύ
teşekkürler | teşekkür | ederim | çok | sağol | תודה | רבה | شكرا | شكراً | جزيلا | متشکرم
ممنون | 谢谢 | 謝謝 | 多谢 | 非常感谢 | 感谢 | 收到 | 好的 | ありがとう | ございます
ありがとうございます | ありがとうございました | 了解しました | 감사합니다 | 고맙습니다 | ขอบคุณ
ครับ | ค่ะ | cảm | ơn | bạn | terima | kasih | banyak | aitäh | ačiū | paldies | gràcies
eskerrik | asko | for | your | the | all | help | reply | answer | response | quick | fast
prompt | speedy | information | info | support | assistance | time | und | für | die | das | ihre
deine | eure | schnelle | rasche | hilfe | antwort | rückmeldung | auskunft | mühe | pour | votre
ta | réponse | aide | rapide | por | su | tu | la | ayuda | respuesta | rápida | per | il | suo
tuo | aiuto | risposta | pela | sua | ajuda | resposta | voor | uw | hulp | antwoord | snelle
reactie | för | hjälpen | svaret | snabba | hjelpen | hjælpen | svar | raske | za | pomoc
odpowiedź | odpověď | за | помощь | ответ | быстрый | yardımınız | için
"""
_BARELY_THANKS = """
thank | thanks | cheers | ta | thx | ty | danke | dank | merci | gracias | grazie | obrigado
obrigada | bedankt | tack | takk | tak | kiitos | kiitoksia | dziękuję | dzięki | děkuji | díky
ďakujem | köszönöm | köszi | mulțumesc | multumesc | спасибо | благодарю | дякую | благодаря
хвала | hvala | ευχαριστώ | teşekkürler | teşekkür | sağol | תודה | شكرا | شكراً | متشکرم
ممنون | 谢谢 | 謝謝 | 多谢 | 非常感谢 | 感谢 | ありがとう | ありがとうございます
ありがとうございました | 감사합니다 | 고맙습니다 | ขอบคุณ | cảm | terima | aitäh | ačiū
paldies | gràcies | eskerrik
"""
_CLOSINGS = """
best | all best | all the best | best regards | best wishes | kind regards | kindest regards
many regards | warm regards | regards | with best regards | with kind regards
sincerely | sincerely yours | yours | yours sincerely | yours faithfully | yours truly | cheers
mit freundlichen grüßen | mit freundlichem gruß | mit besten grüßen | freundliche grüße
viele grüße | liebe grüße | beste grüße | schöne grüße | herzliche grüße | gruß | grüße | lg
mfg | vg | cordialement | bien cordialement | très cordialement | bien à vous | amicalement
saludos | un saludo | saludos cordiales | atentamente | un cordial saludo | saluti
cordiali saluti | distinti saluti | un saluto | atenciosamente | cumprimentos
com os melhores cumprimentos | abraço | met vriendelijke groet | vriendelijke groet
vriendelijke groeten | groet | groeten | mvg | hälsningar | vänliga hälsningar
med vänlig hälsning | med vänliga hälsningar | mvh | hilsen | vennlig hilsen | med vennlig hilsen
venlig hilsen | med venlig hilsen | terveisin | ystävällisin terveisin | pozdrawiam
z poważaniem | s pozdravem | s pozdravom | üdvözlettel | cu stimă | cu respect | lep pozdrav
srdačan pozdrav | с уважением | з повагою | с наилучшими пожеланиями | με εκτίμηση | saygılarımla
iyi çalışmalar | בברכה | مع التحية | تحياتي | با احترام | 此致 | 敬礼 | 敬具  | trân trọng
"""
_IN_BROWSER = r"""
(?:view|read|see|open) (?:(?:this|it|the|e-?mail|message|newsletter|mail) ){0,3}online
(?:view|read|see|open) (?:(?:this|it|e-?mail|message) ){0,2}in (?:(?:your|a|the) )?(?:web ?)?browser
(?:(?:diesen?|den|die|newsletter|e-?mail|nachricht) ){0,3}(?:im browser|online) (?:ansehen|anzeigen)
(?:(?:diesen?|den|die|newsletter|e-?mail|nachricht) ){0,3}(?:im browser|online) (?:öffnen|lesen)
(?:voir|afficher|consulter) .{0,30}(?:navigateur|en ligne) | ver .{0,30}navegador
(?:visualizza|vedi|apri) .{0,30}browser | visualizar .{0,30}navegador | bekijk .{0,30}browser
(?:visa|se) .{0,30}webbläsare | (?:zobacz|wyświetl|otwórz) .{0,30}przeglądar
"""


def _entries(table: str) -> tuple[str, ...]:
    entries = {entry.strip() for line in table.splitlines() for entry in line.split(" | ")}
    return tuple(sorted(entries - {""}, key=lambda entry: (-len(entry), entry)))


def _any(table: str) -> str:
    return "|".join(re.escape(entry) for entry in _entries(table))


def _pattern(table: str) -> re.Pattern[str]:
    return re.compile("|".join(_entries(table)), re.IGNORECASE)


AUTOMATIC_SUBJECT = re.compile(
    rf"(?:\[[^\[\]]{{1,40}}\]\s?){{0,3}}\W{{0,3}}(?:{_any(_AUTOMATIC_SUBJECTS)})"
    r"(?:\W{0,2}(?:\s?[:：]|\s[-–—]\s|$)|[\])】」]|\s(?:re|aw|sv|fw|fwd|wg|tr|rv)\s?[:：])",
    re.IGNORECASE,
)
BARE_AUTO = re.compile(r"\s*auto\s?[:：]", re.IGNORECASE)
BOUNCE_SUBJECT = re.compile(rf"\W{{0,3}}(?:{_any(_BOUNCE_SUBJECTS)})(?!\w)", re.IGNORECASE)
DMARC_SUBJECT = re.compile(r"\s*(?:\[[^\]]{0,80}\]\s*)?report domain:\s*\S+", re.IGNORECASE)
ABSENCE = _pattern(_ABSENCE)
FAILED = _pattern(_FAILED)
IN_BROWSER = re.compile(
    rf"^(?:[^\n]{{0,60}}[?:,])?[^\w\n]{{0,10}}(?:{'|'.join(_entries(_IN_BROWSER))})[^\n]{{0,20}}$",
    re.IGNORECASE | re.MULTILINE,
)
"""On a line of its own, as newsletters have it."""
REPORT_FILE = re.compile(
    r"[^!\s]{1,255}![^!\s]{1,255}!\d{6,12}!\d{6,12}(?:![^!\s]{1,99})?\.\w[\w.]{1,9}"
)
"""Of aggregate reports: who reports, on whom, from when to when."""
CLOSINGS = frozenset(map(str.casefold, _entries(_CLOSINGS)))
THANKS = frozenset(map(str.casefold, _entries(_THANKS)))
BARELY_THANKS = frozenset(map(str.casefold, _entries(_BARELY_THANKS)))
QUESTION = re.compile(r"[?？؟՞\u037e]|(?<=[\u0370-\u03ff]);")
"""Greek asks with a semicolon, which keyboards write as the ordinary one."""
