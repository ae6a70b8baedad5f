"""Composite products are asked about all that they are made of, as deep as that is, and as far as the asker may query it."""

import json

import pytest

from bobsled_door import BobsledDoor
from chat_world import Ingested, rows
from emporion_server import run_cli
from pages_door import Browser

SPEAKS = lambda text: {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}


def field(name: str, **more) -> dict:
    return {"name": name, "expression": SPEAKS(name)} | more


def model(name: str, datasets: list, metrics: dict, relationships: list | None = None) -> dict:
    label = lambda name: json.dumps({"label": name.replace("_", " ").capitalize()})
    made = [{"name": metric, "expression": SPEAKS(text),
             "custom_extensions": [{"vendor_name": "EMPORION", "data": label(metric)}]} for metric, text in metrics.items()]
    return {"version": "0.2.0.dev0", "semantic_model": [
        {"name": name, "datasets": datasets, "metrics": made, "relationships": relationships or []}]}


class World(Ingested):
    """`Top` is composed of `Board`, that of `Both`, and that of `Orders`, `People` and `Returns`."""

    def __init__(self, folder):
        super().__init__(
            folder,
            "CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, amount INTEGER);"
            "INSERT INTO orders VALUES (1, 1, 'paid', 100), (2, 1, 'open', 50), (3, 2, 'paid', 70);"
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, region TEXT);"
            "INSERT INTO customers VALUES (1, 'EU'), (2, 'US'), (3, 'EU');"
            "CREATE TABLE refunds (id INTEGER PRIMARY KEY, amount INTEGER);"
            "INSERT INTO refunds VALUES (1, 5), (2, 6);",
            EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000",
        )
        orders = {"name": "orders", "source": "main.orders", "primary_key": ["order_id"],
                  "fields": [field("order_id"), field("status", dimension={}), field("amount")]}
        people = {"name": "customers", "source": "main.customers", "primary_key": ["id"],
                  "fields": [field("id"), field("region", dimension={})]}
        refunds = {"name": "refunds", "source": "main.refunds", "primary_key": ["id"], "fields": [field("amount")]}
        self.ids = {
            "Orders": self.product("Orders", "orders", model("o", [orders], {"net_sales": "SUM(orders.amount)"})),
            "People": self.product("People", "customers", model("p", [people], {})),
            "Returns": self.product("Returns", "refunds", model("r", [refunds], {"net_sales": "SUM(refunds.amount)"})),
        }
        bridge = model("bridge", [{"name": "o", "source": "$ref(orders.orders)"}, {"name": "c", "source": "$ref(people.customers)"}],
                       {}, [{"name": "bought_by", "from": "o", "to": "c", "from_columns": ["customer_id"], "to_columns": ["id"]}])
        self.compose("Both", ["Orders", "People", "Returns"], bridge)
        self.compose("Board", ["Both"])
        self.compose("Top", ["Board"])

    def product(self, name: str, table: str, document: dict) -> str:
        body = {"name": name, "dataSourceId": self.source, "isDeployed": True, "dataAssets": [{"tableName": table}]}
        made = self.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
        self.teach(made, document)
        return made

    def compose(self, name: str, sources: list, document: dict | None = None, **include) -> None:
        made = self.bob.post("/data-products", {"name": name, "dataSourceId": self.source}, expect=201)["dataProduct"]["id"]
        for source in sources:
            body = {"sourceDataProductId": self.ids[source], "alias": source.lower(), "isDeployed": True} | include
            self.bob.post(f"/data-products/{made}/compositions", body, expect=201)
        self.ids[name] = made
        if document:
            self.teach(made, document)

    def teach(self, product: str, document: dict) -> None:
        path = f"/data-products/{product}"
        body = {"name": "model", "format": "osi", "document": document}
        made = self.bob.post(f"{path}/semantic-models", body, expect=201)
        assert made["validation"]["errors"] == [], made
        self.bob.post(f"{path}/deploy", {})

    def viewer(self, name: str, *products: str, **more) -> BobsledDoor:
        who = self.server.new_user(name)
        for product in products:
            role = {"userId": who.id, "role": "viewer"} | more.get(product, {})
            self.bob.patch(f"/data-products/{self.ids[product]}/users", {"add": [role]})
        return BobsledDoor(self.server, who.token)

    def ask(self, product: str, question: str, door: BobsledDoor | None = None, **more) -> dict:
        return (door or self.bob).post(f"/data-products/{self.ids[product]}/chat", {"message": question} | more)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("composed"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


COMPOSITES = ["Both", "Board", "Top"]


@pytest.mark.parametrize("product", COMPOSITES)
def test_a_composite_answers_about_all_that_it_is_made_of(world, product):
    assert rows(world.ask(product, "number of orders")) == [[3]]
    assert rows(world.ask(product, "number of customers by region")) == [["EU", 2], ["US", 1]]
    # Over what the composite itself says of both: its relationship is between tables of two products.
    answer = world.ask(product, "number of orders by region")
    assert rows(answer) == [["EU", 2], ["US", 1]]
    assert len(answer["provenance"]["dataAssets"]) == 2
    assert rows(world.ask(product, "number of orders with status paid")) == [[2]]


@pytest.mark.parametrize("product", COMPOSITES)
def test_a_name_that_two_products_have_is_asked_back_and_said_with_its_alias(world, product):
    asked = world.ask(product, "net sales")
    assert asked["status"] == "needs_clarification", asked
    options = asked["clarification"]["options"]
    assert len({one["label"] for one in options}) == 2, "they look different to whoever chooses"
    for alias, figure in (("orders", 220), ("returns", 11)):
        [option] = [one for one in options if f"{alias}.net_sales" in one["id"]]
        chosen = {"id": asked["clarification"]["id"], "choice": option["id"]}
        assert rows(world.ask(product, option["label"], threadId=world.ask(product, "net sales")["threadId"],
                              clarification=chosen)) == [[figure]]
        answer = world.ask(product, f"{alias} net sales")
        assert rows(answer) == [[figure]]
        assert answer["interpretation"]["metrics"] == [{"Both": "", "Board": "both.", "Top": "board.both."}[product] + f"{alias}.net_sales"]


def refused(answer: dict) -> str:
    assert answer["status"] == "not_answerable" and "table" not in answer and "sql" not in answer, answer
    return json.dumps(answer)


def test_what_the_asker_may_not_query_is_as_if_it_were_not_there(world):
    alone = world.viewer("alone", "Top")
    for question in ("number of orders", "net sales", "number of customers by region"):
        told = refused(world.ask("Top", question, alone))
        assert not any(hidden in told for hidden in ("Net sales", "net_sales", "shop", "main")), told
    # A role at the end of the chain helps nobody who has none in between.
    ends = world.viewer("ends", "Top", "Orders")
    refused(world.ask("Top", "number of orders", ends))
    # All of it but People: orders are there, regions are not, nor the way to them.
    most = world.viewer("most", "Top", "Board", "Both", "Orders")
    assert rows(world.ask("Top", "number of orders", most)) == [[3]]
    assert rows(world.ask("Top", "net sales", most)) == [[220]], "there is one such figure for him"
    for question in ("number of customers", "number of orders by region", "number of orders for EU"):
        assert not any(hidden in refused(world.ask("Top", question, most)) for hidden in ("customers.region", "US"))
    # He sees People and may not query it: the same.
    denied = world.viewer("denied", "Top", "Board", "Both", "Orders", "People", People={"allowSql": False})
    refused(world.ask("Top", "number of customers", denied))
    assert rows(world.ask("Top", "number of orders", denied)) == [[3]]


def test_a_filter_holds_at_any_depth(world):
    cut = world.viewer("cut", "Top", "Board", "Both", "Orders", "People", Orders={"rowFilters": {"orders": "status = 'paid'"}})
    for product in COMPOSITES:
        assert rows(world.ask(product, "number of orders", cut)) == [[2]]
        assert rows(world.ask(product, "number of orders by region", cut)) == [["EU", 1], ["US", 1]]
        assert world.ask(product, "number of orders with status open", cut)["status"] != "answered"


def test_a_product_of_another_account_is_none(world):
    other = BobsledDoor(world.server, world.server.new_account("elsewhere").token, "me")
    other.refuses("POST", f"/data-products/{world.ids['Top']}/chat", 404, None, {"message": "number of orders"})


def test_only_what_a_composition_includes_is_asked(world):
    world.compose("Some", ["Both"], include={"datasets": ["*"], "metrics": []})
    world.compose("Few", ["Orders"], include={"datasets": ["orders"], "metrics": []})
    assert rows(world.ask("Few", "number of orders")) == [[3]]
    refused(world.ask("Few", "net sales"))
    world.compose("None", ["Orders"], include={"datasets": ["nothing"]})
    refused(world.ask("None", "number of orders"))


def test_what_two_ways_lead_to_is_there_once(world):
    world.compose("Twice", ["Both", "Orders"])
    assert rows(world.ask("Twice", "number of orders")) == [[3]]
    assert rows(world.ask("Twice", "orders net sales")) == [[220]]


def test_figures_of_a_composites_own_model_are_asked_for(world):
    """Over datasets of the sources, with fields of its own, or over a table of which no model speaks."""
    over = lambda source, *fields: {"source": source, "fields": [field(name) if isinstance(name, str) else name for name in fields]}
    bookings = {"name": "bookings"} | over("$ref(orders.orders)", "amount", {"name": "taxed", "expression": SPEAKS("bookings.amount * 2")})
    plain = {"name": "o"} | over("$ref(orders.orders)")
    bare = world.bob.post("/data-products", {"name": "Bare", "dataSourceId": world.source, "isDeployed": True,
                                             "dataAssets": [{"tableName": "refunds"}]}, expect=201)["dataProduct"]["id"]
    world.ids["Bare"] = bare
    given_back = {"name": "given_back"} | over("$ref(bare.refunds)", "amount")
    figures = {"taxed_bookings": "SUM(bookings.taxed)", "paid_out": "SUM(given_back.amount)", "order_volume": "SUM(o.amount)"}
    world.compose("Figures", ["Orders", "Bare"], model("figures", [bookings, plain, given_back], figures))
    world.compose("Above", ["Figures"])
    for product in ("Figures", "Above"):
        for question, figure in (("taxed bookings", 440), ("order volume", 220), ("paid out", 11)):
            assert rows(world.ask(product, question)) == [[figure]], question
        assert sorted(rows(world.ask(product, "order volume by status"))) == [["open", 50], ["paid", 170]]
        assert rows(world.ask(product, "number of orders")) == [[3]], "it is one dataset still"

    # From between: whoever may not query the source asks for none of it; a filter there holds for what is said above.
    outside = world.viewer("outside", "Figures", "Bare")
    assert rows(world.ask("Figures", "paid out", outside)) == [[11]]
    for question in ("order volume", "taxed bookings"):
        refused(world.ask("Figures", question, outside))
    cut = world.viewer("cut-figures", "Figures", "Orders", Orders={"rowFilters": {"orders": "status = 'paid'"}})
    assert rows(world.ask("Figures", "taxed bookings", cut)) == [[340]]
    refused(world.ask("Figures", "paid out", cut))


def test_a_composite_shows_no_more_of_a_source_than_it_does(world):
    hidden = {"custom_extensions": [{"vendor_name": "EMPORION", "data": '{"hidden": true}'}]}
    people = {"name": "customers", "source": "main.customers", "primary_key": ["id"],
              "fields": [field("id"), field("region", dimension={}, **hidden)]}
    world.ids["Shy"] = world.product("Shy", "customers", model("s", [people], {}))
    folk = {"name": "folk", "source": "$ref(shy.customers)", "fields": [field("area") | {"expression": SPEAKS("region"), "dimension": {}}]}
    world.compose("Curious", ["Shy"], model("curious", [folk], {"heads": "COUNT(folk.id)"}))
    assert rows(world.ask("Curious", "heads")) == [[3]]
    assert "EU" not in json.dumps(world.ask("Curious", "heads by area"))
    assert world.ask("Curious", "heads by area")["status"] == "not_answerable"


def test_a_preview_shows_what_a_reference_leads_to_and_no_more(world):
    double = {"name": "doubled", "expression": SPEAKS("o.amount * 2")}
    datasets = [{"name": "o", "source": "$ref(orders.orders)", "fields": [field("amount"), double]}]
    world.compose("Previewed", ["Orders"], model("previewed", datasets, {"twice": "SUM(o.doubled)"}))
    product = world.ids["Previewed"]

    def preview(browser, part: str, of: str = product) -> str:
        [made] = world.bob.get(f"/data-products/{of}/semantic-models")["semanticModels"]
        browser.visit(f"/products/{of}")
        return browser.visit(f"{browser.path}?tab=model&model={made['id']}&part={part}").text

    admin = Browser(world.server).sign_in(world.server.admin)
    assert "200" in preview(admin, "field%3Ao.doubled") and "140" in admin.page.text and "no question can be about this" not in admin.page.text
    assert "100" in preview(admin, "table%3Ao") and "70" in admin.page.text
    # What the source hides stays hidden, and a row filter there holds.
    hidden = {"custom_extensions": [{"vendor_name": "EMPORION", "data": '{"hidden": true}'}]}
    people = {"name": "customers", "source": "main.customers", "primary_key": ["id"], "fields": [field("id"), field("region", dimension={}, **hidden)]}
    world.ids["Veiled"] = world.product("Veiled", "customers", model("v", [people], {}))
    folk = {"name": "folk", "source": "$ref(veiled.customers)", "fields": [field("area") | {"expression": SPEAKS("region"), "dimension": {}}]}
    world.compose("Peering", ["Veiled"], model("peering", [folk], {"veiled_heads": "COUNT(folk.id)"}))
    for part in ("field%3Afolk.area", "table%3Afolk"):
        assert not {"EU", "US"} & set(preview(admin, part, world.ids["Peering"]).split()), part
    who = world.server.new_user("cut-preview")
    world.bob.patch(f"/data-products/{product}/users", {"add": [{"userId": who.id, "role": "editor"}]})
    world.bob.patch(f"/data-products/{world.ids['Orders']}/users", {"add": [{"userId": who.id, "role": "viewer", "rowFilters": {"orders": "status = 'open'"}}]})
    assert "100" in preview(Browser(world.server).sign_in(who), "field%3Ao.doubled").split()
    assert not {"200", "140"} & set(preview(Browser(world.server).sign_in(who), "field%3Ao.doubled").split()), "his filter of the source holds"


def test_a_preview_of_a_table_in_another_schema_is_none(world):
    """The table of a product that no model speaks of is called without its schema: that leads to no other schema."""
    made = world.bob.post("/data-products", {"name": "Plain", "dataSourceId": world.source, "isDeployed": True,
                                             "dataAssets": [{"tableName": "refunds"}]}, expect=201)["dataProduct"]["id"]
    world.ids["Plain"] = made
    admin = Browser(world.server).sign_in(world.server.admin)
    for name, source, is_there in (("There", "$ref(plain.main.refunds)", True), ("Elsewhere", "$ref(plain.schema2.refunds)", False)):
        world.compose(name, ["Plain"])
        path = f"/data-products/{world.ids[name]}"
        body = {"name": "model", "format": "osi", "document": model("m", [{"name": "r", "source": source, "fields": [field("amount")]}], {})}
        world.bob.post(f"{path}/semantic-models", body, expect=201)
        if is_there:
            world.bob.post(f"{path}/deploy", {})
        else:
            assert source in world.bob.refuses("POST", f"{path}/deploy", 422, "DEPLOY_VALIDATION_FAILED", {})["message"]
        [made] = world.bob.get(f"{path}/semantic-models")["semanticModels"]
        admin.visit(f"/products/{world.ids[name]}")
        at = f"{admin.path}?tab=model&model={made['id']}&part="
        for part in ("table%3Ar", "field%3Ar.amount"):
            text = admin.visit(at + part).text
            assert (f"{source} leads to no table" in text) is not is_there, (source, part, text[-1500:])


def test_a_reference_finds_a_product_that_another_way_leads_to(world):
    """`Pair` is composed of `Orders` by itself and once more below `Wide`, whose model refers to it there."""
    volume = model("wide", [{"name": "o", "source": "$ref(orders.orders)", "fields": []}], {"wide_volume": "SUM(o.amount)"})
    world.compose("Wide", ["Orders"], volume)
    for name, order in (("Pair", ["Wide", "Orders"]), ("Riap", ["Orders", "Wide"])):
        world.compose(name, order)
        assert rows(world.ask(name, "wide volume")) == [[220]]
        assert rows(world.ask(name, "number of orders")) == [[3]]


def test_the_command_line_asks_composites(world):
    done = run_cli("ask", "Top", "number of customers by region", EMPORION_URL=world.server.url,
                   EMPORION_TOKEN=world.server.admin.token)
    assert "EU" in done.stdout and "US" in done.stdout
