# ruff: noqa: E501
"""What customers and shops write to each other, in the languages of Latin script."""

LATIN = {
    "en": """
Emily Carter
Tom Baker
Order 48213 - desk lamp
Hello Tom,
Could you tell me when the lamp will be delivered, and whether the bulb is included?
I would also like to know if it can be dimmed with an ordinary switch, because we rent the flat.
On Monday I wrote to you about the following:
These are the things we still need:
2 desk lamps, black|1 spare bulb, 8 W|3 m of cable
The parcel came yesterday -- the box was open, but nothing is missing.
Emily Carter|14 Station Road|Leeds LS1 4DY
Many thanks and kind regards
Yes, the blue one please, that suits me well.
Please have a look at this, is our offer still good?
Thank you for your order of last week.|The lamp leaves our store on Thursday and takes two working days.|A bulb lies in the box, and you can send everything back within thirty days.
Good day, I ordered a lamp from your catalogue and have heard nothing since then.
""",
    "de": """
Katrin Schäfer
Jürgen Müller
Bestellung 48213 - Schreibtischlampe
Guten Tag Herr Müller,
können Sie mir sagen, wann die Lampe geliefert wird und ob das Leuchtmittel dabei ist?
Außerdem wüsste ich gern, ob sie sich mit einem gewöhnlichen Schalter dimmen lässt, denn wir wohnen zur Miete.
Am Montag habe ich Ihnen Folgendes geschrieben:
Diese Sachen fehlen uns noch:
2 Schreibtischlampen, schwarz|1 Ersatzbirne, 8 W|3 m Kabel
Das Paket kam gestern -- der Karton war offen, aber es fehlt nichts.
Katrin Schäfer|Bahnhofstraße 14|04109 Leipzig
Vielen Dank und freundliche Grüße
Ja bitte, die blaue, das passt mir gut.
Bitte schauen Sie sich das an, gilt unser Angebot noch?
Vielen Dank für Ihre Bestellung aus der vergangenen Woche.|Die Lampe verlässt unser Lager am Donnerstag und braucht zwei Werktage.|Eine Birne liegt im Karton, und Sie dürfen alles innerhalb von dreißig Tagen zurückschicken.
Hallo, ich habe eine Lampe aus Ihrem Katalog bestellt und seitdem nichts mehr gehört.
""",
    "fr": """
Hélène Dubois
François Léger
Commande 48213 - lampe de bureau
Bonjour Monsieur,
Pourriez-vous me dire quand la lampe sera livrée et si l'ampoule est comprise ?
J'aimerais aussi savoir si l'on peut la régler avec un interrupteur ordinaire, car nous sommes locataires.
Lundi je vous ai écrit ceci :
Voici ce qu'il nous manque encore :
2 lampes de bureau, noires|1 ampoule de rechange, 8 W|3 m de câble
Le colis est arrivé hier -- le carton était ouvert, mais rien ne manque.
Hélène Dubois|14 rue de la Gare|69002 Lyon
Merci beaucoup et bien à vous
Oui, la bleue s'il vous plaît, cela me convient très bien.
Regardez ceci s'il vous plaît, notre offre est-elle encore valable ?
Merci pour votre commande de la semaine dernière.|La lampe quitte notre entrepôt jeudi et met deux jours ouvrés.|Une ampoule se trouve dans la boîte, et vous pouvez tout nous renvoyer sous trente jours.
Bonjour, j'ai commandé une lampe dans votre catalogue et je n'ai plus de nouvelles depuis.
""",
    "es": """
Lucía Fernández
José Muñoz
Pedido 48213 - lámpara de mesa
Buenos días, José:
¿Me puede decir cuándo llegará la lámpara y si la bombilla está incluida?
También quisiera saber si se puede regular con un interruptor corriente, porque vivimos de alquiler.
El lunes le escribí lo siguiente:
Esto es lo que todavía nos falta:
2 lámparas de mesa, negras|1 bombilla de repuesto, 8 W|3 m de cable
El paquete llegó ayer -- la caja estaba abierta, pero no falta nada.
Lucía Fernández|Calle de la Estación 14|28012 Madrid
Muchas gracias y un cordial saludo
Sí, la azul por favor, me viene muy bien.
Mire esto, por favor, ¿sigue en pie nuestra oferta?
Gracias por su pedido de la semana pasada.|La lámpara sale de nuestro almacén el jueves y tarda dos días laborables.|La caja trae una bombilla, y puede devolverlo todo en un plazo de treinta días.
Hola, pedí una lámpara de su catálogo y desde entonces no he sabido nada más.
""",
    "pt_BR": """
Beatriz Gonçalves
João Araújo
Pedido 48213 - luminária de mesa
Bom dia, João,
Você pode me dizer quando a luminária será entregue e se a lâmpada está incluída?
Também gostaria de saber se ela funciona com um interruptor comum, porque moramos de aluguel.
Na segunda-feira eu escrevi o seguinte:
Isto é o que ainda nos falta:
2 luminárias de mesa, pretas|1 lâmpada reserva, 8 W|3 m de cabo
O pacote chegou ontem -- a caixa estava aberta, mas não falta nada.
Beatriz Gonçalves|Rua da Estação, 14|01310-100 São Paulo
Muito obrigada e um abraço
Sim, a azul por favor, para mim está ótimo.
Veja isto, por favor, a nossa oferta ainda vale?
Obrigado pelo seu pedido da semana passada.|A luminária sai do nosso estoque na quinta-feira e leva dois dias úteis.|Há uma lâmpada na caixa, e tudo pode ser devolvido dentro de trinta dias.
Olá, comprei uma luminária do catálogo de vocês e não recebi mais nenhuma notícia.
""",
    "it": """
Chiara Rossi
Niccolò Ferrari
Ordine 48213 - lampada da tavolo
Buongiorno Niccolò,
mi può dire quando verrà consegnata la lampada e se la lampadina è compresa?
Vorrei anche sapere se si può regolare con un interruttore normale, perché siamo in affitto.
Lunedì le ho scritto quanto segue:
Queste sono le cose che ci mancano ancora:
2 lampade da tavolo, nere|1 lampadina di ricambio, 8 W|3 m di cavo
Il pacco è arrivato ieri -- la scatola era aperta, ma non manca niente.
Chiara Rossi|Via della Stazione 14|40121 Bologna
Grazie mille e cordiali saluti
Sì, quella blu per favore, per me va benissimo.
Guardi questo per favore, la nostra offerta è ancora valida?
Grazie per il suo ordine della settimana scorsa.|La lampada parte dal nostro magazzino giovedì e impiega due giorni lavorativi.|Nella scatola si trova una lampadina, e può restituire tutto entro trenta giorni.
Salve, ho ordinato una lampada dal vostro catalogo e da allora non ho più saputo nulla.
""",
    "nl": """
Sanne de Vries
Daniël Bakker
Bestelling 48213 - bureaulamp
Dag Daniël,
Kunt u mij zeggen wanneer de lamp wordt geleverd en of de gloeilamp erbij zit?
Ook zou ik graag weten of hij met een gewone schakelaar te dimmen is, want wij huren onze woning.
Op maandag heb ik u het volgende geschreven:
Dit hebben we nog nodig:
2 bureaulampen, zwart|1 reservelamp, 8 W|3 m kabel
Het pakket kwam gisteren -- de doos was open, maar er ontbreekt niets.
Sanne de Vries|Stationsweg 14|3511 EB Utrecht
Hartelijk dank en vriendelijke groet
Ja, graag de blauwe, dat komt mij goed uit.
Wilt u hier eens naar kijken, geldt onze aanbieding nog?
Bedankt voor uw bestelling van vorige week.|De lamp verlaat ons magazijn op donderdag en doet er twee werkdagen over.|Er ligt een gloeilamp in de doos, en alles mag binnen dertig dagen terug.
Hallo, ik heb een lamp uit uw catalogus besteld en sindsdien niets meer gehoord.
""",
    "sv": """
Åsa Lindström
Björn Öberg
Beställning 48213 - skrivbordslampa
Hej Björn,
Kan du säga när lampan levereras och om glödlampan ingår?
Jag undrar också om den går att dimra med en vanlig strömbrytare, eftersom vi hyr lägenheten.
I måndags skrev jag så här till er:
Det här behöver vi fortfarande:
2 skrivbordslampor, svarta|1 reservlampa, 8 W|3 m kabel
Paketet kom i går -- kartongen var öppen, men ingenting saknas.
Åsa Lindström|Stationsgatan 14|753 40 Uppsala
Tack så mycket och vänliga hälsningar
Ja tack, den blå, det passar mig bra.
Titta gärna på det här, gäller vårt erbjudande fortfarande?
Tack för din beställning förra veckan.|Lampan lämnar vårt lager på torsdag och är framme efter två arbetsdagar.|En glödlampa ligger i kartongen, och allt går att returnera inom trettio dagar.
Hej, jag beställde en lampa ur er katalog och har inte hört något sedan dess.
""",
    "da": """
Mette Sørensen
Søren Kjær
Ordre 48213 - skrivebordslampe
Hej Søren,
Kan du fortælle mig, hvornår lampen bliver leveret, og om pæren er med?
Jeg vil også gerne vide, om den kan dæmpes med en almindelig kontakt, for vi bor til leje.
I mandags skrev jeg følgende til jer:
Det her mangler vi stadig:
2 skrivebordslamper, sorte|1 ekstra pære, 8 W|3 m kabel
Pakken kom i går -- kassen var åben, men der mangler ikke noget.
Mette Sørensen|Stationsvej 14|8000 Aarhus C
Mange tak og venlig hilsen
Ja tak, den blå, det passer mig fint.
Kig lige på det her, gælder vores tilbud stadig?
Tak for din bestilling i sidste uge.|Lampen forlader vores lager på torsdag og er to hverdage undervejs.|Der ligger en pære i kassen, og alt kan sendes retur inden for tredive dage.
Hej, jeg bestilte en lampe i jeres katalog og har ikke hørt noget siden.
""",
    "nb": """
Ingrid Ødegård
Håkon Bjørnstad
Bestilling 48213 - skrivebordslampe
Hei Håkon,
Kan du si meg når lampen blir levert, og om lyspæren følger med?
Jeg lurer også på om den kan dimmes med en vanlig bryter, for vi leier leiligheten.
På mandag skrev jeg følgende til dere:
Dette trenger vi fortsatt:
2 skrivebordslamper, svarte|1 ekstra lyspære, 8 W|3 m kabel
Pakken kom i går -- esken var åpen, men ingenting mangler.
Ingrid Ødegård|Stasjonsveien 14|5015 Bergen
Tusen takk og vennlig hilsen
Ja takk, den blå, det passer meg fint.
Se på dette er du snill, gjelder tilbudet vårt ennå?
Takk for bestillingen din forrige uke.|Lampen går fra lageret vårt på torsdag og bruker to virkedager.|Det ligger en lyspære i esken, og alt kan sendes i retur innen tretti dager.
Hei, jeg bestilte en lampe fra katalogen deres og har ikke hørt noe siden.
""",
    "fi": """
Päivi Mäkinen
Jyrki Hämäläinen
Tilaus 48213 - pöytälamppu
Hei Jyrki,
Voisitteko kertoa, milloin lamppu toimitetaan ja kuuluuko polttimo mukaan?
Haluaisin myös tietää, voiko sitä himmentää tavallisella katkaisimella, sillä asumme vuokralla.
Maanantaina kirjoitin teille näin:
Näitä tarvitsemme vielä:
2 pöytälamppua, mustia|1 varapolttimo, 8 W|3 m johtoa
Paketti tuli eilen -- laatikko oli auki, mutta mitään ei puutu.
Päivi Mäkinen|Asemakatu 14|33100 Tampere
Paljon kiitoksia ja ystävällisin terveisin
Kyllä, sininen kiitos, se sopii minulle hyvin.
Katsoisitteko tätä, onko tarjouksemme vielä voimassa?
Kiitos viime viikon tilauksestanne.|Lamppu lähtee varastostamme torstaina ja on perillä kahdessa arkipäivässä.|Laatikossa on polttimo, ja kaiken voi palauttaa kolmenkymmenen päivän kuluessa.
Hei, tilasin lampun luettelostanne enkä ole sen jälkeen kuullut mitään.
""",
    "pl": """
Małgorzata Wójcik
Łukasz Dąbrowski
Zamówienie 48213 - lampka biurkowa
Dzień dobry,
Czy może mi Pan powiedzieć, kiedy lampka zostanie dostarczona i czy żarówka jest w komplecie?
Chciałabym też wiedzieć, czy można ją ściemniać zwykłym włącznikiem, bo mieszkanie wynajmujemy.
W poniedziałek napisałam do Państwa tak:
Tego jeszcze nam brakuje:
2 lampki biurkowe, czarne|1 zapasowa żarówka, 8 W|3 m kabla
Paczka przyszła wczoraj -- karton był otwarty, ale niczego nie brakuje.
Małgorzata Wójcik|ul. Dworcowa 14|61-801 Poznań
Bardzo dziękuję i pozdrawiam
Tak, poproszę niebieską, bardzo mi to odpowiada.
Proszę na to spojrzeć, czy nasza oferta jest jeszcze aktualna?
Dziękujemy za zamówienie z zeszłego tygodnia.|Lampka opuści nasz magazyn w czwartek i będzie w drodze dwa dni robocze.|W pudełku leży żarówka, a wszystko można zwrócić w ciągu trzydziestu dni.
Witam, kupiłam lampkę z Państwa katalogu i od tamtej pory nie mam żadnych wiadomości.
""",
    "cs": """
Kateřina Dvořáková
Jiří Černý
Objednávka 48213 - stolní lampa
Dobrý den, pane Černý,
můžete mi říct, kdy lampu doručíte a jestli je součástí i žárovka?
Také bych ráda věděla, zda ji lze stmívat obyčejným vypínačem, protože byt máme v nájmu.
V pondělí jsem vám napsala toto:
Tohle ještě potřebujeme:
2 stolní lampy, černé|1 náhradní žárovka, 8 W|3 m kabelu
Balík přišel včera -- krabice byla otevřená, ale nic nechybí.
Kateřina Dvořáková|Nádražní 14|602 00 Brno
Mnohokrát děkuji a srdečně zdravím
Ano, prosím tu modrou, to mi vyhovuje.
Podívejte se prosím na tohle, platí ještě naše nabídka?
Děkujeme za vaši objednávku z minulého týdne.|Lampa opustí náš sklad ve čtvrtek a cesta trvá dva pracovní dny.|V krabici najdete žárovku a vše můžete do třiceti dnů vrátit.
Zdravím, koupila jsem si lampu z vašeho katalogu a od té doby jsem nic neslyšela.
""",
    "hu": """
Zsófia Kovács
Gergő Szűcs
48213. rendelés - asztali lámpa
Kedves Gergő!
Meg tudná mondani, mikor szállítják ki a lámpát, és jár-e hozzá izzó?
Azt is szeretném tudni, hogy lehet-e közönséges kapcsolóval szabályozni, mert bérelt lakásban élünk.
Hétfőn a következőt írtam Önöknek:
Ezekre van még szükségünk:
2 asztali lámpa, fekete|1 tartalék izzó, 8 W|3 m kábel
A csomag tegnap megjött -- a doboz nyitva volt, de semmi sem hiányzik.
Kovács Zsófia|Állomás utca 14.|6720 Szeged
Köszönöm szépen, üdvözlettel
Igen, a kéket kérem, az nekem nagyon megfelel.
Kérem, nézze meg ezt, érvényes még az ajánlatunk?
Köszönjük a múlt heti megrendelését.|A lámpa csütörtökön hagyja el raktárunkat, és két munkanap alatt ér oda.|A dobozban talál egy izzót, és harminc napon belül mindent visszaküldhet.
Jó napot, vettem egy lámpát a katalógusukból, és azóta semmit sem hallottam.
""",
    "ro": """
Ioana Țăranu
Ștefan Brânză
Comanda 48213 - lampă de birou
Bună ziua, domnule Brânză,
Îmi puteți spune când va fi livrată lampa și dacă becul este inclus?
Aș mai vrea să știu dacă se poate regla cu un întrerupător obișnuit, pentru că stăm cu chirie.
Luni v-am scris următoarele:
Acestea ne mai lipsesc:
2 lămpi de birou, negre|1 bec de rezervă, 8 W|3 m de cablu
Coletul a venit ieri -- cutia era deschisă, dar nu lipsește nimic.
Ioana Țăranu|Strada Gării 14|400267 Cluj-Napoca
Mulțumesc mult, cu stimă
Da, pe cea albastră vă rog, îmi convine foarte bine.
Vă rog să vă uitați la asta, oferta noastră mai este valabilă?
Vă mulțumim pentru comanda de săptămâna trecută.|Lampa pleacă din depozitul nostru joi și ajunge în două zile lucrătoare.|În cutie se află un bec, iar totul se poate returna în treizeci de zile.
Salut, am cumpărat o lampă din catalogul dumneavoastră și de atunci nu am mai aflat nimic.
""",
    "tr": """
Ayşe Yıldız
Çağlar Öztürk
48213 numaralı sipariş - masa lambası
Merhaba Çağlar Bey,
Lambanın ne zaman teslim edileceğini ve ampulün dahil olup olmadığını söyler misiniz?
Ayrıca sıradan bir anahtarla kısılıp kısılamadığını da öğrenmek isterim, çünkü kirada oturuyoruz.
Pazartesi günü size şunu yazdım:
Hâlâ ihtiyacımız olanlar şunlar:
2 masa lambası, siyah|1 yedek ampul, 8 W|3 m kablo
Paket dün geldi -- kutu açıktı ama hiçbir şey eksik değil.
Ayşe Yıldız|İstasyon Caddesi 14|35220 İzmir
Çok teşekkürler, iyi çalışmalar
Evet, mavi olanı lütfen, bana çok uygun.
Şuna bir bakar mısınız, teklifimiz hâlâ geçerli mi?
Geçen haftaki siparişiniz için teşekkür ederiz.|Lamba perşembe günü depomuzdan çıkıyor ve iki iş günü sürüyor.|Kutunun içinde bir ampul var, her şeyi otuz gün içinde geri gönderebilirsiniz.
İyi günler, kataloğunuzdan bir lamba aldım ve o günden beri hiç haber alamadım.
""",
    "vi": """
Nguyễn Thị Hương
Trần Văn Đức
Đơn hàng 48213 - đèn bàn
Chào anh Đức,
Anh cho tôi hỏi bao giờ đèn được giao và có kèm theo bóng đèn không?
Tôi cũng muốn biết có thể chỉnh độ sáng bằng công tắc thường không, vì chúng tôi ở nhà thuê.
Hôm thứ Hai tôi đã viết cho anh như sau:
Đây là những thứ chúng tôi còn thiếu:
2 đèn bàn, màu đen|1 bóng đèn dự phòng, 8 W|3 m dây điện
Gói hàng đến hôm qua -- hộp bị mở nhưng không thiếu gì.
Nguyễn Thị Hương|14 đường Ga|Quận 3, Thành phố Hồ Chí Minh
Cảm ơn anh nhiều, thân chào
Vâng, cho tôi cái màu xanh, như vậy rất hợp.
Anh xem giúp tôi cái này, ưu đãi của mình còn hiệu lực không?
Cảm ơn chị đã đặt hàng tuần trước.|Chiếc đèn rời kho của chúng tôi vào thứ Năm và đi mất hai ngày làm việc.|Trong hộp đã có một bóng, và chị được trả lại mọi thứ trong vòng ba mươi ngày.
Xin chào, tôi mua một chiếc đèn trong danh mục của quý vị và từ đó chưa nghe tin gì.
""",
    "id": """
Siti Rahmawati
Budi Santoso
Pesanan 48213 - lampu meja
Halo Pak Budi,
Bisakah Bapak memberi tahu kapan lampunya diantar dan apakah bohlamnya sudah termasuk?
Saya juga ingin tahu apakah lampu itu bisa diredupkan dengan sakelar biasa, karena kami mengontrak.
Hari Senin saya menulis begini kepada Bapak:
Ini yang masih kami perlukan:
2 lampu meja, hitam|1 bohlam cadangan, 8 W|3 m kabel
Paketnya datang kemarin -- kotaknya terbuka, tetapi tidak ada yang hilang.
Siti Rahmawati|Jalan Stasiun No. 14|Bandung 40181
Terima kasih banyak dan salam hangat
Ya, yang biru saja, itu cocok buat saya.
Tolong lihat ini, apakah penawaran kita masih berlaku?
Terima kasih atas pesanan Ibu minggu lalu.|Lampu keluar dari gudang kami hari Kamis dan sampai dalam dua hari kerja.|Di dalam kotak ada sebuah bohlam, dan semuanya boleh dikembalikan dalam tiga puluh hari.
Selamat siang, saya membeli lampu dari katalog toko ini dan sejak itu belum ada kabar.
""",
}
