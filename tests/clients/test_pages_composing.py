"""A product is composed of others on a page: by name, with all that they have or some of it, shown before it is saved."""

import pytest

from bobsled_door import BobsledDoor
from chat_world import Shop
from pages_browser import Visitor, chromium  # noqa: F401
from pages_door import Browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("composing")).add_travel().open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture
def whole(shop, request):
    """A product without tables, and where its page is."""
    made = shop.bob.post("/data-products", {"name": f"Whole of {request.node.name}"}, expect=201)["dataProduct"]["id"]
    shop.browser.visit(f"/products/{made}")
    return made, shop.browser.path


def composed(shop, product: str) -> list[dict]:
    return shop.bob.get(f"/data-products/{product}/compositions")["compositions"]


def test_all_of_one_and_some_of_another(shop, whole):
    product, at = whole
    form = f"{at}?edit=compose"
    assert form in shop.browser.visit(at).links
    page = shop.browser.visit(form)
    assert "default.Travel" in page.source and not [one for one in page.forms if one["method"] == "post" and "previewed" in one["fields"]]
    # What is chosen stands in the address: nothing is written yet.
    page = shop.browser.visit(f"{form}&source={shop.travel}&add=Retail")
    assert {"orders", "customers", "trips", "cities", "net_sales"} <= set(page.text.split())
    own = next(one["fields"] for one in page.forms if one["method"] == "post" and one["action"] == at)
    assert own["source"] == [shop.travel, shop.product]
    assert any(f"source={shop.travel}" in link and shop.product not in link for link in page.links), "one can be left out again"
    sent = {f"take.{shop.travel}": "all", f"take.{shop.product}": "some", f"alias.{shop.product}": "sales",
            f"table.{shop.product}": "orders", f"metric.{shop.product}": "net_sales"}  # fmt: skip
    page = shop.browser.send(at, **sent)
    assert "Nothing is saved yet" in page.text and composed(shop, product) == []
    assert "1 table, 1 metric" in page.text and "3 tables" in page.text.split("In all")[1]
    # Something else than was shown is shown first.
    page = shop.browser.send(at, **sent | {f"alias.{shop.product}": "sold"})
    assert "Nothing is saved yet" in page.text and composed(shop, product) == []
    page = shop.browser.send(at, **sent | {f"alias.{shop.product}": "sold"})
    assert shop.browser.path == at and shop.browser.query()["done"] == "saved"
    made = {one["sourceDataProductId"]: one for one in composed(shop, product)}
    assert made[shop.travel]["include"] == {"datasets": ["*"], "metrics": ["*"]} and made[shop.travel]["alias"] == "travel"
    assert made[shop.product]["include"] == {"datasets": ["orders"], "metrics": ["net_sales"]} and made[shop.product]["alias"] == "sold"
    assert not any(one["isDeployed"] for one in made.values())
    page = shop.browser.visit(f"{at}?tab=model")
    assert "Composed of" in page.text and form in page.links, "more can be taken in"
    shop.browser.send(f"{at}/model", do="deploy")
    assert all(one["isDeployed"] for one in composed(shop, product))
    answer = shop.bob.post(f"/data-products/{product}/chat", {"message": "total net sales"})
    assert answer["status"] == "answered", answer


def test_what_it_is_composed_of_already_stands_in_the_preview_of_more(shop, whole):
    product, at = whole
    source = {"sourceDataProductId": shop.travel, "alias": "journeys", "include": {"datasets": ["trips"], "metrics": []}}
    shop.bob.post(f"/data-products/{product}/compositions", source, expect=201)
    page = shop.browser.visit(f"{at}?edit=compose")
    offered = [given["value"] for tag, given in page.tags if tag == "option"]
    assert "default.Travel" in offered and not any("Whole of" in name and at.endswith(name.replace(" ", "%20")) for name in offered)
    shop.browser.visit(f"{at}?edit=compose&source={shop.product}")
    page = shop.browser.send(at, **{f"take.{shop.product}": "some", f"table.{shop.product}": ["orders", "customers"]})
    shown = page.source.split('id="preview"')[1].split("</dl>")[0]
    assert "journeys" in shown and "trips" in shown and "cities" not in shown and "orders" in shown and "customers" in shown
    assert "3 tables" in shown.split("In all")[1], shown


def test_what_cannot_be_is_said_and_what_was_typed_stays(shop, whole):
    product, at = whole
    form = f"{at}?edit=compose"
    for typed, said in (("no such product", "no such product"), (at.removeprefix("/products/").replace("%20", " "), "composed of itself")):
        page = shop.browser.visit(f"{form}&add={typed}", 400)
        assert said in " ".join(page.roles["alert"]), typed
    shop.browser.visit(f"{form}&source={shop.travel}")
    page = shop.browser.send(at, 400, **{f"alias.{shop.travel}": "Not So"})
    assert "“Not So” cannot be a name here" in " ".join(page.roles["alert"]) and page.form(at)
    shop.browser.visit(f"{form}&source={shop.travel}")
    page = shop.browser.send(at, 400, **{f"take.{shop.travel}": "some"})
    assert "Tick at least one table of Travel" in " ".join(page.roles["alert"])
    # A product that is composed of this one is none that it can be composed of.
    shop.bob.post(f"/data-products/{product}/compositions", {"sourceDataProductId": shop.travel}, expect=201)
    shop.browser.visit("/products/" + shop.travel)
    travel = shop.browser.path
    shop.browser.visit(f"{travel}?edit=compose&source={product}")
    page = shop.browser.send(travel, (400, 409), **{f"take.{product}": "all"})
    assert page.roles["alert"] and composed(shop, shop.travel) == []


def test_who_may_not_is_told_who_can_and_learns_nothing(shop, whole):
    product, at = whole
    hidden = shop.bob.post("/data-products", {"name": "Hidden from editors"}, expect=201)["dataProduct"]["id"]
    viewer, editor = shop.server.new_user("viewer-of-whole"), shop.server.new_user("editor-of-whole")
    people = [{"userId": viewer.id, "role": "viewer"}, {"userId": editor.id, "role": "editor"}]
    shop.bob.patch(f"/data-products/{product}/users", {"add": people})
    theirs = Browser(shop.server).sign_in(viewer)
    page = theirs.visit(at)
    assert "Who may change this?" in page.text and not any("edit=compose" in link for link in page.links)
    page = theirs.visit(f"{at}?edit=compose", 403)
    assert "Whom to ask" in page.text
    own = Browser(shop.server).sign_in(editor)
    page = own.visit(f"{at}?edit=compose")
    assert "Hidden from editors" not in page.source
    page = own.visit(f"{at}?edit=compose&source={hidden}&source={shop.product}")
    assert "Hidden" not in page.text and "Retail" not in page.text, "he sees neither"
    page = own.visit(f"{at}?edit=compose&add={hidden}", 400)
    assert "Hidden" not in page.text
    # Nor by what he sends.
    shop.bob.patch(f"/data-products/{shop.travel}/users", {"add": [{"userId": editor.id, "role": "viewer"}]})
    own.visit(f"{at}?edit=compose&source={shop.travel}")
    page = own.send(at, source=[shop.travel, hidden])
    assert "Hidden" not in page.text and "Travel" in page.text
    own.send(at, source=[shop.travel, hidden])
    assert [one["sourceDataProductId"] for one in BobsledDoor(shop.server, editor.token).get(f"/data-products/{product}/compositions")["compositions"]] == [shop.travel]


def test_composing_in_a_browser(chromium, shop, whole):  # noqa: F811
    product, at = whole
    with Visitor(chromium, shop.server, shop.server.admin) as visitor:
        visitor.open(f"{at}?edit=compose")
        visitor.look("a product to take in")
        visitor.page.fill("#add", "Travel")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_selector(f"[name='alias.{shop.travel}']")
        visitor.look("what of it is taken in")
        visitor.send("Preview")
        visitor.look("what the product would be")
        visitor.send("Save")
        visitor.look("a product that is composed")
    assert [one["sourceDataProductId"] for one in composed(shop, product)] == [shop.travel]
