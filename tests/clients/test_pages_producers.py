"""What those who offer a product learn of the questions to it, on its page; what they mend there; and who learns none of it."""

import re
from html import unescape

import pytest

from chat_world import Shop, rows
from openmetadata_door import OpenMetadataDoor, reference
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE, Browser, by_mail

WHALES = "SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id ORDER BY total DESC LIMIT 1"
SECTIONS = ("Unanswered questions", "Answers rated as wrong", "Clarified words", "Who uses it")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("pages-producers"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000").open_pages()
    made.ann = made.person("ann", {})
    made.people = {}
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def reader(shop: Shop, name: str, role: dict | None) -> Browser:
    if name not in shop.people:
        who = shop.server.new_user(name)
        if role is not None:
            shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"} | role]})
        shop.people[name] = who
    return Browser(shop.server).sign_in(shop.people[name])


def editor(shop: Shop) -> Browser:
    return reader(shop, "edith", {"role": "editor"})


def judge(shop: Shop, question: str, comment: str) -> None:
    answer = shop.ask(question, shop.ann)
    path = f"{shop.path}/chat-threads/{answer['threadId']}/messages/{answer['messageId']}/feedback"
    shop.ann.post(path, {"rating": "wrong", "comment": comment})


def choose(shop: Shop) -> None:
    asked = shop.ask("turnover for Georgia", shop.ann)
    state = next(one for one in asked["clarification"]["options"] if "state" in one["label"].lower())
    chosen = {"id": asked["clarification"]["id"], "choice": state["id"]}
    rows(shop.ask(state["label"], shop.ann, threadId=asked["threadId"], clarification=chosen))


def activity(shop: Shop) -> str:
    return f"{shop.at}?tab=activity"


def way(page, kind: str, about: str) -> str:
    """Where what was asked is mended: the link that says so."""
    found = re.findall(rf'href="([^"]*{kind}=[^"]*)">[^<]*<span class="vh"> <bdi>([^<]*)</bdi>', page.source)
    return next(unescape(at) for at, said in found if about in said)


def make_live(shop: Shop) -> None:
    shop.bob.post(f"{shop.path}/deploy", {})


def test_what_people_miss_stands_on_the_activity_tab(shop):
    browser = editor(shop)
    page = browser.visit(activity(shop))
    assert all(section in page.text for section in SECTIONS) and "No unanswered questions in the last 90 days" in page.text
    for _ in range(2):
        shop.ask("what is our churn rate?", shop.ann)
    shop.ask(f"net sales by {HOSTILE}", shop.ann)
    judge(shop, "turnover by region in 2026", "Returns are missing. " + HOSTILE)
    choose(shop)
    page = browser.visit(activity(shop))
    for said in ("what is our churn rate?", "2 times", "not known:", "words not known", "turnover by region in 2026",
                 "Returns are missing.", "georgia", "understood as customers.state (column)", "Changes"):  # fmt: skip
        assert said in page.text, said
    assert "<script>alert" not in page.source and "\u202e" not in page.source and "\u200b" not in page.source
    # Neither who asked, nor what was answered.
    section = page.source.split('id="past"')[0].split('id="who"')[0].split("<main")[1]
    assert not {"ann", "180"} & set(re.findall(r"\w+", re.sub("<[^>]*>", " ", section)))
    who = page.source.split('id="who"')[1].split('id="past"')[0]
    assert "ann" in who and "edith" in who and "No product that you can see is made from it." in who
    german = Browser(shop.server)
    german.session.headers["Accept-Language"] = "de"
    german.sign_in(shop.people["edith"])
    assert "Gefragt und nicht beantwortet" in german.visit(activity(shop)).text


def test_what_stands_on_its_tables_is_made_of_it(shop):
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    orders = om.by_name("tables", "shop.shop.main.orders")
    schema = om.schema("made-of-orders")
    columns = [{"name": "a", "dataType": "INT"}]
    made, apart = (om.post("/tables", {"name": name, "databaseSchema": schema, "columns": columns}) for name in ("made", "apart"))
    edge = {"fromEntity": reference(orders, "table"), "toEntity": reference(made, "table")}
    om.call("PUT", "/lineage", {"edge": edge}, expect=200)
    products = []
    for name, what, asset in (
        ("TakesOrders", "inputPorts", orders),
        ("HoldsMade", "assets", made),
        ("SharesOrders", "assets", orders),
        ("StandsApart", "assets", apart),
    ):
        products.append(om.post("/dataProducts", {"name": name, "description": "d", "domains": ["default"]})["id"])
        om.put(f"/dataProducts/default.{name}/{what}/add", {"assets": [reference(asset, "table")]}, expect=200)
    page = editor(shop).visit(activity(shop))
    section = page.source.split('id="who"')[1].split('id="past"')[0]
    assert "TakesOrders" in section and "HoldsMade" in section
    assert "SharesOrders" not in section and "StandsApart" not in section
    assert 'href="/products/default.Retail"' not in section
    for product in products:
        om.delete(f"/dataProducts/{product}", hardDelete="true")


def test_others_learn_none_of_it(shop):
    shop.ask("what is our churn rate?", shop.ann)
    browser = editor(shop)
    at = way(browser.visit(activity(shop)), "question", "churn")
    asked = at.split("question=")[1]
    cut = {"rowFilters": {"customers": "region = 'EU'"}}
    for name, role in (("victor", {}), ("cuthbert", cut), ("nosql", {"allowSql": False})):
        other = reader(shop, name, role)
        page = other.visit(activity(shop))
        assert not any(section in page.text for section in SECTIONS) and "churn" not in page.source, name
        other.visit(at, expect=403)
        token = other.visit("/logout").form("/logout")["fields"]["token"]
        own = {"token": token, "of": shop.product}
        sent = own | {"question_id": asked, "term": "churn", "target": "metric//net_sales", "sql": "SELECT 1", "question": "x"}
        for do in ("synonym", "verify"):
            assert other.ask("POST", f"{shop.at}/mending", data=sent | {"do": do}).status == 403, (name, do)
        made_up = own | {"do": "verify", "answer_id": asked, "sql": "SELECT 1", "question": "x"}
        assert other.ask("POST", f"{shop.at}/mending", data=made_up).status == 403, name
    reader(shop, "outsider", None).visit(activity(shop), expect=404)
    elsewhere = Browser(shop.server).sign_in(by_mail(shop.server.new_account("producers-elsewhere"), "producers-elsewhere"))
    elsewhere.visit(at, expect=404)


def test_who_owns_it_through_a_team_learns_it_and_a_member_without_a_role_does_not(shop):
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    inside, outside = shop.server.new_user("inside"), shop.server.new_user("outside")
    team = om.post("/teams", {"name": "Crew", "teamType": "Group", "users": [inside.id]})
    path = f"/dataProducts/{shop.product}"
    owners = om.get(path, fields="owners").get("owners", [])
    om.patch(path, [{"op": "add", "path": "/owners", "value": [reference(team, "team")]}])
    shop.ask("what is our churn rate?", shop.ann)
    assert "churn" in Browser(shop.server).sign_in(inside).visit(activity(shop)).text
    other = Browser(shop.server).sign_in(outside)
    page = other.ask("GET", activity(shop))
    assert page.status == 404 or "churn" not in page.source
    om.patch(path, [{"op": "add", "path": "/owners", "value": owners}])


def test_a_word_is_taught_where_it_was_missed(shop):
    assert shop.ask("takings in 2026", shop.ann)["status"] == "not_answerable"
    browser = editor(shop)
    at = way(browser.visit(activity(shop)), "question", "takings")
    page = browser.visit(at)
    form = next(form for form in page.forms if "target" in form["fields"] or "term" in form["fields"])
    assert form["fields"]["term"] == "takings"
    values = [given["value"] for tag, given in page.tags if tag == "option"]
    target = next(value for value in values if value.startswith("metric/") and value.endswith("/net_sales"))
    assert any(value.endswith("/customers.region") for value in values)
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    # What names nothing is refused, and what was typed stays.
    wrong = browser.ask("POST", form["action"], data=form["fields"] | {"do": "synonym", "target": target + "x", "term": "tak ings"}, headers=here)
    assert wrong.status == 400 and wrong.roles["alert"] and 'value="tak ings"' in wrong.source
    for field in ("term", "target"):
        missing = browser.ask("POST", form["action"], data=form["fields"] | {"do": "synonym", "target": target, field: ""}, headers=here)
        assert missing.status == 400, field
    page = browser.ask("POST", form["action"], data=form["fields"] | {"do": "synonym", "target": target}, headers=here)
    assert browser.query()["tab"] == "model" and "There are drafts" in page.text and "takings" in page.text
    make_live(shop)
    assert rows(shop.ask("takings in 2026", shop.ann)) == [[280]]


def test_a_question_gets_a_verified_query_where_it_was_missed(shop):
    asked = shop.ask("who are our whales?", shop.ann)
    browser = editor(shop)
    at = way(browser.visit(activity(shop)), "question", "whales")
    page = browser.visit(at)
    form = next(form for form in page.forms if "sql" in form["fields"])
    assert form["fields"]["question"] == "who are our whales?"
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    bad = browser.ask("POST", form["action"], data=form["fields"] | {"do": "verify", "sql": "DELETE FROM orders"}, headers=here)
    assert bad.status == 400 and bad.roles["alert"] and "DELETE FROM orders" in bad.text
    # Who asked takes the question back while it is typed: what was typed is not lost.
    shop.ann.delete(f"{shop.path}/chat-threads/{asked['threadId']}")
    gone = browser.ask("POST", form["action"], data=form["fields"] | {"do": "verify", "sql": WHALES}, headers=here)
    assert gone.status == 409 and "The person who asked has deleted the question. What you typed is below" in " ".join(gone.roles["alert"]) and WHALES in gone.text
    browser.visit(at, expect=404)
    shop.ask("who are our whales?", shop.ann)
    browser.visit(way(browser.visit(activity(shop)), "question", "whales"))
    form = next(form for form in browser.page.forms if "sql" in form["fields"])
    page = browser.ask("POST", form["action"], data=form["fields"] | {"do": "verify", "sql": WHALES}, headers=here)
    assert browser.query()["tab"] == "model" and "who are our whales?" in page.text
    make_live(shop)
    assert rows(shop.ask("who are our whales?", shop.ann))[0][0] == 1


def test_what_mends_a_refused_question_is_proposed(shop):
    shop.ask("turnover per unicorn rider", shop.ann)
    browser = editor(shop)
    page = browser.visit(way(browser.visit(activity(shop)), "question", "unicorn"))
    synonym = next(form["fields"] for form in page.forms if "term" in form["fields"])
    verified = next(form for form in page.forms if "sql" in form["fields"])
    assert synonym["term"] and "FROM" in verified["fields"]["sql"] and "SUM" in verified["fields"]["sql"], verified
    shop.ask("what do unicorns weigh", shop.ann)
    unlike = browser.visit(way(browser.visit(activity(shop)), "question", "weigh"))
    assert [form["fields"]["sql"].strip() for form in unlike.forms if "sql" in form["fields"]] == [""], "nothing is like it"
    page = browser.visit(page.url)
    # It is a statement that runs.
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    sent = verified["fields"] | {"do": "verify", "question": "What is sold to unicorn riders?"}
    page = browser.ask("POST", verified["action"], data=sent, headers=here)
    assert browser.query()["tab"] == "model" and "unicorn riders" in page.text, page.text


def test_an_answer_that_was_wrong_is_mended(shop):
    judge(shop, "number of customers", "Too many.")
    browser = editor(shop)
    page = browser.visit(way(browser.visit(activity(shop)), "answer", "number of customers"))
    form = next(form for form in page.forms if "sql" in form["fields"])
    assert "COUNT" in form["fields"]["sql"] and "Too many." in page.text
    assert not any("target" in one["fields"] or "term" in one["fields"] for one in page.forms)
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    sql = "SELECT COUNT(*) AS n FROM customers WHERE country IS NOT NULL"
    page = browser.ask("POST", form["action"], data=form["fields"] | {"do": "verify", "sql": sql}, headers=here)
    assert browser.query()["tab"] == "model", page.text
    make_live(shop)
    # Answered by that query from now on: where its answer is wrong, the query is changed.
    judge(shop, "number of customers", "Still.")
    page = browser.visit(activity(shop))
    changed = browser.visit(way(page, "verified", "number of customers"))
    assert "country IS NOT NULL" in changed.text


def test_the_only_figure_whose_name_has_the_word_is_proposed(shop):
    shop.ask("our net by region", shop.ann)
    browser = editor(shop)
    page = browser.visit(way(browser.visit(activity(shop)), "question", "our net by region"))
    assert re.search(r'<option value="metric/[^"]*/net_sales" selected>', page.source), page.source
    assert 'name="term" value="net"' in page.source


def test_addresses_that_name_nothing_are_refused(shop):
    browser = editor(shop)
    for kind in ("question", "answer"):
        browser.visit(f"{shop.at}/mending?{kind}=made-up", expect=404)
    browser.visit(f"{shop.at}/mending")
    assert browser.query()["tab"] == "activity", "where no question is named, there is a list of them"
    for cursor in ("questions", "feedback", "choices", "broken"):
        assert browser.ask("GET", f"{activity(shop)}&{cursor}=made-up").status in (200, 400)
    token = browser.visit("/logout").form("/logout")["fields"]["token"]
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    for sent in ({}, {"do": "verify"}, {"do": "synonym", "answer_id": "x"}, {"do": "x", "question_id": "x"}):
        assert browser.ask("POST", f"{shop.at}/mending", data={"token": token, "of": shop.product} | sent, headers=here).status == 404, sent
    assert browser.ask("POST", f"{shop.at}/mending", data={"do": "verify", "answer_id": "x"}, headers=here).status == 403
    assert browser.visit(f"{shop.at}/mending").url.endswith("tab=activity")


def test_products_that_are_made_of_it_use_it(shop):
    made = {}
    for name in ("Board", "Closed board"):
        made[name] = shop.bob.post("/data-products", {"name": name, "dataSourceId": shop.source}, expect=201)["dataProduct"]["id"]
        body = {"sourceDataProductId": shop.product, "alias": "retail", "isDeployed": True}
        shop.bob.post(f"/data-products/{made[name]}/compositions", body, expect=201)
    shop.browser.visit(f"/products/{made['Closed board']}?edit=visibility")
    shop.browser.send(shop.browser.path, visibility="granted")
    text = shop.browser.visit(activity(shop)).text
    assert "Board" in text and "Closed board" in text
    # Of products that he does not see, an editor is told nothing.
    text = editor(shop).visit(activity(shop)).text
    assert "Closed board" not in text


@pytest.mark.parametrize("look", LOOKS)
def test_the_tab_and_its_forms_are_for_everybody(chromium, shop, look):
    shop.ask("what is our churn rate?", shop.ann)
    shop.ask("number of punters by realm", shop.ann)
    judge(shop, "turnover by region in 2026", "Returns are missing.")
    choose(shop)
    query = {"question": "How many are there?", "sql": "SELECT COUNT(*) AS n FROM orders", "isDeployed": True}
    listed = shop.bob.get(f"{shop.path}/verified-queries")["verifiedQueries"]
    if all(one["question"] != query["question"] for one in listed):
        shop.bob.post(f"{shop.path}/verified-queries", query)
    query = next(one for one in shop.bob.get(f"{shop.path}/verified-queries")["verifiedQueries"] if one["question"] == query["question"])
    page_of = shop.browser.visit(activity(shop))
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    sign_in(page, shop.server, shop.server.admin)
    pages = {
        "activity": activity(shop),
        "mend question": way(page_of, "question", "punters"),
        "mend answer": way(page_of, "answer", "turnover by region"),
        "verified edit": f"{shop.at}?tab=model&verified={query['id']}",
        "verified remove": f"{shop.at}?tab=model&remove={query['id']}",
        "warned": f"{shop.at}?tab=model&done=deployed&warned=LITERAL_OF_PERSONAL_COLUMN,UNFILTERED_VIEW&part={query['id']}",
    }
    for name, address in pages.items():
        page.goto(shop.server.url + address)
        wrong += judged(page, f"producer {name}")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_of_many_verified_queries_it_is_said_how_many_were_looked_at(shop):
    for n in range(101):
        body = {"question": f"How many orders are there, for the {n}th time?", "sql": "SELECT COUNT(*) AS n FROM orders"}
        shop.bob.post(f"{shop.path}/verified-queries", body, expect=201)
    browser = editor(shop)
    page = browser.visit(activity(shop))
    assert "100 were checked; there are more." in page.text
    page = browser.visit(next(link for link in page.links if "broken=" in link))
    assert "Broken queries" in page.text and "there are more" not in page.source.split('id="broken"')[1].split('id="who"')[0]


def test_a_composed_product_says_what_it_is_made_of_and_takes_it_out(shop):
    body = {"name": "Piece", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": [{"tableName": "orders"}]}
    piece = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    whole = shop.bob.post("/data-products", {"name": "Whole picture", "dataSourceId": shop.source}, expect=201)["dataProduct"]["id"]
    shop.bob.post(f"/data-products/{whole}/compositions", {"sourceDataProductId": piece, "alias": "bits", "isDeployed": True}, expect=201)
    shop.browser.visit(f"/products/{piece}")
    part = shop.browser.path
    shop.browser.visit(f"/products/{whole}")
    at = shop.browser.path
    for tab in ("assets", "model", "lineage"):
        page = shop.browser.visit(f"{at}?tab={tab}")
        assert "Composed of" in page.text and part in page.links and "bits" in page.text, tab
    assert "This product has no assets yet" not in shop.browser.visit(f"{at}?tab=assets").text
    assert "There is no semantic model yet" not in shop.browser.visit(f"{at}?tab=model").text
    assert "no live model" not in shop.browser.visit(f"{at}?tab=ask").text
    # What holds it is named, with the way to take it out, before anybody presses anything.
    page = shop.browser.visit(f"{part}?edit=delete")
    assert "Whole picture" in page.text and any(link.startswith(at) for link in page.links), page.links
    assert 'class="danger"' not in page.source
    command = {"token": page.form(part)["fields"]["token"], "of": piece, "edit": "delete", "revision": page.form(part)["fields"]["revision"]}
    refused = shop.browser.ask("POST", part, data=command)
    assert refused.status == 409 and "Take it out of them first" in " ".join(refused.roles["alert"]), refused.text
    # An onlooker takes nothing out.
    person = shop.server.new_user("onlooker-of-pieces")
    shop.bob.patch(f"/data-products/{whole}/users", {"add": [{"userId": person.id, "role": "viewer"}]})
    onlooker = Browser(shop.server).sign_in(person)
    page = onlooker.visit(f"{at}?tab=assets")
    assert "Take out" not in page.text
    composition = shop.bob.get(f"/data-products/{whole}/compositions")["compositions"][0]["id"]
    token = onlooker.visit("/logout").form("/logout")["fields"]["token"]
    assert onlooker.ask("POST", f"{at}/model", data={"token": token, "of": whole, "do": "remove_composition", "composition": composition}).status in (403, 404)
    shop.browser.visit(f"{at}?tab=assets")
    page = shop.browser.send(f"{at}/model", do="remove_composition")
    assert "removed with the next deploy" in page.text
    shop.browser.visit(f"{at}?tab=model")
    shop.browser.send(f"{at}/model", do="deploy")
    assert "Composed of" not in shop.browser.visit(f"{at}?tab=assets").text
    shop.browser.visit(f"{part}?edit=delete")
    shop.browser.send(part)
    assert "Deleted just now" in shop.browser.page.text
