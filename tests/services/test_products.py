"""What each owner sells."""

from tests.conftest import PRODUCTS, World

OTHERS = """\
sku,name,price,currency,stock
STOVE-1,Fjord Stove,55.00,EUR,3
ROPE-1,Climbing Rope,89.00,EUR,5
"""


def skus(world: World) -> list[str]:
    return [product.sku for product in world.app.products.list(by=world.by)]


def test_an_import_adds_and_renews(world: World) -> None:
    world.app.products.import_csv(OTHERS, by=world.by)

    assert skus(world) == ["ROPE-1", "STOVE-1", "TENT-2"]
    [match] = world.app.products.search("Fjord Stove", by=world.by)
    assert str(match.product.price) == "55.00"


def test_a_replacement_forgets_the_rest(world: World) -> None:
    world.app.products.replace_by_csv(OTHERS, by=world.by)

    assert skus(world) == ["ROPE-1", "STOVE-1"]
    assert world.app.products.search("Alpine Tent 2", by=world.by) == []


def test_nothing_is_forgotten_because_of_a_line_that_is_wrong(world: World) -> None:
    result = world.app.products.replace_by_csv(
        OTHERS + "TENT-2,Alpine Tent 2,cheap,EUR,1\n", by=world.by
    )

    assert len(result.errors) == 1
    assert "TENT-2" in skus(world)


def test_the_same_file_again_changes_nothing(world: World) -> None:
    world.app.products.import_csv(PRODUCTS, by=world.by)

    assert skus(world) == ["STOVE-1", "TENT-2"]


def test_one_owner_never_finds_anothers_products(world: World) -> None:
    mallory = world.app.users.sign_up("mallory@evil.example", "correct horse").id

    assert world.app.products.search("Alpine Tent 2", by=mallory) == []
    assert world.app.products.list(by=mallory) == []
