"""What a product's tables mean, on its page: looked at, changed, made live; and by whom not."""

import json
import re

import pytest
from playwright.sync_api import expect

from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE, Browser, by_mail, words


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("pages-model")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def reader(shop: Shop, name: str, role: dict | None) -> Browser:
    who = shop.server.new_user(name)
    if role is not None:
        shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"} | role]})
    return Browser(shop.server).sign_in(who)


def test_datasets_metrics_and_relationships_stand_as_tables_and_as_a_picture(shop):
    page = shop.browser.visit(f"{shop.at}?tab=model")
    for word in ("net_sales", "SUM(orders.amount)", "turnover", "o2c", "customer_id = id", "area, territory", "live"):
        assert word in page.text, word
    cards = [given for tag, given in page.tags if tag == "g" and given.get("class") == "card"]
    lines = [given for tag, given in page.tags if tag == "path" and given.get("class") == "line"]
    assert len(cards) == 2 and len(lines) == 1


def test_a_product_greets_with_its_figures_and_questions(shop):
    page = shop.browser.visit(shop.at)
    figure = f"{shop.at}?tab=ask&question=Net+sales&asks=yes"
    assert "What it answers" in page.text and figure in page.links, page.links
    assert shop.browser.visit(figure).form(f"{shop.at}/ask")["fields"]["question"] == "Net sales"
    page = {"title": "Orders", "kpis": [{"metric": "net_sales", "label": HOSTILE}], "isDeployed": True,
            "suggestedQuestions": [{"text": "Net sales by region"}]}
    shop.bob.post(f"{shop.path}/front-page-configs", page)
    told = shop.browser.visit(shop.at)
    assert f"{shop.at}?tab=ask&question=Net+sales+by+region&asks=yes" in told.links and "<script>alert" not in told.source
    # Who may not ask reads what others do, as far as he is told.
    stranger = reader(shop, "greeted", {"allowSql": False}).visit(shop.at)
    assert "Net sales by region" in stranger.text and not any("question=" in link for link in stranger.links)
    assert f"{shop.at}?tab=model#metric-net_sales" in stranger.links, "what a figure means he may read"
    assert any(given.get("id") == "metric-net_sales" for _, given in shop.browser.visit(f"{shop.at}?tab=model").tags)


def test_a_change_stays_a_draft_until_it_is_made_live(shop):
    browser = shop.browser
    page = browser.visit(f"{shop.at}?tab=model")
    edit = next(link for link in page.links if "model=" in link and "tab=model" in link)
    page = browser.visit(edit)
    document = json.loads(page.form(f"{shop.at}/model")["fields"]["content"])
    metric = document["semantic_model"][0]["metrics"][0]
    metric["ai_context"]["synonyms"].append("takings")
    stale = dict(page.form(f"{shop.at}/model")["fields"])
    page = browser.send(f"{shop.at}/model", do="save", content=json.dumps(document))
    assert browser.query() == {"tab": "model", "done": "saved"} and "There are drafts" in page.text and "1 metric" in page.text
    assert shop.ask("takings in 2026")["status"] == "not_answerable"
    # A tab that was open meanwhile shows what became different, and keeps what was typed.
    mine = json.loads(stale["content"])
    mine["semantic_model"][0]["metrics"][0]["description"] = "typed in vain?"
    browser.visit(edit)
    page = browser.send(f"{shop.at}/model", expect=409, **stale | {"do": "save", "content": json.dumps(mine)})
    told = " ".join(page.roles["alert"])
    assert re.search(rf"Changed by {shop.server.admin.name} ?, just now", told), told
    assert "Somebody else changed this while you were editing" in told and '"takings"' in told and "from line" in told and "typed in vain?" not in told
    assert page.form(f"{shop.at}/model")["fields"]["content"].strip() == json.dumps(mine)
    assert "Save my version" in page.text and "Use the other version" in page.text and f"{shop.at}?tab=model" in page.links
    # What cannot be read is refused, and the form goes on standing for the state that he saw: who was faster is noticed.
    page = browser.visit(edit)
    seen = page.form(f"{shop.at}/model")["fields"]
    page = browser.send(f"{shop.at}/model", expect=400, do="save", content="semantic_model: [")
    kept = page.form(f"{shop.at}/model")["fields"]
    assert page.roles["alert"] and kept["content"].strip() == "semantic_model: ["
    assert (kept["tag"], kept["seen"]) == (seen["tag"], seen["seen"])
    refused = page
    browser.visit(edit)
    document["semantic_model"][0]["metrics"][0]["ai_context"]["synonyms"].append("earnings")
    browser.send(f"{shop.at}/model", do="save", content=json.dumps(document))
    browser.page = refused
    page = browser.send(f"{shop.at}/model", expect=409, do="save", content=json.dumps(mine))
    assert '"earnings"' in " ".join(page.roles["alert"])
    # Mine, for all that: it replaces what they wrote, now that he has seen it.
    page = browser.send(f"{shop.at}/model", do="save", content=json.dumps(document))
    assert browser.query() == {"tab": "model", "done": "saved"}
    browser.visit(f"{shop.at}?tab=model")
    page = browser.send(f"{shop.at}/model", do="deploy")
    assert browser.query()["done"] == "deployed" and "There are drafts" not in page.text
    assert shop.ask("takings in 2026")["table"]["rows"] == [[280]]


def test_a_product_without_a_model_gets_a_sketch(shop):
    body = {"name": "Bare model", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": [{"tableName": "orders"}]}
    made = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    shop.browser.visit(f"/products/{made}?tab=model")
    at = shop.browser.path
    page = shop.browser.send(f"{at}/model", do="generate")
    assert "orders" in page.text and "draft" in page.text
    shop.browser.send(f"{at}/model", do="deploy")
    shop.browser.visit(f"{at}?tab=ask")
    assert "7" in shop.browser.send(f"{at}/ask", question="number of orders").text


def test_tables_that_no_model_speaks_of_are_named_and_get_datasets(shop):
    body = {"name": "Half modelled", "dataSourceId": shop.source, "isDeployed": True,
            "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]}  # fmt: skip
    made = shop.bob.post("/data-products", body, expect=201)
    path = f"/data-products/{made['dataProduct']['id']}"
    orders = next(one["id"] for one in made["dataAssets"] if one["tableName"] == "orders")
    shop.bob.call("POST", f"{path}/semantic-models/generate", {"name": "half", "dataAssetIds": [orders]})
    page = shop.browser.visit(f"/products/{path.rsplit('/', 1)[1]}?tab=model")
    at = shop.browser.path
    told = page.source.split('id="unmodelled"')[1].split("</section>")[0]
    assert "customers" in told and "orders" not in told, told
    asset = re.findall(r'name="asset" value="([^"]+)"', told)
    page = shop.browser.send(f"{at}/model", do="generate", asset=asset)
    assert len(asset) == 1 and "Tables that no model speaks of" not in page.text and "customers" in page.text
    models = shop.bob.get(f"{path}/semantic-models", state="undeployed")["semanticModels"]
    assert len(models) == 2, models


def test_who_may_not_change_it_looks_at_it_only(shop):
    viewer = reader(shop, "model-viewer", {})
    page = viewer.visit(f"{shop.at}?tab=model")
    assert "net_sales" in page.text and "There are drafts" not in page.text
    edit = next(link for link in shop.browser.visit(f"{shop.at}?tab=model").links if "model=" in link and "tab=model" in link)
    assert edit not in page.links
    viewer.visit(edit, expect=403)
    token = viewer.visit("/logout").form("/logout")["fields"]["token"]
    model = re.search("model=([^&]+)$", edit).group(1)
    for fields in ({"do": "deploy"}, {"do": "generate"}, {"do": "save", "model": model, "content": "x: 1", "tag": ""}):
        assert viewer.ask("POST", f"{shop.at}/model", data={"token": token, "of": shop.product} | fields).status == 403, fields
    outsider = reader(shop, "model-outsider", None)
    outsider.visit(f"{shop.at}?tab=model", expect=404)
    stranger = Browser(shop.server).sign_in(by_mail(shop.server.new_account("model-elsewhere"), "model-elsewhere"))
    stranger.visit(f"{shop.at}?tab=model", expect=404)


def test_a_term_says_how_it_is_computed_to_who_sees_the_product(shop):
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    om.post("/glossaries", {"name": "Figures", "description": "Words."})
    labels = []
    for name, synonyms in (("Turnover", []), ("Net Sales", []), ("Takings", ["net_sales"]), ("Visits", [])):
        term = om.post("/glossaryTerms", {"name": name, "glossary": "Figures", "description": "d", "synonyms": synonyms})
        labels.append({"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"})
    om.patch(f"/dataProducts/{shop.product}", [{"op": "add", "path": "/tags", "value": labels}])
    code = {"language": "SQL", "code": "COUNT(*) FILTER (paid)"}
    om.post("/metrics", {"name": "paid_orders", "metricExpression": code, "tags": labels[-1:]})
    metric = f"{shop.at}?tab=model#metric-net_sales"
    reads, asks_not = shop.browser, reader(shop, "term-reader", {"allowSql": False})
    for name in ("Turnover", "Net%20Sales", "Takings"):
        for page in (browser.visit(f"/terms/Figures.{name}") for browser in (reads, asks_not)):
            assert "How it is computed" in page.text and "SUM(orders.amount)" in page.text, name
            assert metric in page.links and shop.at in page.links, name
    visits = reads.visit("/terms/Figures.Visits")
    assert "COUNT(*) FILTER (paid)" in visits.text and "SUM(orders.amount)" not in visits.text
    outside = reader(shop, "term-outsider", None).visit("/terms/Figures.Turnover")
    assert "SUM(orders.amount)" not in outside.text and "How it is computed" not in outside.text


def test_a_metric_is_shown_with_its_filters_to_who_sees_its_expression(shop):
    body = {"name": "Filtered", "dataSourceId": shop.source, "isDeployed": True,
            "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]}
    product = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    path = f"/data-products/{product}"
    several = "customers.region = 'EU' OR orders.status = 'open'"
    own = {"defaultFilters": ["orders.status <> 'returned'", several, HOSTILE]}
    metric = {"name": "kept_sales", "expression": "SUM(orders.amount)",
              "custom_extensions": [{"vendor_name": "EMPORION", "data": json.dumps(own)}]}
    datasets = [{"name": name, "source": f"main.{name}"} for name in ("orders", "customers")]
    document = {"semantic_model": [{"name": "filtered", "datasets": datasets, "metrics": [metric]}]}
    shop.bob.post(f"{path}/semantic-models", {"name": "filtered", "format": "osi", "document": document}, expect=201)
    shop.bob.post(f"{path}/deploy", {})
    shop.browser.visit(f"/products/{product}")
    at = shop.browser.path
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    om.post("/glossaries", {"name": "Kept", "description": "Words."})
    term = om.post("/glossaryTerms", {"name": "Kept Sales", "glossary": "Kept", "description": "d"})
    label = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/tags", "value": [label]}])
    code = {"language": "SQL", "code": "COUNT(order_id)"}
    om.post("/metrics", {"name": "open_orders", "metricExpression": code, "filters": [{"where": "status = 'open'"}], "tags": [label]})
    viewer = Browser(shop.server).sign_in(who := shop.server.new_user("filter-viewer"))
    shop.bob.patch(f"{path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    for browser in (shop.browser, viewer):
        for place in (f"{at}?tab=model", "/terms/Kept.Kept%20Sales"):
            page = browser.visit(place)
            assert "Filter: rows where status has a value other than “returned”" in page.text, page.text
            assert "orders.status <> 'returned'" in page.text and several in page.text, "exactly, beside the words and alone"
            assert "region is “EU”" not in page.text, "words would not say of which table"
            assert "<script>alert" not in page.source
        assert "Filter: rows where status is “open”" in page.text, "of a metric that is a record of its own"
    outsider = reader(shop, "filter-outsider", None)
    page = outsider.visit("/terms/Kept.Kept%20Sales")
    for hidden in ("kept_sales", "returned", "customers.region", "SUM(orders.amount)"):
        assert hidden not in page.source, hidden
    outsider.visit(f"{at}?tab=model", expect=404)


def test_a_table_says_what_of_a_model_needs_its_columns_to_who_sees_it(shop):
    assets = shop.browser.visit(f"{shop.at}?tab=assets").links
    orders = next(link for link in assets if link.startswith("/tables/") and link.endswith("orders"))
    viewer = reader(shop, "needs-viewer", {})
    for browser in (shop.browser, viewer):
        page = browser.visit(orders + "?needs=yes")
        assert f"{shop.at}?tab=model#metric-net_sales" in page.links and "Used by" in page.text
        assert "orders.amount" in page.text and "o2c" in page.text, "the field, and what joins"
    page = reader(shop, "needs-outsider", None).visit(orders + "?needs=yes")
    assert "amount" in page.text
    for hidden in ("Used by", "net_sales", "orders.amount", "o2c", "Retail"):
        assert hidden not in page.text, hidden
    assert "metric-net_sales" not in page.source


def verified(shop: Shop, question: str, live: bool = True, **more) -> dict:
    query = {"question": question, "sql": "SELECT COUNT(*) AS n FROM orders", "isDeployed": live} | more
    return shop.bob.post(f"{shop.path}/verified-queries", query)["verifiedQuery"]


def query_of(shop: Shop, id: str) -> dict:
    return shop.bob.get(f"{shop.path}/verified-queries/{id}")["verifiedQuery"]


def form_of(page, shop: Shop) -> dict:
    return page.form(f"{shop.at}/verified-queries")["fields"]


def test_a_verified_query_is_changed_and_nothing_typed_is_lost(shop):
    parameter = {"name": "least", "type": "number", "default": 10}
    query = verified(shop, "How many large orders?", alternateQuestions=["Large orders?"], description="kept",
                     sql="SELECT COUNT(*) AS n FROM orders WHERE amount >= :least", parameters=[parameter])  # fmt: skip
    edit, action = f"{shop.at}?tab=model&verified={query['id']}", f"{shop.at}/verified-queries"
    browser = shop.browser
    assert edit in browser.visit(f"{shop.at}?tab=model").links
    stale = dict(form_of(browser.visit(edit), shop))
    assert stale["question"] == "How many large orders?" and stale["alternates"].strip() == "Large orders?"
    page = browser.send(action, expect=400, do="save", sql="DELETE FROM orders")
    assert page.roles["alert"] and form_of(page, shop)["sql"].strip() == "DELETE FROM orders"
    mine = "SELECT COUNT(*) AS n FROM orders WHERE amount > :least"
    page = browser.send(action, do="save", sql=mine, alternates="Large orders?\r\n\r\n Big orders? " + HOSTILE)
    assert browser.query() == {"tab": "model", "done": "saved"} and "There are drafts" in page.text
    assert "<script>alert" not in page.source and "\u202e" not in page.text
    told = query_of(shop, query["id"])
    assert told["sql"] == mine and len(told["alternateQuestions"]) == 2 and not told["isDeployed"]
    assert told["description"] == "kept" and told["parameters"][0]["name"] == "least"
    # A tab that was open meanwhile.
    browser.visit(edit)
    page = browser.send(action, expect=409, **stale | {"do": "save", "question": "Typed in vain?"})
    told = " ".join(page.roles["alert"])
    assert "Somebody else changed this while you were editing" in told and shop.server.admin.name in told and "amount >" in told
    assert form_of(page, shop)["question"] == "Typed in vain?" and "Use the other version" in page.text
    page = browser.send(action, do="save")
    assert query_of(shop, query["id"])["question"] == "Typed in vain?"
    # What was made live meanwhile has the same words: that is no conflict.
    fields = dict(form_of(browser.visit(edit), shop))
    shop.bob.post(f"{shop.path}/deploy", {})
    page = browser.send(action, **fields | {"do": "save", "question": "How many large ones?"})
    assert browser.query() == {"tab": "model", "done": "saved"}
    # Somebody removes it while it is changed: kept, it becomes a new one.
    browser.visit(edit)
    shop.bob.delete(f"{shop.path}/verified-queries/{query['id']}")
    page = browser.send(action, expect=409, do="save", question="How many survive?", sql="SELECT COUNT(*) AS n FROM orders")
    assert "Somebody has removed it" in " ".join(page.roles["alert"])
    page = browser.send(action, do="save")
    assert browser.query() == {"tab": "model", "done": "saved"} and "How many survive?" in page.text
    shop.browser.visit(edit, expect=404)
    shop.browser.visit(f"{shop.at}?tab=model&verified=made-up", expect=404)
    shop.browser.visit(f"{shop.at}?tab=model&remove=made-up", expect=404)


def test_a_verified_query_is_removed_once_it_was_shown_what_goes(shop):
    query = verified(shop, "How many to remove?", alternateQuestions=["How many to drop?"])
    remove, action, browser = f"{shop.at}?tab=model&remove={query['id']}", f"{shop.at}/verified-queries", shop.browser
    assert remove in browser.visit(f"{shop.at}?tab=model").links
    page = browser.visit(remove)
    for said in ("How many to remove?", "How many to drop?", "SELECT COUNT(*) AS n FROM orders", "It is removed at once. From then on the semantic model answers this question, if it knows the words"):
        assert said in page.text, said
    # It has changed since: what goes is shown anew.
    shop.bob.post(f"{shop.path}/verified-queries/{query['id']}", {"question": "How many to keep?", "sql": query["sql"]})
    page = browser.send(action, expect=409)
    assert "Somebody has changed it since you opened it. This is what would be removed now" in " ".join(page.roles["alert"]) and "How many to keep?" in page.text
    page = browser.send(action)
    assert browser.query() == {"tab": "model", "done": "deleted"} and "How many to keep?" not in page.text
    browser.visit(remove, expect=404)


def test_only_who_may_edit_changes_and_removes_verified_queries(shop):
    query = verified(shop, "How many for all?")
    forms = [f"{shop.at}?tab=model&{what}={query['id']}" for what in ("verified", "remove")]
    cut = {"rowFilters": {"customers": "region = 'EU'"}}
    for name, role in (("query-viewer", {}), ("query-filtered", cut)):
        viewer = reader(shop, name, role)
        page = viewer.visit(f"{shop.at}?tab=model")
        assert "How many for all?" in page.text and not set(forms) & set(page.links), name
        assert f"{shop.at}?tab=ask&question=How+many+for+all%3F" in page.links, name
        for form in forms:
            viewer.visit(form, expect=403)
        token = viewer.visit("/logout").form("/logout")["fields"]["token"]
        for do in ("save", "remove"):
            # Nothing of its state is told either.
            sent = {"token": token, "of": shop.product, "do": do, "query": query["id"], "question": "q", "sql": "SELECT 1", "tag": "", "seen": ""}
            assert viewer.ask("POST", f"{shop.at}/verified-queries", data=sent).status == 403, (name, do)
    unasked = reader(shop, "query-unasked", {"allowSql": False}).visit(f"{shop.at}?tab=model")
    assert "How many for all?" in unasked.text and not any("question=" in link for link in unasked.links)
    editor = reader(shop, "query-editor", {"role": "editor"})
    assert set(forms) <= set(editor.visit(f"{shop.at}?tab=model").links)
    editor.visit(forms[0])
    editor.send(f"{shop.at}/verified-queries", do="save", question="How many by an editor?")
    assert query_of(shop, query["id"])["question"] == "How many by an editor?"
    elsewhere = Browser(shop.server).sign_in(by_mail(shop.server.new_account("query-elsewhere"), "query-elsewhere"))
    for form in forms:
        elsewhere.visit(form, expect=404)
    shop.bob.delete(f"{shop.path}/verified-queries/{query['id']}")


def test_forms_of_verified_queries_that_are_none_are_refused(shop):
    query = verified(shop, "How many malformed?")
    token = shop.browser.visit("/logout").form("/logout")["fields"]["token"]
    here = {"Origin": shop.browser.base, "Sec-Fetch-Site": "same-origin"}

    def sent(**fields) -> int:
        data = {"token": token, "of": shop.product, "query": query["id"]} | fields
        return shop.browser.ask("POST", f"{shop.at}/verified-queries", data=data, headers=here).status
    assert sent(do="") == sent(do="x") == 404
    assert sent(do="remove") in (400, 409) and sent(do="remove", tag="a\nb") in (400, 409)
    assert sent(do="save") == 409, "a form without a state is of none"
    assert sent(do="save", query="../deploy", tag="x") in (400, 404, 409)
    assert sent(do="remove", query="made-up") == 404
    assert sent(do="save", token="forged") == 403
    assert query_of(shop, query["id"])["question"] == "How many malformed?"


def test_what_a_deploy_warns_of_is_said_with_what_mends_it(shop):
    browser, om = shop.browser, OpenMetadataDoor(shop.server, shop.server.admin.token)
    table = om.by_name("tables", "shop.shop.main.customers", fields="columns")
    at = next(index for index, column in enumerate(table["columns"]) if column["name"] == "email")
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": f"/columns/{at}/tags", "value": [tag]}])
    personal = verified(shop, "Who is a?", live=False, sql="SELECT COUNT(*) AS n FROM customers WHERE email = 'a@x.example'")
    page = browser.visit(f"{shop.at}?tab=model")
    warnings = [" ".join(page.roles["status"])]
    change = f"{shop.at}?tab=model&verified={personal['id']}"
    assert "personal column" in warnings[0] and "customers" in warnings[0], warnings
    german = Browser(shop.server)
    german.session.headers["Accept-Language"] = "de"
    german.sign_in(shop.server.admin)
    assert "mit der persönlichen Spalte" in german.visit(f"{shop.at}?tab=model").text
    assets = shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]
    customers = next(asset["id"] for asset in assets if asset["tableName"] == "customers")
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "closed"}]})
    browser.visit(f"{shop.at}?tab=model")
    page = browser.send(f"{shop.at}/model", do="deploy")
    said = " ".join(page.roles["status"])
    assert "Deployed." in said and "The rows of customers are not shared with this product" in said, said
    assert "“Who is a?” compares a personal column with a value" in said, said
    assert page.links.count(change) >= 2 and f"{shop.at}?tab=assets" in page.links
    told = browser.page.url
    # It says what is so: once the rows are lent, it says that no more; and others are told nothing.
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "granted"}]})
    assert "not shared with this product" not in browser.visit(told).text
    viewer = reader(shop, "warned-viewer", {})
    assert "personal column" not in viewer.visit(told).text
    forged = f"{shop.at}?tab=model&done=deployed&warned=<script>,ROWS_NOT_GRANTED,nothing&part=<script>"
    page = browser.visit(forged)
    assert "<script>," not in page.source and "not shared with" not in page.text
    # Nobody makes up for somebody else that something was left out, or that a part bears a personal value.
    names = f"warned=SAMPLES_LEFT_OUT,LITERAL_OF_PERSONAL_COLUMN&part={personal['id']}"
    assert "Sample values of some tables" not in browser.visit(f"{shop.at}?tab=model&done=saved&{names}").text
    sealed = browser.visit(told) and browser.query()["warned"]
    editor = reader(shop, "warned-editor", {"role": "editor"})
    page = editor.visit(f"{shop.at}?tab=model&done=saved&warned={sealed}")
    assert "not shared with" not in page.text and "“Who is a?” compares" not in page.text
    browser.visit(f"{shop.at}?tab=model&done=saved&warned={sealed[:-4]}AAAA")
    shop.bob.delete(f"{shop.path}/verified-queries/{personal['id']}")


def test_more_verified_queries_than_a_page_shows_have_pages(shop):
    for number in range(101):
        shop.bob.post(f"{shop.path}/verified-queries", {"question": f"Which was order {number:03}?", "sql": "SELECT COUNT(*) AS n FROM orders"})
    first = shop.browser.visit(f"{shop.at}?tab=model")
    assert "100 are shown; there are more." in first.text
    following = shop.browser.visit(next(link for link in first.links if "queries=" in link))
    told = first.text + following.text
    assert all(f"Which was order {number:03}?" in told for number in range(101))
    assert shop.browser.ask("GET", f"{shop.at}?tab=model&queries=made-up").status in (200, 400)
    assert shop.browser.ask("GET", f"{shop.at}?tab=model&models=made-up").status in (200, 400)


def test_tables_that_leave_name_the_figures_that_go_with_them(shop):
    body = {"name": "Leaving figures", "dataSourceId": shop.source, "isDeployed": True,
            "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]}  # fmt: skip
    made = shop.bob.post("/data-products", body, expect=201)
    product = made["dataProduct"]["id"]
    shop.browser.visit(f"/products/{product}?tab=model")
    at = shop.browser.path
    shop.browser.send(f"{at}/model", do="generate")
    shop.browser.send(f"{at}/model", do="deploy")
    page = shop.browser.visit(f"{at}?edit=assets")
    stays = re.search(r'name="keep" value="([^"]+)"[^>]*>\s*<bdi>[^<]*customers', page.source).group(1)
    page = shop.browser.send(at, keep=stays)
    assert "can no longer be asked for" in page.text and "order" in page.text.split("can no longer be asked for")[1].lower(), page.text
    shop.browser.send(at, keep=stays)
    page = shop.browser.visit(f"{at}?tab=model")
    assert "These datasets read tables that the product does not have" in page.text


def uploaded(browser: Browser, at: str, file: tuple | None, **fields):
    """Sends the form that adds a document, as a browser does: with the file beside what is typed."""
    form = browser.visit(f"{at}?tab=model").form(f"{at}/documents")
    assert form["fields"].pop("file") == "" and form["action"] == f"{at}/documents"
    parts = {name: (None, value) for name, value in (form["fields"] | {"do": "add"} | fields).items()}
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    return browser.ask("POST", form["action"], files=parts | ({"file": file} if file else {}), headers=here)


def documents(page) -> dict[str, str]:
    """The documents that a page lists, and what it says of each."""
    part = page.source.split('id="documents"')[1].split("</section>")[0]
    return {re.search("<bdi>(.*?)</bdi>", row)[1]: words(row.split("</tr>")[0]) for row in part.split("<tr>")[2:]}


POLICY = b"# Returns\n\nGoods that arrive damaged are replaced free of charge."


def test_a_document_is_added_made_live_and_taken_away(shop):
    browser, name = shop.browser, "returns-policy.md"
    assert "There are no documents." in browser.visit(f"{shop.at}?tab=model").text
    page = uploaded(browser, shop.at, (name, POLICY, "text/markdown"), description=HOSTILE)
    assert page.status == 200 and browser.query() == {"tab": "model", "done": "saved"}, page.text[:500]
    said = documents(page)[name]
    for part in ("draft", f"{len(POLICY)} bytes", "1 passage read", shop.server.admin.name, "just now"):
        assert part in said, said
    assert "There are drafts" in page.text and "1 document" in page.text and "<script>alert" not in page.source
    question = "what does the returns policy say about damaged goods"
    assert "free of charge" not in json.dumps(shop.ask(question))
    # Nobody else sees the draft.
    viewer = reader(shop, "reads-documents", {})
    page = viewer.visit(f"{shop.at}?tab=model")
    assert "There are no documents. Its owners and editors can add some." in page.text
    browser.visit(f"{shop.at}?tab=model")
    page = browser.send(f"{shop.at}/model", do="deploy")
    assert "draft" not in documents(page)[name] and "free of charge" in json.dumps(shop.ask(question))
    # A reader sees it, gets the file, and is told who adds one; a form that he makes up is refused before the file is looked at.
    page = viewer.visit(f"{shop.at}?tab=model")
    assert documents(page).keys() == {name} and "Its owners and editors can add and remove documents." in page.text
    assert not any(form["action"].endswith("/documents") for form in page.forms)
    at = next(link for link in page.links if link.startswith(f"{shop.at}/documents/"))
    answer = viewer.visit(at).answer
    assert answer.content == POLICY and answer.headers["Content-Type"].startswith("text/markdown")
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
    here = {"Origin": viewer.base, "Sec-Fetch-Site": "same-origin"}
    bound = viewer.visit(f"{shop.at}?tab=model").form(f"{shop.at}/follow")["fields"]
    made_up = {name: (None, bound[name]) for name in ("token", "of")} | {"do": (None, "add"), "file": ("x.txt", b"mine", "text/plain")}
    assert viewer.ask("POST", f"{shop.at}/documents", files=made_up, headers=here).status == 403
    asked = f"{shop.at}?tab=model&document={at.rsplit('/', 1)[1]}"
    assert viewer.ask("GET", asked).status == 403
    theirs = Browser(shop.server).sign_in(shop.server.new_user("no-reader-of-documents"))
    assert theirs.ask("GET", at).status == 404, "who does not see the product"
    # What is live goes with the next deploy.
    page = browser.visit(next(link for link in browser.visit(f"{shop.at}?tab=model").links if "document=" in link))
    assert f"{name}, {len(POLICY)} bytes, and all that was read of it" in page.text and "until then questions are answered" in page.text
    stale = page.form(f"{shop.at}/documents")["fields"]
    page = browser.send(f"{shop.at}/documents")
    assert "removed with the next deploy" in documents(page)[name] and "free of charge" in json.dumps(shop.ask(question))
    page = browser.ask("POST", f"{shop.at}/documents", data=stale, headers=here)
    assert page.status == 409 and "Somebody has changed it" in " ".join(page.roles["alert"])
    browser.visit(f"{shop.at}?tab=model")
    page = browser.send(f"{shop.at}/model", do="deploy")
    assert "There are no documents." in page.text and "free of charge" not in json.dumps(shop.ask(question))


@pytest.mark.parametrize("look", LOOKS)
def test_a_document_is_added_in_a_browser(chromium, shop, look):
    window = chromium.new_context(**LOOKS[look]).new_page()
    sign_in(window, shop.server, shop.server.admin)
    window.goto(f"{shop.server.url}{shop.at}?tab=model")
    window.set_input_files("#file", {"name": f"{look}.txt", "mimeType": "text/plain", "buffer": b"Warranties last two years."})
    window.fill("#about-file", "What we promise")
    window.click("text=Add document")
    row = window.locator("tr", has_text=f"{look}.txt")
    expect(row).to_contain_text("1 passage read")
    expect(row).to_contain_text("What we promise")
    assert judged(window, f"documents {look}") == []
    row.get_by_role("link", name="Remove").click()
    expect(window.locator("main")).to_contain_text(f"{look}.txt, 26 bytes")
    window.get_by_role("button", name="Remove").click()
    expect(window.locator("main")).to_contain_text("There are no documents.")
    window.context.close()


def test_what_is_no_document_is_refused_in_words(shop):
    browser = shop.browser
    for file, said in (
        (None, "Choose a file"),
        (("empty.txt", b"", "text/plain"), "Choose a file"),
        (("picture.png", b"\x89PNG\r\n\x1a\n\0", "image/png"), "picture.png: only text, Markdown, CSV, HTML and PDF are read."),
        (("report.pdf", b"hello", "application/pdf"), "report.pdf is not what it is said to be: it lacks the mark of a PDF."),
        (("../../<b>x.txt", b"a\0b", "text/plain"), "it is not text in UTF-8 without NUL"),
    ):
        page = uploaded(browser, shop.at, file)
        assert page.status == 400 and said in " ".join(page.roles["alert"]), (file, page.status, page.text[:300])
        assert "<b>x" not in page.source
    assert uploaded(browser, shop.at, ("a.txt", b"a", "text/plain"), name="n" * 300).status == 400
    assert uploaded(browser, shop.at, ("large.txt", b"a" * ((25 << 20) + 1), "text/plain")).status == 413
    assert "There are no documents." in browser.visit(f"{shop.at}?tab=model").text
    # What can be taken and not be read says so, in the reader's language.
    german = Browser(shop.server).sign_in(shop.server.admin)
    german.session.headers["Accept-Language"] = "de"
    page = uploaded(german, shop.at, ("broken.pdf", b"%PDF-1.7 and nothing else", "application/pdf"))
    assert "die Datei ist beschädigt oder hält sich nicht an ihr Format" in page.text
    browser.visit(next(link for link in browser.visit(f"{shop.at}?tab=model").links if "document=" in link))
    page = browser.send(f"{shop.at}/documents")
    assert "There are no documents." in page.text, "a draft goes at once"


def test_a_forged_upload_changes_nothing(shop):
    browser = shop.browser
    own = browser.visit("/logout").form("/logout")["fields"]["token"]
    other = Browser(shop.server).sign_in(shop.server.admin).visit("/logout").form("/logout")["fields"]["token"]
    file = ("forged.txt", b"forged", "text/plain")
    for token, origin in ((None, browser.base), (other, browser.base), (own, "https://evil.example")):
        parts = {"do": (None, "add"), "file": file} | ({"token": (None, token)} if token else {})
        page = browser.ask("POST", f"{shop.at}/documents", files=parts, headers={"Origin": origin})
        assert page.status == 403, (token, origin, page.status)
    for body in (b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n" + own.encode()):
        headers = {"Origin": browser.base, "Content-Type": "multipart/form-data; boundary=x"}
        assert browser.ask("POST", f"{shop.at}/documents", data=body, headers=headers).status in (400, 403), body
    assert browser.ask("POST", f"{shop.at}/documents", data=b"x", headers={"Origin": browser.base, "Content-Type": "multipart/form-data"}).status in (400, 403)
    assert "forged.txt" not in browser.visit(f"{shop.at}?tab=model").text
