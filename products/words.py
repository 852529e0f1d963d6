"""Words as they are compared: folded, without endings, and without those that say nothing.

English, German and French are treated alike, because one question often mixes them.
"""

import re
import unicodedata

WORD = re.compile(r"[^\W\d_]+|\d+")

_ENDINGS = (("ern", 4), ("en", 4), ("er", 4), ("e", 3))
"""Of German and French words, and how many letters must be left."""
_DIGRAPHS = str.maketrans({"ø": "o", "œ": "o", "æ": "a", "ł": "l", "đ": "d"})


def fold(text: str) -> str:
    """Lower case without accents; "Säcke", "Saecke" and "SÄCKE" become the same."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_DIGRAPHS)
    bare = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Cf"})
    return bare.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def stem(folded: str) -> str:
    """The word without its endings, so that singular and plural are one."""
    word = folded
    if len(word) > 3 and word[-1] in "sx" and word[-2] != "s":
        word = word[:-1]
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word.removesuffix(ending)
            break
    # knife and knives
    return word[:-1] + "f" if word.endswith("v") else word


_SILENT = """
    content contents extent patent
    a about above after again all also am an and another any anything are aren as at back be
    because been before being best both but by can cannot could couldn d dear did do does doing
    don during each else every everything few find first for from get give go going good got great
    had has have having hello help her here hey hi him his how however i if in into is isn it its
    just kind kindly know last let like ll looking looks m made make many may maybe me might mine
    more most much must my need needs new next no nor not nothing now of off on once one ones only
    or other our ours out over own please question questions re really regards s same say see
    she should since sincerely so some something soon still such sure t take tell than thank
    thanks that the their them then there these they thing things this those through to today
    together tomorrow too two under until up us use ve very via want wants was way we week well
    were what when where whether which while who whose why will wish with within without won would
    wondering write yes yet you your yours best cheers greetings team sir madam morning
    afternoon evening year years day days three four five
    price prices priced pricing cost costs costing much cheap expensive euro euros eur dollar
    dollars usd pound gbp stock stocked available availability buy buying purchase order ordering
    orders sell selling sold sells shop store ship shipping offer offers carry article articles
    product products item items sku catalog catalogue website link url information info details
    interested pieces piece currently right left thinking plan planning trip
    aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim
    bekommen bestellen bestellung bin bis bitte brauche da damit dank danke dann das dass davon
    dazu dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du
    durch ein eine einem einen einer eines er es etwas euch euer eure fragen frage freundlich
    freundlichen fur gibt gern gerne gruss grusse grussen gute guten guter guten tag habe haben
    hallo hat hatte hatten heute hier hab ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in
    ins ist ja jetzt kann kannst kaufe kaufen kein keine keinen konnen konnten konnte koste kosten
    kostet lager lagernd lieferbar lieferung mal man mehr mein meine meinem meinen meiner mich mir
    mit mochte mochten morgen nach nein nicht nichts noch nun nur ob oder ohne preis preise preis
    produkt produkte artikel schon sehr sei sein seine sich sie sind so sowie stuck suche suchen
    teuer uber um und uns unser unsere unter verfugbar verfugbarkeit verkaufen viel vielen vom von
    vor war ware waren warum was weil welche welchen welcher welches wenn wer werden wie wieder
    wieviel will wir wird wissen wo wurde wurden zu zum zur zwei drei vorratig vorhanden
    ai ainsi alors apres as au aucun aussi autre autres aux avant avec avez avoir avons beaucoup
    bien bonjour bonsoir c ca car ce cela celle celui ces cet cette chez combien comme comment
    commander commande cordialement cout coute coutent couter d dans de depuis des dois doit
    donc du elle elles en encore entre est et etait etes etre eu eux fait faire faites il ils j
    jai je jour l la le les leur leurs lui ma mais me meme merci mes moi moins mon ne ni nos notre
    nous on ont ou oui par parce pas peu peut peux plus pour pourquoi pourrais pourriez pouvez
    prix produit produits article puis puisje qu quand que quel quelle quelles quels qui quoi rayon
    s sa salutations sans se ses si sil soit son sont sous souhaite souhaiterais stock sur ta te
    tes toi ton tous tout toute toutes tres trop tu un une unes va vais vendez vends vendre vers
    veux voici voudrais voulez vos votre vous y a disponible disponibles disponibilite acheter
    achat stocks deux trois madame monsieur
"""
STOP_WORDS = frozenset(fold(word) for word in _SILENT.split())
"""Words that say nothing about which product is meant, folded."""
