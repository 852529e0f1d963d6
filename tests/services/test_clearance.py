import base64
import codecs
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import Draft
from core.products import Product
from products.matching import Index
from services.clearance import MAX_BODY, reason_to_hold
from services.drafting import write_draft
from services.llm.composer import Composer
from tests.products.samples import SHOP, product
from tests.services.hostile_links import ALLOWED, disguised
from tests.services.letters import letter

TENT = product("TNT-ALP-2")
SOLD_OUT = product("TNT-NOR-4")
PACK = product("BPK-TRL-60")
GLACIER = product("TNT-GLA-3")
FINE = "The Alpine 2 Dome Tent costs €249.00 and we have 14 in stock."


def rule(
    body: str, *, products: Sequence[Product] = (TENT,), question: str = "Can I order 2 tents?"
) -> str | None:
    draft = Draft(body=body, author="puppet", product_ids=tuple(p.sku for p in products))
    hold = reason_to_hold(draft, products=products, message=letter(question))
    assert hold is None or hold.words.endswith(".")
    return hold.rule if hold else None


@pytest.mark.parametrize(
    "body",
    [
        FINE,
        f"{FINE} You can see it here: {ALLOWED}.",
        f"{FINE}\n\nMore: ({ALLOWED})",
        "Yes, you can order 2 tents. The Alpine 2 tent is waterproof to 4,000 mm, 2.4 kg.",
        "It costs 249 euros, or EUR 249.00 as your bank says.",
        "Das Kuppelzelt Alpine 2 kostet 249,00 € und ist auf Lager (14 Stück).",
        "La tente dôme Alpine 2 coûte 249,00\N{NO-BREAK SPACE}€ et elle est en stock (14).",
        "Hello Bob,\n\n1. The price is €249\n2. We have 14 left\n\nBest regards,\nAlice",
        "Hello,\n\nit is freestanding, for two. Feel free to ask more.\n\nAlice",
        "A person will follow up on the colour.",
    ],
)
def test_an_answer_from_the_facts_may_go_out(body: str) -> None:
    assert rule(body) is None


@pytest.mark.parametrize("question", ["Hello, how much is", "Was kostet das", "Combien coûte le"])
def test_whatever_the_composer_writes_may_go_out(question: str) -> None:
    for one in SHOP:
        message = letter(f"{question} {one.name}?")
        draft = write_draft(
            message, products=[one, TENT], instructions="", llm=Composer(), deadline=1
        )

        assert reason_to_hold(draft, products=[one, TENT], message=message) is None, one.sku


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("How much are the Alpine 2 tent and the Trail 60 backpack?", 2),
        ("Haben Sie Schlafsäcke?", 3),
        ("Vendez-vous des tentes ?", 5),
    ],
)
def test_whatever_the_composer_writes_about_several_may_go_out(question: str, count: int) -> None:
    products = [match.product for match in Index(SHOP).search(question)]
    message = letter(question)

    draft = write_draft(message, products=products, instructions="", llm=Composer(), deadline=1)

    assert len(draft.product_ids) == count
    assert reason_to_hold(draft, products=products, message=message) is None


@pytest.mark.parametrize(
    "written", ["1,299.00", "1.299,00", "1 299,00", "1\u202f299,00", "1'299", "1299"]
)
def test_a_price_may_be_written_as_in_any_country(written: str) -> None:
    assert rule(f"It costs {written} €.", products=[GLACIER]) is None


@settings(max_examples=2500, deadline=None)
@given(disguised())
def test_a_hostile_link_is_held_in_any_disguise(link: str) -> None:
    assert rule(f"{FINE}\n{link}\nKind regards") in {"G03", "G04", "G09"}


@pytest.mark.parametrize(
    "text",
    [
        "h t t p s : / / evil",
        "https&#58;//evil",
        "https%3A%2F%2Fevil%2Eexample",
        "visit evil dot example today",
        "evil. example",
        "www .evil",
        "shop.example/p/alpine-2-dome-tent",
        "HTTPS://shop.example/p/alpine-2-dome-tent",
        "https:\\\\evil",
        "h t t p s  :  /  / evil",
        "//localhost/x",
        "mallory@localhost",
    ],
)
def test_what_only_a_person_would_follow_is_held_too(text: str) -> None:
    assert rule(f"{FINE} {text}") == "G03"


def test_an_address_of_another_product_is_held() -> None:
    assert rule(f"See {PACK.url}.") == "G03"


def test_an_address_of_our_own_may_be_given() -> None:
    helpful = TENT.model_copy(update={"description": "Ask tents@shop.example about poles."})

    assert rule("Write to tents@shop.example.", products=[helpful]) is None
    assert rule("Write to nottents@shop.example.", products=[helpful]) == "G03"


@pytest.mark.parametrize(
    "markup",
    [
        "<b>bold</b>",
        "<img src=x>",
        "<!-- x -->",
        "&lt;script&gt;",
        "%3Cscript%3E",
        f"![tent]({ALLOWED})",
        "<style>a{}</style>",
        "background: url(x)",
        "＜b＞",
    ],
)
def test_markup_is_held(markup: str) -> None:
    assert rule(f"{FINE} {markup}") == "G04"


SECRET = "Tr0ub4dor-and-3-correct-horses"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop",
        "hf_abcdefghijklmnop",
        "ghp_abcdefghijklmnopqrst",
        "AKIAABCDEFGHIJKLMNOP",
        "xoxb-1234-abcd",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "-----BEGIN PRIVATE KEY-----",
        base64.b64encode(SECRET.encode()).decode(),
        base64.b32encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex(" "),
        SECRET.encode().hex(":").upper(),
        codecs.encode(SECRET, "rot13"),
        " ".join("correcthorse"),
        "-".join("correcthorse"),
        "DE89 3704 0044 0532 0130 00",
        "4111 1111 1111 1111",
        "The password is horse",
        "Das Passwort lautet horse",
    ],
)
def test_what_looks_like_a_secret_is_held(secret: str) -> None:
    assert rule(f"{FINE}\n{secret}") in {"G09", "G03"}


def test_what_nobody_can_see_is_held() -> None:
    assert rule(f"{FINE}\u200b") == "G09"
    assert rule(FINE + "".join(chr(0xE0000 + ord(c)) for c in "key")) == "G09"


def test_an_endless_answer_is_held() -> None:
    assert rule("Yes. " * MAX_BODY) == "G09"


@pytest.mark.parametrize(
    "body",
    [
        "It costs €199.",
        "It costs 199,00 €.",
        "It costs $249.",
        "It costs 249 USD.",
        "It costs 14 €.",
        "The price is 14.",
        "Yours for 2.",
        "It costs ２４８ €.",
        "It costs ٢٤٨ €.",
        "twenty euros",
        "zwanzig Euro",
        "dreißig Prozent",
        "Le prix est de dix euros",
        "We have 500 in stock.",
        "There are 249 left.",
        "It is waterproof to 9000 mm.",
        "It is 10% lighter.",
        "You may have 3 tents.",
        "It will be here on 12 March.",
        "It will be here on 14 March.",
        "Sie kommt am 14. Januar.",
        "Elle arrive le 2 mai.",
        "on 2026-01-14",
        "am 14.2.2026",
        "at 14:00",
        "[Your Name]",
        "{{name}}",
    ],
)
def test_a_figure_that_the_facts_do_not_give_is_held(body: str) -> None:
    assert rule(f"Hello,\n\n{body}") == "G10"


def test_a_quantity_may_be_asked_for_in_the_subject_alone() -> None:
    draft = Draft(body="You can order 3 of them.", author="puppet", product_ids=(TENT.sku,))
    subject = "Can I order 3 tents?"

    def held(subject: str) -> bool:
        message = letter("", subject=subject, headers=(("subject", subject),))
        return reason_to_hold(draft, products=[TENT], message=message) is not None

    assert not held(subject)
    assert held(f"Re: {subject}")


def test_a_question_cannot_set_the_price_or_the_stock() -> None:
    question = "Please confirm: it costs 1 euro, and you have 500 in stock, at 15 % off."

    assert rule("It costs 1 euro.", question=question) == "G10"
    assert rule("The price is 1.", question=question) == "G10"
    assert rule("We have 500 in stock.", question=question) == "G10"
    assert rule("It is 15 % off.", question=question) == "G10"


def test_a_price_belongs_to_its_own_product() -> None:
    both = [TENT, PACK]
    right = "The Alpine 2 Dome Tent costs €249.00. The Trail 60 Backpack costs €179.00."
    crossed = "The Alpine 2 Dome Tent costs €179.00. The Trail 60 Backpack costs €249.00."

    assert rule(right, products=both) is None
    assert rule(crossed, products=both) == "G10"


@pytest.mark.parametrize(
    "promise",
    [
        "You get a discount.",
        "We will refund you.",
        "It comes with a guarantee.",
        "It is free of charge.",
        "Use this voucher.",
        "It is half price today.",
        "It will be delivered tomorrow.",
        "We will ship it within two days.",
        "We have reserved it, reserved for you.",
        "Sie bekommen Rabatt.",
        "Wir erstatten Ihnen das Geld.",
        "Sie haben Garantie.",
        "Der Versand ist kostenlos.",
        "Es wird bis morgen geliefert.",
        "Vous avez une remise.",
        "Nous vous remboursons.",
        "C'est garanti à vie.",
        "La livraison est gratuite.",
    ],
)
def test_a_promise_is_held(promise: str) -> None:
    assert rule(f"{FINE} {promise}") == "G10"


def test_a_word_of_promise_in_a_name_is_no_promise() -> None:
    bonus = TENT.model_copy(update={"name": "Bonus Discount Tent"})

    assert rule("The Bonus Discount Tent costs €249.00.", products=[bonus]) is None


@pytest.mark.parametrize(
    ("body", "product", "held"),
    [
        ("It is in stock.", TENT, None),
        ("It is out of stock.", TENT, "G10"),
        ("Das Zelt ist ausverkauft.", TENT, "G10"),
        ("It is in stock.", SOLD_OUT, "G10"),
        ("It is available.", SOLD_OUT, "G10"),
        ("Es ist auf Lager.", SOLD_OUT, "G10"),
        ("Elle est disponible.", SOLD_OUT, "G10"),
        ("Sorry, it is out of stock.", SOLD_OUT, None),
        ("Es ist leider nicht verfügbar.", SOLD_OUT, None),
        ("Elle est en rupture de stock.", SOLD_OUT, None),
    ],
)
def test_what_is_said_about_stock_has_to_be_so(
    body: str, product: Product, held: str | None
) -> None:
    assert rule(body, products=[product]) == held


def test_a_draft_that_rests_on_no_product_is_held() -> None:
    assert rule("Hello, yes.", products=[]) == "G10"
    assert rule("  ") == "G10"


@given(
    st.decimals(min_value=1, max_value=99_999, places=2),
    st.sampled_from(["It costs {} €.", "€{}", "Price: EUR {}", "Das kostet {} Euro."]),
)
def test_no_other_price_gets_through(price: Decimal, sentence: str) -> None:
    held = rule(sentence.format(price))

    assert (held is None) == (price == TENT.price)
