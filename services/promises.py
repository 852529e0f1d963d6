"""What no machine may promise, and what it may claim only where the facts agree. Data only."""

from .words import phrases

PROMISES = phrases(
    """
    discount*, rebate*, percent off, off the price, off your, on sale, special offer*, voucher*,
    coupon*, promo*, cheaper, lower price, better price, best price, half price, half the price,
    reduced price*, price reduction, price match*, free of charge, for free, is free, are free,
    free shipping, free delivery, free return*, ship* free, no charge, no extra cost, at no cost,
    complimentary, gift*, bonus, refund*, money back, reimburs*, compensat*, return it, return them,
    can return, may return, returns, return policy, return period, exchange it, exchange them,
    we will replace, replacement*, warrant*, guarantee*, promise*, we assure, certainly will,
    lifetime, reserved for you, we have reserved, hold it for you, set aside, tomorrow, next week,
    next month, same day, next day, overnight, within ~ day*, within ~ hour*, within ~ week*,
    in ~ business days, working days, will be delivered, will deliver, we deliver, delivered by,
    delivered on, deliver it, will ship, we ship, ships within, shipped within, will arrive,
    arrives by, arrive by, back in stock, restock*, monday, tuesday, wednesday, thursday, friday,
    saturday, sunday, pay only, you only pay, instead of, last price, upgrade*, wire ~ to, transfer,
    bank account, gift card*, invoice attached, see attach*, attached, call us at, contact us at,
    *rabatt*, *nachlass*, *gutschein*, *ermassig*, reduzier*, *sonderangebot*, sonderpreis*,
    gunstiger, billiger, halber preis, halben preis, zum halben, kostenlos*, kostenfrei*, gratis,
    umsonst, ohne aufpreis, versandkostenfrei, *geschenk*, *erstatt*, geld zuruck, *entschadig*,
    *ruckgabe*, zuruckgeben, zurucksenden, zuruckschicken, *umtausch*, *garantie*,
    *gewahrleistung*, versprech*, zusicher*, lebenslang*, fur sie reserviert, zuruckgelegt,
    bis morgen, ab morgen, schon morgen, ubermorgen, nachste woche, nachster woche, innerhalb,
    werktag*, wird geliefert, werden geliefert, liefern wir, wir liefern, wir versenden,
    versand erfolgt, kommt an, trifft ein, wieder auf lager, wieder verfugbar, wieder lieferbar,
    montag*, dienstag*, mittwoch*, donnerstag*, freitag*, samstag*, sonntag*, statt ~ euro,
    uberweis*, im anhang, anbei,
    remise*, rabais, reduction*, promotion*, soldes, bon d achat, code promo, moins cher,
    meilleur prix, moitie prix, demi tarif, gratuit*, sans frais, offert*, offrons, cadeau*,
    rembours*, dedommag*, indemnis*, retourner, renvoyer, retours, echange*, garanti*, promet*,
    promesse*, assurons, a vie, reserve pour vous, avons reserve, mis de cote, demain,
    semaine prochaine, mois prochain, sous ~ jours, sous ~ heures, dans les ~ heures,
    jours ouvres, jours ouvrables, sera livre*, seront livre*, livrons, nous expedions,
    sera expedie*, seront expedie*, arrivera*, de nouveau en stock, bientot en stock, lundi, mardi,
    mercredi, jeudi, vendredi, samedi, dimanche, au lieu de, virement, ci joint, piece jointe
    """
)
"""Words for what only a person may promise: money, time, goods."""


DENIES_STOCK = phrases(
    """
    not in stock, not currently in stock, isn t in stock, not on stock, out of stock, sold out,
    not available, not currently available, isn t available, unavailable, no longer available,
    nicht auf lager, nicht mehr auf lager, nicht am lager, nicht vorratig, nicht lagernd,
    nicht verfugbar, nicht lieferbar, ausverkauft*, vergriffen*,
    en rupture, rupture de stock, pas en stock, plus en stock, pas disponible*, plus disponible*,
    indisponible*, epuise*
    """
)
AFFIRMS_STOCK = phrases(
    """
    in stock, on stock, available, on hand, auf lager, am lager, lagernd, vorratig, verfugbar,
    lieferbar, en stock, disponible, disponibles
    """
)
"""To be looked for once the denials are out of the way."""
