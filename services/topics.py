"""The matters that a person deals with, and the phrases that give them away. Data only."""

from core.records import Value


class Topic(Value):
    """A matter for a person, and the phrases that give it away in three languages."""

    rule: str
    words: str
    phrases: str
    """Separated by commas; see `services.words.phrases` for `*` and `~`."""


INJECTION = "T1"

TOPICS = (
    Topic(
        rule=INJECTION,
        words="It looks like an attempt to instruct the machine. Read it before you answer.",
        phrases="""
            ignore ~ instruction*, ignore ~ rules, ignore ~ prompt*, ignore everything,
            ignore ~ above, ignore ~ previous, disregard ~ instruction*, disregard ~ rules,
            disregard ~ above, disregard ~ previous, disregard ~ prompt*, forget ~ instruction*,
            forget ~ rules, forget everything, override ~ instruction*, override ~ rules,
            bypass ~ instruction*, bypass ~ rules, new instructions, system prompt*,
            system message, system instruction*, developer mode, developer message, jailbreak*,
            prompt injection, you are now, you are an ai, you are a language model,
            as an ai, language model, pretend to be, pretend you, act as if, act as a,
            act as an,
            role play, roleplay, from now on you, your instructions, your prompt, your rules,
            repeat ~ above, print ~ instructions, reveal ~ instructions, reveal ~ prompt,
            customer list*, list of ~ customer*, customer data*, customer record*,
            other customer*,
            all customer*, client list*, list of ~ client*, customer emails, mailing list,
            user list, list of ~ users, database, password*, passphrase*, api key*, secret key*,
            access token*, credentials, confidential, internal information, exfiltrat*,
            ignoriere*, missachte*, vergiss ~ anweisung*, vergiss alles, vergiss ~ regeln,
            ignorier ~ anweisung*, neue anweisung*, deine anweisung*, ihre anweisung*,
            systemprompt*, system prompt*, sprachmodell*, du bist jetzt, du bist nun,
            sie sind jetzt ein*, tu so als, kundenliste*, liste ~ kunden*, kundendaten*,
            andere* kunden, alle* kunden, passwort*, passworter*, kennwort*, zugangsdaten*,
            api schlussel*, vertraulich*,
            ignore* ~ instruction*, ignore* ~ consigne*, oublie* ~ instruction*,
            oublie* ~ consigne*, oublie* tout, ne tiens pas compte, ne tenez pas compte,
            nouvelles instructions, nouvelles consignes, vos instructions, tes instructions,
            invite systeme, message systeme, modele de langage, tu es maintenant,
            vous etes maintenant, fais comme si, faites comme si, liste* ~ client*,
            donnees ~ clients, fichier ~ clients, autres clients, tous les clients,
            mot* de passe, cle api, cles api, identifiants, confidentiel*
        """,
    ),
    Topic(
        rule="T2",
        words="It sounds like a complaint or a defect.",
        phrases="""
            broke, broken, breaks off, broke off, defect*, faulty, damage*, torn, ripped,
            cracked,
            snapped, leaks, leaking, leaked, does not work, doesn t work, doesnt work,
            not working,
            stopped working, didn t work, did not work, wrong item*, wrong size, wrong product,
            wrong color, wrong colour, missing part*, parts missing, is missing, are missing,
            fell apart, falls apart, came apart, poor quality, bad quality, complain*,
            disappoint*, unacceptable, unhappy, dissatisfied, not satisfied, not happy,
            angry, furious, outrag*, disgust*, ridiculous, terrible, horrible, awful, worst,
            rip off, ripoff, scam*, fraud*, cheated, shame on, fed up, bad review,
            negative review,
            injur*, accident*, dangerous, caught fire, got hurt, hurt myself, unsafe, recall*,
            *kaputt*, *defekt*, gebrochen*, zerbrochen*, abgebrochen*, *gerissen*, undicht*,
            beschadig*, funktioniert nicht, geht nicht, lasst sich nicht, *mangel*, mangelhaft*,
            fehlt, fehlen, falsche* artikel, falsche* grosse, falsche* ware, falsch geliefert,
            *reklam*, *beschwer*, enttausch*, unzufrieden*, verarger*, argerlich*, wutend*,
            unverschamt*, frechheit*, skandal*, inakzeptabel*, unmoglich*, schlechte qualitat,
            betrug*, betrog*, abzocke*, verletzt*, verletzung*, unfall*, gefahrlich*,
            casse, cassee, casses, cassees, brise*, abime*, dechir*, defectueu*, defaut*,
            endommage*, fuit, ne fonctionne pas, ne marche pas, fonctionne plus, marche plus,
            manque, manquant*, mauvais article, mauvaise taille, erreur de, reclam*, plainte*,
            plaindre, decu*, deception, mecontent*, inadmissible*, inacceptable*, scandal*,
            en colere, furieu*, honte*, honteux, arnaque*, escroc*, mauvaise qualite, blesse*,
            accident*, dangereu*
        """,
    ),
    Topic(
        rule="T3",
        words="It is about a return, a refund, an exchange or a warranty.",
        phrases="""
            refund*, reimburs*, money back, return*, send it back, send them back,
            sending it back,
            take it back, exchange*, replace*, replacement*, warrant*, guarantee*, repair*,
            compensat*, chargeback*, store credit,
            *ruckgabe*, *zuruckgeben*, *zuruckschick*, zuruckgeschickt*, *zurucksend*,
            *rucksend*,
            *ruckerstatt*, *erstattung*, erstatten*, geld zuruck, *umtausch*, umzutauschen,
            *garantie*, *gewahrleistung*, *widerruf*, *reparatur*, *reparier*, ersetz*,
            ersatzlieferung*,
            *entschadig*, *schadenersatz*,
            rembours*, retour*, renvoy*, renvoi*, echang*, remplac*, garanti*, reparation*,
            reparer*, dedommag*, indemnis*, retract*
        """,
    ),
    Topic(
        rule="T4",
        words="It is about an order, a delivery or a cancellation.",
        phrases="""
            cancel*, my order, our order, the order i, order number, order no, order status,
            status of ~ order, order ~ status, have ordered, i ordered, we ordered, i bought,
            we bought, i purchased, i received, we received, my purchase, my package, my parcel,
            my delivery, my shipment, my item*, tracking, track my, not arrived,
            hasn t arrived, hasnt arrived,
            never arrived, didn t arrive, did not arrive, still waiting, not received,
            never received, haven t received, late delivery, delayed, where is my, where s my,
            when will my, when will it arrive, when will it be delivered, delivery time*,
            delivery date*, shipping time*, shipping cost*, shipping fee*, delivery cost*,
            postage, customs, change ~ address, shipping address, delivery address,
            unsubscribe*,
            opening hours, opening time*, are you open, you open on, phone number, call me,
            appointment,
            *stornier*, *storno*, *kundig*, meine* bestell*, unsere* bestell*, bestellnummer*,
            bestellstatus*, auftragsnummer*, habe ~ bestellt, haben ~ bestellt, habe ~ gekauft,
            haben ~ gekauft, habe ~ erhalten, haben ~ erhalten, mein* paket*, *sendungsnummer*,
            *sendungsverfolg*, nicht angekommen, nicht erhalten, noch nicht da, wo bleibt,
            wo ist mein*, wann kommt, wann wird ~ geliefert, lieferzeit*, liefertermin*,
            lieferadresse*, lieferkosten, versandkosten, porto, zollgebuhr*, verzoll*,
            warte noch, abbestell*,
            offnungszeit*, haben sie ~ geoffnet, telefonnummer*, rufen sie, ruckruf*,
            annul*, ma commande, mes commandes, notre commande, numero de commande,
            statut ~ commande, suivi, j ai commande, avons commande, j ai achete, avons achete,
            j ai recu, avons recu, mon colis, ma livraison, pas arrive*, pas recu*,
            jamais recu*,
            toujours pas, ou est ma, ou est mon, quand arrive*, quand sera*, delai*,
            frais de port, frais de livraison, adresse de livraison, desabonn*, desinscri*,
            horaire*, heures d ouverture, rappelez, numero de telephone, douane*
        """,
    ),
    Topic(
        rule="T5",
        words="It is about money: a payment, an invoice, a discount or a special price.",
        phrases="""
            payment*, paid, pay with, pay by, paypal, credit card*, debit card*, bank transfer*,
            bank account*, bank detail*, iban, invoice*, receipt*, a bill, the bill, my bill,
            billing, billed, charged,
            overcharg*, charge me, vat, tax, taxes, discount*, coupon*, voucher*, promo*,
            rebate*,
            reduction*, cheaper price, better price, best price, lower price, price match*,
            special offer*, special price*, gift card*, wholesale, bulk, reseller*, quote,
            quotation, instalment*, installment*, for free,
            *zahlung*, bezahlt*, *rechnung*, *mahnung*, *uberweisung*, kreditkarte*,
            lastschrift*,
            bankverbindung*, abgebucht*, abbuchung*, mehrwertsteuer, mwst, *rabatt*,
            *gutschein*,
            *nachlass*, preisnachlass*, skonto, gunstiger*, mengenpreis*, sonderpreis*,
            *angebot erstellen, kostenvoranschlag*, ratenzahlung*, grosshandel*, wiederverkauf*,
            kostenlos*, gratis,
            paiement*, payer, paye, payee, facture*, virement*, carte bancaire, carte de credit,
            cheque*, preleve*, debite*, tva, remise*, rabais, bon de reduction, code promo*,
            bon d achat, devis, moins cher, prix de gros, revendeur*, gratuit*, carte cadeau
        """,
    ),
    Topic(
        rule="T6",
        words="It is a legal matter, or it is about personal data.",
        phrases="""
            legal*, lawyer*, attorney*, solicitor*, lawsuit*, sue you, suing, in court,
            to court, law suit,
            take action, consumer protection, ombudsman, police, authorities, cease and desist,
            copyright*, trademark*, gdpr, data protection, personal data, privacy, my data,
            delete my, right to be forgotten, subject access, journalist*, press inquiry,
            *anwalt*, *rechtlich*, klage*, verklag*, gericht, gerichtlich*, *strafanzeig*,
            anzeige erstatten, polizei*, verbraucherschutz*, verbraucherzentrale*, abmahn*,
            *datenschutz*, dsgvo, personenbezogen*, meine daten, auskunft nach, daten loschen,
            impressum,
            avocat*, juridique*, tribunal*, justice, poursuit*, mise en demeure, porter plainte,
            police, dgccrf, ufc que choisir, consommateurs, rgpd, donnees personnelles,
            mes donnees,
            vie privee, droit a l oubli, cnil
        """,
    ),
    Topic(
        rule="T7",
        words="The sender asks for a person.",
        phrases="""
            real person, human being, a human, speak to, speak with, talk to, talk with,
            manager,
            supervisor, customer service, urgent*, asap, emergency,
            echte* mensch*, mit einem menschen, mitarbeiter*, vorgesetzt*, geschaftsfuhr*,
            dringend*, unverzuglich*, eilt,
            vraie personne, un humain, parler a, parler avec, un responsable, le responsable,
            votre responsable, service client*,
            urgent*
        """,
    ),
)
