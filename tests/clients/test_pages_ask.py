"""Asking a product on its page, without a script: what stands there is what the door answers, for who may read it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from bobsled_door import BobsledDoor
from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, Page, by_mail

HOSTILE = "<script>alert(1)</script>\u202egnp\u200b \"q\" 'x' &amp;"
QUESTION = "turnover per area in 2026"


class Person:
    """Somebody at the pages of the shop."""

    def __init__(self, shop: Shop, name: str, role: dict | None):
        self.who = shop.server.new_user(name)
        self.door = BobsledDoor(shop.server, self.who.token)
        if role is not None:
            shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": self.who.id, "role": "viewer"} | role]})
        self.browser = Browser(shop.server).sign_in(self.who)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("pages-ask")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def ask(shop: Shop, browser: Browser, question: str, thread: str = "", **fields) -> Page:
    browser.visit(f"{shop.at}?tab=ask" + (f"&thread={thread}" if thread else ""))
    return browser.send(f"{shop.at}/ask", question=question, **fields)


def cells(page: Page) -> list[list[str]]:
    """The rows of the table of figures."""
    table = re.search(r'<table class="grid figures">(.*?)</table>', page.source, re.S)
    if not table:
        return []
    rows = re.findall(r"<tr>(.*?)</tr>", table.group(1).split("<tbody>")[1], re.S)
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]


def test_a_question_gets_the_answer_of_the_door_at_an_address_of_its_own(shop):
    browser = shop.browser
    page = ask(shop, browser, QUESTION)
    query = browser.query()
    assert browser.path == shop.at and query.keys() == {"tab", "thread"} and query["tab"] == "ask"
    answer = shop.ask(QUESTION)
    assert answer["text"] in page.text
    assert cells(page) == [[region, str(figure)] for region, figure in answer["table"]["rows"]] == [
        ["EU", "180"], ["US", "90"], ["APAC", "10"],
    ]  # fmt: skip
    figures = [given for tag, given in page.tags if tag == "td"]
    assert {given.get("class") for given in figures if given.get("class")} == {"num"}
    bars = [given for tag, given in page.tags if tag == "rect" and given["class"].startswith("bar")]
    assert [int(bar["width"]) for bar in bars] == [270, 135, 15], "as long as they say"
    # How it was read, with the words marked; the statement; where it comes from.
    marked = re.findall(r'<mark title="([^"]*)">([^<]*)</mark>', page.source)
    assert ("net_sales", "turnover") in [(meaning.lower().replace(" ", "_"), words) for meaning, words in marked]
    assert "SUM(" in page.text and "the semantic model" in page.text
    assert any(link.startswith("/tables/") and "orders" in link for link in page.links)
    # The address is enough, and what was asked is listed.
    again = browser.visit(f"{shop.at}?tab=ask&thread={query['thread']}")
    assert cells(again) == cells(page)
    listed = browser.visit(f"{shop.at}?tab=ask")
    assert any(query["thread"] in link for link in listed.links) and not cells(listed)


def test_a_follow_up_changes_the_question_and_the_rows_before_are_one_step_away(shop):
    browser = shop.browser
    ask(shop, browser, QUESTION)
    thread = browser.query()["thread"]
    page = browser.send(f"{shop.at}/ask", question="only EU")
    assert browser.query()["thread"] == thread and cells(page) == [["EU", "180"]]
    before = next(link for link in page.links if "&at=" in link)
    page = browser.visit(before.split("#")[0])
    assert cells(page) == [["EU", "180"], ["US", "90"], ["APAC", "10"]] and "only EU" in page.text


def test_what_is_asked_back_is_a_button(shop):
    page = ask(shop, shop.browser, "turnover for Georgia")
    options = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "choice"]
    forms = [form["fields"] for form in page.forms if form["fields"].get("question") and form["fields"].get("thread")]
    assert len(options) == 2 and page.roles.get("alert") is None
    state = next(n for n, one in enumerate(options) if "state" in one)
    page = shop.browser.send(f"{shop.at}/ask", **forms[state] | {"choice": options[state]})
    assert "130" in page.text and not [1 for tag, given in page.tags if given.get("name") == "choice"]
    assert shop.browser.query()["thread"] == forms[state]["thread"]


def test_what_is_not_known_is_named_and_the_nearest_is_offered(shop):
    page = ask(shop, shop.browser, "net sales by happiness")
    assert "happiness" in re.findall(r'<mark class="unknown">([^<]*)</mark>', page.source)
    offered = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "question"]
    assert offered and not cells(page)
    page = shop.browser.send(f"{shop.at}/ask", question=offered[0])
    assert "not known" not in page.text.lower().split("perhaps")[-1] or page.status == 200


def test_a_product_without_a_model_says_so_and_leads_to_it(shop):
    body = {"name": "Bare", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": [{"tableName": "orders"}]}
    bare = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    shop.browser.visit(f"/products/{bare}")
    page = shop.browser.visit(f"{shop.browser.path}?tab=ask")
    assert "This product has no live model, so it cannot answer questions for figures. It can quote its documents" in page.text and f"{shop.browser.path}?tab=model" in page.links
    assert "This product has no live model, so it cannot answer questions for figures. It can quote its documents" not in shop.browser.visit(f"{shop.at}?tab=ask").text


def test_an_address_puts_a_question_into_the_box_and_asks_nothing(shop):
    earlier = len(shop.bob.get(f"{shop.path}/chat-threads")["threads"])
    page = shop.browser.visit(f"{shop.at}?tab=ask&question=turnover+per+area")
    assert page.form(f"{shop.at}/ask")["fields"]["question"] == "turnover per area" and not cells(page)
    # What is offered beside it would be answered.
    offered = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "question"]
    assert len(offered) > 2 and offered[1:] == shop.bob.get(f"{shop.path}/chat/guide")["questions"][:4]
    assert len(shop.bob.get(f"{shop.path}/chat-threads")["threads"]) == earlier
    answered = shop.browser.send(f"{shop.at}/ask", question="turnover per area")
    assert cells(answered)[0][0] == "EU"


def test_what_cannot_be_asked_is_said_and_nothing_typed_is_lost(shop):
    browser = shop.browser
    browser.visit(f"{shop.at}?tab=ask")
    assert browser.send(f"{shop.at}/ask", expect=400, question="  ").roles["alert"]
    long = "turnover " * 500
    page = browser.send(f"{shop.at}/ask", expect=400, question=long)
    assert page.roles["alert"] and page.form(f"{shop.at}/ask")["fields"]["question"] == long.strip()
    for thread in ("nonsense", "0" * 8 + "-0000-4000-8000-" + "0" * 12):
        browser.visit(f"{shop.at}?tab=ask&thread={thread}", expect=404)
        browser.visit(f"{shop.at}?tab=ask")
        assert browser.send(f"{shop.at}/ask", expect=404, question=QUESTION, thread=thread).roles["alert"]
    browser.visit(f"{shop.at}?tab=ask")
    assert browser.ask("POST", f"{shop.at}/ask", data={"question": QUESTION}).status == 403, "no page made it"


def test_each_reads_his_own_rows_and_nobody_elses_threads(shop):
    cut = Person(shop, "cut-reader", {"rowFilters": {"customers": "region = 'EU'"}})
    page = ask(shop, cut.browser, "number of customers per area")
    assert cells(page) == [["EU", "2"]] == [[a, str(b)] for a, b in shop.ask("number of customers per area", cut.door)["table"]["rows"]]
    assert "APAC" not in page.text and "Japan" not in page.text
    thread = cut.browser.query()["thread"]
    hidden = ask(shop, cut.browser, "number of customers in Japan")
    assert not cells(hidden) and "Nothing here is called" in hidden.text
    # Neither another viewer nor the administrator of the account reads his rows; he does not read theirs.
    other = Person(shop, "other-reader", {})
    page = other.browser.visit(f"{shop.at}?tab=ask&thread={thread}", expect=404)
    assert "This conversation is not yours" in page.text and page.form(f"{shop.at}/ask"), "he may ask the same here"
    assert "Search for" not in page.text
    outline = shop.browser.visit(f"{shop.at}?tab=ask&thread={thread}")
    assert not cells(outline) and "EU" not in outline.text
    ask(shop, shop.browser, QUESTION)
    cut.browser.visit(f"{shop.at}?tab=ask&thread={shop.browser.query()['thread']}", expect=404)
    # What he may read by now decides, not what he might then.
    shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": cut.who.id, "rowFilters": {"customers": "region = 'US'"}}]})
    assert cells(cut.browser.visit(f"{shop.at}?tab=ask&thread={thread}")) == [["US", "1"]]
    shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": cut.who.id, "allowSql": False}]})
    page = cut.browser.visit(f"{shop.at}?tab=ask&thread={thread}")
    assert not cells(page) and "The figures can no longer be shown" in page.text
    token = cut.browser.visit("/logout").form("/logout")["fields"]["token"]
    sent = cut.browser.ask("POST", f"{shop.at}/ask", data={"token": token, "of": shop.product, "question": QUESTION})
    assert sent.status == 403 and sent.roles["alert"]
    shop.bob.patch(f"{shop.path}/users", {"remove": [cut.who.id]})
    cut.browser.visit(f"{shop.at}?tab=ask&thread={thread}", expect=404)


def test_an_older_answer_is_not_shown_under_other_rights(shop):
    reader = Person(shop, "older-reader", {})
    ask(shop, reader.browser, "number of customers per area")
    thread = reader.browser.query()["thread"]
    page = ask(shop, reader.browser, "list orders over 60", thread=thread)
    orders = cells(page)
    assert "APAC" in page.text and len(orders) == 2, page.text
    shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": reader.who.id, "rowFilters": {"customers": "region = 'US'"}}]})
    page = reader.browser.visit(f"{shop.at}?tab=ask&thread={thread}")
    assert cells(page) == orders and "number of customers per area" in page.text
    assert not re.search(r"\b(APAC|EU)\b", page.text) and "This answer is not shown any more" in page.text
    again = next(link for link in page.links if "&at=" in link)
    page = reader.browser.visit(again.split("#")[0])
    assert cells(page) == [["US", "1"]] and "This answer is not shown any more" not in page.text


def test_who_would_get_no_answer_is_told_how_to_ask_for_access(shop):
    kept_out = Person(shop, "kept-out", {"allowSql": False})

    def closed() -> tuple[bool, bool, list[str]]:
        """Whether there is a box, whether he is led to the form, and to which requests."""
        page = kept_out.browser.visit(f"{shop.at}?tab=ask")
        main = page.source.split("<main")[1]
        links = re.findall(r'href="([^"]*)"', main.split('class="talk')[-1] if 'class="talk' in main else main)
        return (bool([form for form in page.forms if form["action"] == f"{shop.at}/ask"]),
                "without reading rows: you see what it is, and may not query it" in page.text and f"{shop.at}?tab=access" in links,
                [link for link in links if link.startswith("/requests/")])  # fmt: skip

    assert closed() == (False, True, [])
    page = kept_out.browser.visit(f"{shop.at}?tab=ask&asks=yes&question=turnover+of+%3Cb%3Eall%3C/b%3E")
    assert "The question of this link: “turnover of <b>all</b>”" in page.text
    body = {"product": shop.product, "wants": "viewer", "reason": "a report"}
    headers = {"Authorization": f"Bearer {kept_out.who.token}"}
    asked = requests.post(f"{shop.server.url}/emporion/v1/requests", json=body, headers=headers, timeout=30)
    assert asked.status_code == 200, asked.text
    assert closed()[0] is False and closed()[2] == [f"/requests/{asked.json()['id']}"]
    # Of documents he may ask all the same.
    text = {"kind": "text", "name": "Rules", "text": "Returns within 30 days.", "isDeployed": True}
    document = shop.bob.post(f"{shop.path}/unstructured-assets", text, expect=202)["unstructuredAsset"]
    assert closed()[0] is True
    shop.bob.delete(f"{shop.path}/unstructured-assets/{document['id']}")


def test_who_has_no_role_is_not_asked_in(shop):
    outsider = Person(shop, "ask-outsider", None)
    outsider.browser.visit(f"{shop.at}?tab=ask", expect=404)
    token = outsider.browser.visit("/logout").form("/logout")["fields"]["token"]
    assert outsider.browser.ask("POST", f"{shop.at}/ask", data={"token": token, "question": QUESTION}).status == 404
    stranger = Browser(shop.server).sign_in(by_mail(shop.server.new_account("ask-elsewhere"), "ask-elsewhere"))
    stranger.visit(f"{shop.at}?tab=ask", expect=404)
    token = stranger.visit("/logout").form("/logout")["fields"]["token"]
    assert stranger.ask("POST", f"{shop.at}/ask", data={"token": token, "question": QUESTION}).status == 404
    anonymous = requests.post(shop.server.url + f"{shop.at}/ask", data={"question": QUESTION}, allow_redirects=False, timeout=10)
    assert anonymous.status_code == 303 and "/login" in anonymous.headers["Location"]


def test_the_ways_inside_are_closed_from_outside(shop):
    """A cookie opens pages, and no door for programs."""
    cookie = {"emporion_session": shop.browser.session.cookies["emporion_session"]}
    for path in ("/api/v1/accounts/me/data-products", "/emporion/v1/requests"):
        assert requests.get(shop.server.url + path, cookies=cookie, timeout=10).status_code == 401


def test_an_editor_makes_a_verified_query_of_an_answer(shop):
    reader = Person(shop, "no-editor", {})
    page = ask(shop, reader.browser, QUESTION)
    assert not [1 for tag, given in page.tags if given.get("value") == "verify"]
    fields = page.form(f"{shop.at}/answers")["fields"]
    reader.browser.send(f"{shop.at}/answers", expect=403, **fields | {"do": "verify", "question": "Mine?"})
    page = ask(shop, shop.browser, QUESTION)
    message = page.form(f"{shop.at}/answers")["fields"]["message"]
    shop.browser.send(f"{shop.at}/answers", do="verify", question="How did areas do in 2026?", message=message)
    drafts = shop.bob.get(f"{shop.path}/verified-queries")["verifiedQueries"]
    made = next(one for one in drafts if one["question"] == "How did areas do in 2026?")
    assert made["isDeployed"] is False and made["status"] == "ok" and "2026-01-01" in made["sql"], made

    def of_that_question() -> list:
        listed = shop.bob.get(f"{shop.path}/verified-queries")["verifiedQueries"]
        return [one["id"] for one in listed if one["question"] == "How did areas do in 2026?"]

    # Sent again, from a page that was loaded anew, it leads to what there is; sent twice at a time, it is done once.
    ask(shop, shop.browser, QUESTION)
    again = shop.browser.page.form(f"{shop.at}/answers")["fields"]["message"]
    page = shop.browser.send(f"{shop.at}/answers", do="verify", question="How did areas do in 2026?", message=again)
    assert shop.browser.query()["verified"] == made["id"] and "This exists already." in page.text
    assert of_that_question() == [made["id"]]
    form = ask(shop, shop.browser, QUESTION).form(f"{shop.at}/answers")["fields"]
    sent = form | {"do": "verify", "question": "How did areas do, asked in a hurry?"}
    twice = Browser(shop.server)
    twice.session.cookies.update(shop.browser.session.cookies)
    here = {"Origin": shop.browser.base, "Sec-Fetch-Site": "same-origin"}
    send = lambda browser: browser.ask("POST", f"{shop.at}/answers", data=sent, headers=here)
    with ThreadPoolExecutor(2) as pool:
        assert [page.status for page in pool.map(send, (shop.browser, twice))] == [200, 200]
    listed = shop.bob.get(f"{shop.path}/verified-queries")["verifiedQueries"]
    (hurried,) = [one["id"] for one in listed if one["question"] == "How did areas do, asked in a hurry?"]
    shop.bob.delete(f"{shop.path}/verified-queries/{hurried}")
    shop.bob.post(f"{shop.path}/deploy", {})
    page = ask(shop, shop.browser, "how did areas do in 2026?")
    assert "a verified query" in page.text and cells(page)[0] == ["EU", "180"]


def test_what_a_verified_query_answers_is_drawn_by_what_it_holds(shop):
    """Lines over days and bars beside names; what has several figures in one place stays a table."""
    asked = {
        "Which areas sold in which amounts?": ("SELECT c.region, SUM(o.amount) AS sold FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY 1", "bar"),
        "On which days did we sell?": ("SELECT order_date, SUM(amount) AS sold FROM orders GROUP BY 1", "line"),
        "Which orders of which state were there?": ("SELECT status, amount FROM orders", None),
    }
    for question, (sql, _) in asked.items():
        body = {"question": question, "sql": sql, "isDeployed": True}
        shop.bob.post(f"{shop.path}/verified-queries", body, expect=201)
    for question, (_, mark) in asked.items():
        answer = shop.ask(question)
        assert answer["provenance"]["method"] == "verified_query", answer
        assert (answer.get("chart") or {}).get("spec", {}).get("mark", {}).get("type") == mark, question
        page = ask(shop, shop.browser, question)
        assert ('<figure class="chart">' in page.source, "<rect class=\"bar" in page.source, '<path class="series-0"' in page.source) == (
            mark is not None, mark == "bar", mark == "line"), question  # fmt: skip
        assert len(cells(page)) >= 3, "the rows stand below it"


def test_months_that_are_texts_are_drawn_over_time_and_what_is_of_another_size_apart(shop):
    question = "What of each month is kept as a text?"
    sql = ("SELECT strftime('%Y-%m', order_date) AS month, COUNT(*) AS many, SUM(amount) * 1000 AS much, AVG(amount) AS middle"
           " FROM orders GROUP BY 1")  # fmt: skip
    shop.bob.post(f"{shop.path}/verified-queries", {"question": question, "sql": sql, "isDeployed": True}, expect=201)
    page = ask(shop, shop.browser, question)
    charts = re.findall(r'<figure class="chart">.*?</figure>', page.source, re.S)
    assert len(charts) == 3 and all('<path class="series-0"' in chart and "<rect" not in chart for chart in charts), len(charts)
    assert [name for name in ("many", "much", "middle") if any(name in chart for chart in charts)] == ["many", "much", "middle"]
    assert re.search(r">(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d<", charts[0])
    assert any(re.fullmatch(r"\d{2,3},\d{3}", cell) for row in cells(page) for cell in row), "what is no year is grouped"


def test_the_single_figure_of_a_verified_query_is_told_as_others_are(shop):
    question = "What is a thousand times of it all?"
    sql = "SELECT SUM(amount) * 1000 AS turned_over FROM orders"
    shop.bob.post(f"{shop.path}/verified-queries", {"question": question, "sql": sql, "isDeployed": True}, expect=201)
    page = ask(shop, shop.browser, question)
    assert re.search(r"turned_over: \d{2,3},\d{3}\.", page.text.replace("\u200b", "")), page.text
    german = Browser(shop.server)
    german.session.headers["Accept-Language"] = "de"
    page = ask(shop, german.sign_in(shop.server.admin), question)
    assert re.search(r"turned_over: \d{2,3}\.\d{3}\.", page.text.replace("\u200b", "")), page.text


def test_an_answer_is_rated(shop):
    reader = Person(shop, "rater", {})
    page = ask(shop, reader.browser, QUESTION)
    reader.browser.send(f"{shop.at}/answers", **page.form(f"{shop.at}/answers")["fields"] | {"do": "wrong"})
    assert "You rated it as wrong." in reader.browser.page.text
    rated = shop.bob.get(f"{shop.path}/chat-feedback")["feedback"]
    assert any(one["question"] == QUESTION and one["rating"] == "wrong" for one in rated)


def test_values_and_names_that_deceive_are_shown_and_never_run(shop):
    quoted = HOSTILE.replace("'", "''")
    shop.ingest(
        f"INSERT INTO customers VALUES (90, '{quoted}', 'x', 'y', 'h@x.example');"
        "INSERT INTO orders VALUES (90, 90, '2026-02-02', 'paid', 5);"
    )
    page = ask(shop, shop.browser, QUESTION)
    assert any("alert(1)" in row[0] for row in cells(page))
    page = ask(shop, shop.browser, HOSTILE)
    for page in (page, shop.browser.visit(f"{shop.at}?tab=ask")):
        assert [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"]
        assert all(not re.match(r"(?i)on|style$", key) for _, given in page.tags for key in given)
        assert "\u202e" not in page.text and "\u200b" not in page.text
    shop.ingest("DELETE FROM orders WHERE order_id = 90; DELETE FROM customers WHERE id = 90;")


def test_who_asks_too_much_waits_and_keeps_what_he_typed(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("pages-much"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="2")
    try:
        browser = Browser(shop.server).sign_in(shop.server.admin)
        browser.visit(f"/products/{shop.product}")
        shop.at = browser.path
        for _ in range(2):
            ask(shop, browser, QUESTION)
        browser.visit(f"{shop.at}?tab=ask")
        page = browser.send(f"{shop.at}/ask", expect=429, question="number of customers")
        assert re.search(r"Try again in (a second|\d+ seconds)", " ".join(page.roles["alert"]))
        assert page.form(f"{shop.at}/ask")["fields"]["question"] == "number of customers"
    finally:
        assert shop.server.stop() == 0, shop.server.log_tail()


def test_owners_through_a_team_read_what_it_owns_and_other_teams_do_not(shop):
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    teams = {}
    for name in ("ask-owners", "ask-others"):
        person = Person(shop, f"{name}-member", None)
        team = om.post("/teams", {"name": name, "teamType": "Group", "users": [person.who.id]})
        teams[name] = (person, team["id"])
    owners = [{"id": teams["ask-owners"][1], "type": "team"}]
    om.patch(f"/dataProducts/{shop.product}", [{"op": "add", "path": "/owners", "value": owners}])
    owner, other = teams["ask-owners"][0], teams["ask-others"][0]
    assert cells(ask(shop, owner.browser, QUESTION))[0] == ["EU", "180"]
    other.browser.visit(f"{shop.at}?tab=ask", expect=404)
    token = other.browser.visit("/logout").form("/logout")["fields"]["token"]
    assert other.browser.ask("POST", f"{shop.at}/ask", data={"token": token, "question": QUESTION}).status == 404
