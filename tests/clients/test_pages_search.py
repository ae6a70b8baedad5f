"""The page of searches: what it finds for whom, how it is narrowed, what it says of what it does not find."""

import re
import time
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from openmetadata_door import OpenMetadataDoor
from pages_door import BROWSER, HOSTILE, Browser, by_mail, until_found
from test_search import JSON, found

BEHIND = "Your latest changes may be missing."
COUNT = re.compile(r"([\d,]+) results?\b")


@pytest.fixture(scope="module")
def shop(server, admin, om, om_domain, fresh_name) -> dict:
    """A product and two tables with a word that nothing else here has."""
    word = "quince" + fresh_name("").strip("-").translate(str.maketrans("0123456789", "ghijklmnop"))
    service = fresh_name("wh")
    schema = om.schema(service)
    columns = [{"name": "net_amount", "dataType": "INT", "description": f"The {word} of it."}]
    for name in (f"{word}_lines", "unlike"):
        om.put("/tables", {"name": name, "databaseSchema": schema, "columns": columns})
    product = om.post("/dataProducts", {
        "name": f"{word}Insights", "domains": [om_domain["name"]], "displayName": HOSTILE, "description": "What is known."})
    found(server, admin, word, at_least=head(server))
    return {"word": word, "service": service, "product": product, "domain": om_domain["name"]}


def head(server) -> int:
    """How far the log has come."""
    headers = {"Authorization": f"Bearer {server.admin.token}"}
    return requests.get(f"{server.url}/search/index", headers=headers, timeout=10).json()["head"]


def path(query: str) -> str:
    return "/search?q=" + quote(query)


def total(page) -> int:
    return int(COUNT.search(page.text).group(1).replace(",", ""))


def names(page) -> list[str]:
    """Where the hits lead to."""
    folders = ("/products/", "/tables/", "/domains/", "/services/", "/schemas/", "/databases/")
    main = page.source.split('<ol class="hits">')[-1] if '<ol class="hits">' in page.source else ""
    return [link for link in re.findall(r'<h2><a class="link" href="([^"]+)"', main) if link.startswith(folders)]


def queries(page) -> list[str]:
    """The searches that the page links to."""
    links = [urlsplit(link) for link in page.links]
    return [parse_qs(link.query, keep_blank_values=True).get("q", [""])[0] for link in links if link.path == "/search"]



def test_questions_about_the_catalogue_are_answered_while_they_are_typed(browser, shop):
    lines = f"{shop['word']}_lines"
    suggested = browser.visit("/search/suggest?q=" + quote(f"who owns {lines}"))
    address = next(link for link in suggested.links if link.startswith("/tables/"))
    assert address.endswith(lines) and "No name matches" not in suggested.text and "<wbr>" in suggested.source
    page = browser.visit(path(f"who owns {lines}"))
    assert names(page) == [address] and "Nothing that you may see matches" not in page.text
    assert "Ask the data" not in page.text, "what the catalogue answers is no question to a product"
    for question in (f"where does {lines}.net_amount come from", f"where does {lines} come from"):
        assert any(link.startswith(f"{address}?tab=lineage") for link in browser.visit("/search/suggest?q=" + quote(question)).links)
        page = browser.visit(path(question))
        links = [link for link in page.links if link.startswith(f"{address}?tab=lineage")]
        assert links and "Where it comes from:" in page.text, question
        assert ("column=net_amount" in links[0]) == ("net_amount" in question)
    assert names(browser.visit(path(f"{lines}.net_amount"))) == [address]
    for question, tab, said in (("how fresh is {}", "", "How old its data are:"), ("can I query {}?", "?tab=access", "Whether you may query it:")):
        suggested = browser.visit("/search/suggest?q=" + quote(question.format(lines)))
        assert address + tab in suggested.links, question
        page = browser.visit(path(question.format(lines)))
        assert names(page) == [address + tab] and said in page.text, question
    # A question that is not whole yet is completed, and letters that changed places are put right.
    for typed in (f"who owns {lines[:-3]}", f"how fresh is {lines[:-3]}", f"can i query {lines[:-3]}"):
        assert any(link.startswith(address) for link in browser.visit("/search/suggest?q=" + quote(typed)).links), typed
    swapped = lines[:2] + lines[3] + lines[2] + lines[4:]
    assert any(link.startswith(address) for link in browser.visit("/search/suggest?q=" + quote(swapped)).links)


def test_a_name_that_ends_in_a_dot_and_the_beginning_of_a_column_are_found(browser, shop):
    """Whoever types his way down a name stands at each dot for a while."""
    service, lines = shop["service"], f"{shop['word']}_lines"
    schema = f"{service}.db.sc"
    suggested = [link for link in browser.visit(f"/search/suggest?q={quote(schema + '.')}").links if link.startswith("/tables/")]
    assert any(link.endswith(lines) for link in suggested), suggested
    assert set(names(browser.visit(path(f"{schema}.")))) == set(names(browser.visit(path(schema))))
    [address] = names(browser.visit(path(f"{lines}.net_amount")))
    assert names(browser.visit(path(f"{lines}.net_am"))) == [address]
    assert address in browser.visit(f"/search/suggest?q={quote(lines + '.net_am')}").links
    assert not names(browser.visit(path(f"{lines}.amount_net")))


def test_what_fits_in_a_description_is_read_without_signs(server, admin, browser, om, om_domain, fresh_name):
    word = fresh_name("damson").replace("-", "")
    om.post("/dataProducts", {"name": fresh_name("plain"), "domains": [om_domain["name"]],
                              "description": f"Made **nightly {word}** from [the shop](https://shop.example/)."})  # fmt: skip
    found(server, admin, word, at_least=head(server))
    hit = requests.get(server.url + path(word), headers={"Authorization": f"Bearer {admin.token}", "Accept": "application/json"}, timeout=10).json()["hits"][0]
    assert [why["fragment"] for why in hit["why"]] == [f"Made nightly {word} from the shop."]
    assert "**" not in browser.visit(path(word)).text and "**" not in browser.visit(f"/search/suggest?q={word}").text


def test_a_table_that_is_found_leads_to_the_product_with_its_rows(server, fresh_name):
    account = fresh_name("leading")
    owner = server.new_account(account)
    door = OpenMetadataDoor(server, owner.token)
    schema, columns = door.schema("wh"), [{"name": "id", "dataType": "INT"}]
    table = door.put("/tables", {"name": "medlars", "databaseSchema": schema, "columns": columns})
    product = door.post("/dataProducts", {"name": "Fruit", "domains": ["default"], "description": ""})
    door.put(f"/dataProducts/{product['fullyQualifiedName']}/assets/add", {"assets": [{"id": table["id"], "type": "table"}]}, expect=200)
    found(server, owner, "medlars", at_least=head(server))
    browser = Browser(server).sign_in(by_mail(owner, account))
    at = "/products/default.Fruit"
    page = browser.visit(path("medlars"))
    assert "Products with these rows that you may query" in page.text and "Its rows, through Fruit" in page.text
    assert page.links.count(at) == 2
    options = [given["href"] for _, given in browser.visit("/search/suggest?q=medla").tags if given.get("role") == "option"]
    assert options[0].endswith(".medlars") and len(options) == 2, "which who types does not wait for"
    nobody = fresh_name("leads-nowhere")
    nobody = replace(server.new_user(nobody, "--email", f"{nobody}@example.com", by=owner), name=f"{nobody}@example.com")
    other = Browser(server).sign_in(nobody).visit(path("medlars"))
    assert "Its rows, through" not in other.text and at not in other.links and names(other)


def test_signs_beside_words_are_no_mistakes(browser, shop):
    lines = f"{shop['word']}_lines"
    for query in (f"{lines} & net_amount", f"{lines} - net_amount", f"note: {lines}"):
        page = browser.visit(path(query))
        assert page.status == 200 and "The query is not valid" not in page.text
    assert len(names(browser.visit(path(f"{lines} & net_amount")))) == 1
    for query in ("kind: table", "&", f"{lines} - (a OR b)"):
        browser.visit(path(query), expect=400)

def test_the_same_address_is_a_page_for_people_and_json_for_programs(server, admin, browser, shop):
    page = browser.visit(path(shop["word"]))
    assert "accept" in page.answer.headers["Vary"].lower().split(", ")
    answer = requests.get(server.url + path(shop["word"]), headers=JSON | {"Authorization": f"Bearer {admin.token}"}, timeout=10)
    assert answer.headers["Vary"].lower().split(", ") == ["accept", "authorization", "cookie"] and answer.json()["total"] == total(page) == 3
    assert len(names(page)) == 3 and names(page)[0].startswith("/products/"), "products come before what they hold"
    assert any(tag == "mark" for tag, _ in page.tags), "what fits is marked"
    assert "Description of a column" in page.text
    for form in page.forms:
        if form["action"] == "/search":
            assert form["fields"]["q"] == shop["word"]
    outside = requests.get(server.url + path("a b"), headers=BROWSER, allow_redirects=False, timeout=10)
    assert (outside.status_code, outside.headers["Location"]) == (303, "/login?next=%2Fsearch%3Fq%3Da%2520b")


def test_facets_are_clauses_that_hold_what_they_count(browser, shop):
    page = browser.visit(path(shop["word"]))
    choices = re.findall(r'<li><a href="([^"]+)"><bdi>([^<]*)</bdi><span class="count">(\d+)</span>', page.source)
    assert len(choices) >= 4, "kind, source, domain and more"
    for address, value, count in choices:
        narrowed = browser.visit(address.replace("&#38;", "&").replace("&amp;", "&"))
        assert total(narrowed) == int(count), (address, value)
        clause = queries_of(address)
        assert clause.startswith(shop["word"] + " ") and clause in [form["fields"].get("q") for form in narrowed.forms]
        # What was chosen is taken off again, from the list and from what the query asks for.
        assert queries(narrowed).count(shop["word"]) >= 2, address
    both = browser.visit(path(f"{shop['word']} kind:table source:\"{shop['service']}\""))
    assert total(both) == 2 and f"{shop['word']} kind:table" in queries(both)


def test_hits_and_facets_call_people_and_places_by_their_names(server, admin, browser, om, om_domain, fresh_name):
    word = fresh_name("named").replace("-", "")
    owner = server.new_user(fresh_name("login"))
    person = om.get(f"/users/name/{owner.name}")
    om.patch(f"/users/{person['id']}", [{"op": "add", "path": "/displayName", "value": f"José {word}"}])
    domain = om.post("/domains", {"name": fresh_name("dom"), "displayName": f"Realm {word}", "domainType": "Aggregate", "description": ""})
    for name in ("one", "two"):
        om.post("/dataProducts", {"name": f"{word}_{name}", "domains": [domain["fullyQualifiedName"]], "description": "",
                                  "owners": [{"id": person["id"], "type": "user"}]})  # fmt: skip
    found(server, admin, f"{word}_one", at_least=head(server))
    page = browser.visit(path(f"name:{word}*"))
    whose = re.findall(r'<div class="whose">(.*?)</div>', page.source)
    assert len(whose) == 2 and all(f"Realm {word}" in one and f"/people/{owner.name}" in one and "José" in one for one in whose)
    choices = {name: queries_of(address.replace("&#38;", "&")) for address, name in
               re.findall(r'<li><a href="([^"]+)"><bdi>([^<]*)</bdi><span class="count">2</span>', page.source)}  # fmt: skip
    assert choices[f"José {word}"].endswith(f'owner:"{owner.name}"'), "the clause is exact"
    assert choices[f"Realm {word}"].endswith(f'domain:="{domain["fullyQualifiedName"]}"')
    assert choices["within a day"].endswith("updated:1d") and "longer ago" not in choices
    shown = browser.visit("/search/suggest?q=" + word)
    assert f"Realm {word} · José {word}" in shown.text


def test_teams_of_one_name_are_told_apart(server, admin, browser, om, fresh_name):
    word = fresh_name("apart").replace("-", "")
    domains = [om.post("/domains", {"name": f"{word}{name}", "domainType": "Aggregate", "description": ""}) for name in "xy"]
    for domain in domains:
        team = om.get(f"/teams/name/{domain['name']}.Stewards")
        om.post("/dataProducts", {"name": f"of_{domain['name']}", "domains": [domain["name"]], "description": "",
                                  "owners": [{"id": team["id"], "type": "team"}]})  # fmt: skip
    found(server, admin, f"of_{word}y", at_least=head(server))
    page = browser.visit(path(f"of_{word}* kind:product"))
    whose = " ".join(re.findall(r'<div class="whose">(.*?)</div>', page.source))
    facet = page.source.split('id="facet-team"')[1].split("</ul>")[0]
    for domain in domains:
        assert f"Stewards ({domain['name']})" in whose and f"Stewards ({domain['name']})" in facet


def test_what_can_be_queried_is_counted(server, fresh_name):
    # In an account of its own: where many products have lent rows, nothing is counted.
    account, reader = fresh_name("lender"), fresh_name("asks-nothing")
    owner = server.new_account(account)
    door = OpenMetadataDoor(server, owner.token)
    schema, columns = door.schema("wh"), [{"name": "id", "dataType": "INT"}]
    tables = [door.put("/tables", {"name": name, "databaseSchema": schema, "columns": columns}) for name in ("lent", "kept")]
    product = door.post("/dataProducts", {"name": "lender", "domains": ["default"], "description": ""})
    door.put(f"/dataProducts/{product['fullyQualifiedName']}/assets/add", {
        "assets": [{"id": tables[0]["id"], "type": "table"}],
    }, expect=200)  # fmt: skip
    found(server, owner, "lender", at_least=head(server))
    browser = Browser(server).sign_in(by_mail(owner, account))
    page = browser.visit(path("*"))
    count = int(re.search(r'<bdi>I can query</bdi><span class="count">([\d,]+)', page.source).group(1).replace(",", ""))
    assert count == 2 and total(browser.visit(path("* queryable:yes"))) == count
    nobody = server.new_user(reader, "--email", f"{reader}@example.com", by=owner)
    nobody = Browser(server).sign_in(replace(nobody, name=f"{reader}@example.com"))
    assert "I can query" not in nobody.visit(path("*")).text


def test_who_owns_is_called_by_no_other_name(server, admin, browser, om, om_domain, fresh_name):
    word = fresh_name("guild").replace("-", "")
    server.new_user(word)
    om.patch(f"/users/{om.get(f'/users/name/{word}')['id']}", [{"op": "add", "path": "/displayName", "value": "Ann Alytics"}])
    team = om.post("/teams", {"name": word, "displayName": "The guild", "teamType": "Group"})
    owners = [{"id": team["id"], "type": "team"}]
    om.post("/dataProducts", {"name": f"of{word}", "domains": [om_domain["name"]], "description": "",
                              "owners": owners})  # fmt: skip
    found(server, admin, f"of{word}", at_least=head(server))
    facets = browser.visit(path(f"of{word}")).source
    owner, teams = (facets.split(f'id="facet-{field}"')[1].split("</ul>")[0] for field in ("owner", "team"))
    assert "Ann Alytics" not in facets and f"<bdi>{word}</bdi>" in owner and "The guild" in teams


def test_a_query_as_long_as_may_be_is_answered(browser, om_domain):
    longest = " ".join(["kind:domain"] * 256)
    page = browser.visit(path(longest))
    assert total(page) > 0 and 'id="facet-updated"' in page.source, "when they changed is counted by the same search"
    assert browser.visit(path(longest + " kind:domain"), expect=400).roles["alert"]


def queries_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["q"][0]


def test_what_is_mistyped_is_corrected_and_said(browser, shop):
    typo = "x" + shop["word"][1:]
    page = browser.visit(path(typo))
    assert f"Showing {shop['word']}" in page.text and total(page) == 3
    exactly = browser.visit(path(f'"{typo}"'))
    assert f'"{typo}"' in queries(page) and total(exactly) == 0


def test_what_finds_nothing_is_tried_with_less(browser, shop):
    page = browser.visit(path(f"{shop['word']} kind:glossary"))
    assert total(page) == 0 and "Nothing that you may see matches" in page.text
    assert shop["word"] in queries(page) and "3 results" in page.text
    assert browser.visit(path("zzyzxqqq")).status == 200
    page = browser.visit(path(f"zzyzxqqq xqzzywwv {shop['word']}"))
    assert total(page) == 0 and "There are results for each condition alone" in page.text
    assert shop["word"] in queries(page) and "3 results" in page.text


def test_small_words_of_a_sentence_are_not_demanded_where_it_finds_nothing(browser, shop):
    word = shop["word"]
    for typed in (f"{word} of the zzyzxqqq by net_amount", f"which {word} has zzyzxqqq by net_amount?"):
        page = browser.visit(path(typed))
        assert total(page) == 0 and f"{word} net_amount" in queries(page), (typed, queries(page))
        # What is left is looked for as it is spelt, as the whole would be.
        mistyped = browser.visit(path(typed.replace("net_amount", "net_amuont")))
        assert f"{word} net_amount" in queries(mistyped), queries(mistyped)


def test_what_is_found_by_a_column_leads_to_it(browser, shop):
    page = browser.visit(path(f"{shop['word']} column:net_amount"))
    tables = [link for link in names(page) if link.startswith("/tables/")]
    assert len(tables) == 2 and all(f"{link}#column-net_amount" in page.links for link in tables)
    table = browser.visit(tables[0])
    assert any(given.get("id") == "column-net_amount" for _, given in table.tags)


def test_other_spellings_are_offered_with_what_they_find(server, admin, browser, om, om_domain, fresh_name):
    stem = "zan" + fresh_name("").strip("-").translate(str.maketrans("0123456789", "ghijklmnop"))
    for letter in "aeou":
        om.post("/dataProducts", {"name": f"{stem}{letter}brikt", "domains": [om_domain["name"]], "description": ""})
    found(server, admin, f"{stem}ubrikt", at_least=head(server))
    near, typo = [f"{stem}{letter}brikt" for letter in "aeo"], f"{stem}xbrikt"
    page = browser.visit(path(typo))
    assert f"Showing {near[0]}" in page.text and f"Other spellings of “{typo}”" in page.text
    reader = Browser(server)
    reader.session.headers["Accept-Language"] = "de"
    assert f"Andere Schreibweisen von „{typo}“" in reader.sign_in(admin).visit(path(typo)).text
    assert all(one in queries(page) for one in near[1:]) and f"{stem}ubrikt" not in page.text
    # Where the whole finds nothing, each word that something has leads to what it finds alone.
    page = browser.visit(path(f"{typo} kind:glossary"))
    assert total(page) == 0 and all(one in queries(page) for one in near)
    assert f"kind:glossary , that is {near[0]}" in page.text, "what is left is looked for as it is spelt"
    assert all(queries(page).count(one) == 1 for one in near), "what is left is offered once"
    assert total(browser.visit(path(near[0]))) == 1
    assert "Not all conditions were tried" not in page.text
    many = browser.visit(path(" ".join([typo, *(f"kind:{kind}" for kind in ("glossary", "table", "user"))] + ["has:owner"] * 6)))
    assert total(many) == 0 and "Not all conditions were tried" in many.text


def test_a_name_with_signs_of_queries_is_no_spelling(server, admin, browser, om, fresh_name):
    stem = "quorvex" + fresh_name("").strip("-").translate(str.maketrans("0123456789", "ghijklmnop"))
    om.put("/tables", {"name": f"{stem}:alpha", "databaseSchema": om.schema(fresh_name("wh")), "columns": []})
    found(server, admin, f"name:'{stem}:alpha'", at_least=head(server))
    for query in (f"{stem}xalpha", f"{stem}xalpha kind:term"):
        page = browser.visit(path(query))
        assert total(page) == 0 and "Other spellings" not in page.text, query


@pytest.mark.parametrize(("query", "place"), [("kind:planet", "p"), ("é ownr:me", "o"), ("(a", ""), ("a OR", ""), ("<b> x:", "&#60;")])
def test_a_broken_query_is_marked_where_it_breaks(browser, query, place):
    page = browser.visit(path(query), expect=400)
    assert page.roles["alert"] and "Expected here" in page.text
    mark = re.search(r'<mark class="place">(.*?)</mark>', page.source).group(1)
    assert mark == place if place else "the end" in mark
    assert page.form("/search")["fields"]["q"] == query, "nothing typed is lost"


@pytest.mark.parametrize("query", [
    "(a", "a)", "()", "a AND", "OR a", "- a", "kind:", "kind:(a b)", 'kind:"a"b', "kind:a,", "a*b", "10:30", "has:", "owner>5",
    "updated:soon", "cost:..", "updated:1d..soon", "owner:=me", "queryable:maybe", 'ab"c"', "...", '""', '"a', "kind:planet",
    "ownr:me", "(" * 40, "a " * 300, "a" * 5_000])  # fmt: skip
def test_a_broken_query_is_told_in_the_readers_language(server, admin, query):
    reader = Browser(server)
    reader.session.headers["Accept-Language"] = "de"
    page = reader.sign_in(admin).visit(path(query), expect=400)
    told = requests.get(server.url + path(query), headers=JSON | {"Authorization": f"Bearer {admin.token}"}, timeout=10).json()
    alert = page.roles["alert"]
    assert "Was dort stehen könnte:" in alert and told["message"] not in alert
    assert not {one for one in told["expected"] if " " in one} & set(alert), "what is no text to type is said in German, too"


def test_results_stand_in_the_order_that_was_chosen(server, admin, browser, om, om_domain, fresh_name):
    stem = fresh_name("shelved").replace("-", "")
    for number in (22, *range(22)):
        om.post("/dataProducts", {"name": f"{stem}x{number:02}", "domains": [om_domain["name"]], "description": ""})
    found(server, admin, stem, at_least=head(server))
    page = browser.visit(path(f"{stem}*"))
    orders = {"name": list(range(23)), "updated": [*range(21, -1, -1), 22]}
    for sort, order in orders.items():
        (address,) = {link for link in page.links if f"sort={sort}" in link and "after=" not in link}
        first = browser.visit(address)
        later = browser.visit(next(link for link in first.links if "after=" in link))
        assert [int(link[-2:]) for link in names(first) + names(later)] == order, "each once, in this order"
        chosen = re.findall(r'<a href="([^"]+)" aria-current="true"', first.source)
        assert [f"sort={sort}" in link for link in chosen] == [True]
        facets = re.findall(r'<li><a href="([^"]+)"><bdi>', first.source)
        assert facets and all(f"sort={sort}" in link for link in facets), "narrowing keeps it"
    assert not any("sort=" in link and "sort=name" not in link and "sort=updated" not in link for link in page.links if "after=" not in link)


def test_pages_of_results_have_addresses(browser, om, om_domain, fresh_name):
    stem = fresh_name("paged").replace("-", "")
    for number in range(23):
        om.post("/dataProducts", {"name": f"{stem}x{number:02}", "domains": [om_domain["name"]], "description": ""})
    browser.visit("/products?edit=product")
    browser.send("/products", name=f"{stem}x99", domain=om_domain["name"])
    first = browser.visit(path(f"{stem}*"))
    assert total(first) == 24 and len(names(first)) == 20, "what he made himself is there at once"
    later = browser.visit(next(link for link in first.links if "after=" in link))
    assert len(names(later)) == 4 and not set(names(first)) & set(names(later)) and total(later) == 24
    # A place that no page gave leads to the first one.
    page = browser.visit(path(f"{stem}*") + "&after=nonsense")
    assert "after" not in browser.query() and names(page) == names(first)


def test_a_person_finds_what_he_has_just_changed(browser, om_domain, fresh_name):
    for _ in range(8):
        name = fresh_name("fresh")
        browser.visit("/products?edit=product")
        browser.send("/products", name=name, domain=om_domain["name"])
        assert total(browser.visit(path(f'name:"{name}"'))) == 1
    browser.session.cookies.set("emporion_written", "99999999999")
    assert browser.visit(path("x")).status == 200, "what the log has not reached is not waited for"
    browser.session.cookies.set("emporion_written", "<x>")
    assert browser.visit(path("x")).status == 200


def test_what_is_suggested_knows_what_a_person_has_just_changed(browser, om_domain, fresh_name):
    for _ in range(12):
        name = fresh_name("typed")
        browser.visit("/products?edit=product")
        browser.send("/products", name=name, domain=om_domain["name"])
        # It waits for that a little; where it does without, it says so.
        deadline = time.monotonic() + 60
        while BEHIND in (suggested := browser.visit("/search/suggest?q=" + name).text) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert name in suggested.replace(f"All results for {name}", "").replace(f"Search everywhere for {name}", "")
    browser.session.cookies.set("emporion_written", "99999999999")
    assert browser.visit("/search/suggest?q=typed").status == 200, "what the log has not reached is not waited for"


def test_products_are_listed_by_words_and_counted_by_domains(server, browser, bobsled, om, other_account, fresh_name):
    word, above = fresh_name("catch").replace("-", ""), fresh_name("Above")
    for body in ({"name": above}, {"name": "Below", "parent": above}, {"name": above + "x"}):
        om.post("/domains", body | {"domainType": "Aggregate", "description": "d"})

    def make(name: str, domain: str, **more) -> str:
        made = om.post("/dataProducts", {"name": name, "domains": [domain], "description": "d"} | more)
        return f"/products/{quote(made['fullyQualifiedName'], safe='')}"

    owner = server.new_user(fresh_name("keeper"))
    own = {"owners": [{"id": om.get(f"/users/name/{owner.name}")["id"], "type": "user"}]}
    by_name = make(f"pre{word}post", above, **own)
    by_display = make(fresh_name("a"), f"{above}.Below", displayName=f"Größe {word.upper()}")
    by_text = make(fresh_name("b"), above + "x", description=f"All about x{word}.")
    make(fresh_name("c"), above)
    # Products of Bobsled are for those who have a role on them.
    bobsled.create(fresh_name(word))

    def listed(who: Browser, query: str) -> tuple[set[str], str]:
        page = who.visit(f"/products?{query}")
        main = page.source.split("<main")[1]
        return set(re.findall(r'<h2><a href="(/products/[^"?]+)"', main)), page.text

    until_found(server)
    found, text = listed(browser, f"q={word}")
    assert {by_name, by_display, by_text} < found and len(found) == 4 and "4 products" in text, found
    counts = dict(re.findall(rf"<bdi>({above}\S*)</bdi>\s*<span class=\"count\">(\d+)</span>", browser.page.source))
    assert counts == {above: "2", f"{above}.Below": "1", above + "x": "1"}, "a domain that begins alike is another one"
    assert listed(browser, f"q={quote('größ')}+{word}")[0] == {by_display}
    assert listed(browser, f"q={word}&domain={above}")[0] == {by_name, by_display}
    assert listed(browser, f"q={word}&owner={owner.name}")[0] == {by_name}
    assert listed(browser, f"q={word}&sort=updated")[0] == found
    assert "0 products" in listed(browser, "q=nobody+calls+it+so")[1]
    # What one may not see is neither listed nor counted.
    found, text = listed(Browser(server).sign_in(owner), f"q={word}")
    assert found == {by_name, by_display, by_text} and "3 products" in text
    assert listed(Browser(server).sign_in(by_mail(other_account, "elsewhere")), f"q={word}")[0] == set()


def test_an_answer_to_a_form_says_how_far_it_has_written(server, admin, om_domain, fresh_name):
    browser, name = Browser(server).sign_in(admin), fresh_name("sequel")
    browser.visit("/products?edit=product")
    form = browser.page.form("/products")
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin", "Referer": browser.page.url}
    sent = browser.ask("POST", "/products", follow=False, data=form["fields"] | {"name": name, "domain": om_domain["name"]}, headers=here)
    assert sent.status == 303 and int(sent.answer.headers["Emporion-Seq"]) > 0
    assert browser.session.cookies["emporion_written"] == sent.answer.headers["Emporion-Seq"], "his next page waits for it"
    assert total(browser.visit(path(f'name:"{name}"'))) == 1
    assert "Emporion-Seq" not in browser.page.answer.headers


def test_nobody_finds_what_he_may_not_see(server, bobsled, om, other_account, fresh_name):
    word = "hush" + fresh_name("").strip("-").translate(str.maketrans("0123456789", "ghijklmnop"))
    made = bobsled.create(f"{word} plan")
    owner = server.new_user(fresh_name("insider"))
    bobsled.patch(f"/data-products/{made['id']}/users", {"add": [
        {"email": om.get(f"/users/name/{owner.name}")["email"], "role": "viewer"}]})
    seq = head(server)
    outsider = Browser(server).sign_in(server.new_user(fresh_name("outsider")))
    insider = Browser(server).sign_in(owner)
    typo = word[:-1] + ("a" if word[-1] != "a" else "b")
    for query in (word, word[:6] + "*", typo, f"name:'{word} plan'", f"{word} kind:product"):
        page = outsider.visit(path(query) + f"&at_least={seq}")
        assert total(page) == 0 and not names(page) and "Showing" not in page.text, query
        assert "Other spellings" not in page.text, query
    assert word not in outsider.visit(path("*") + f"&at_least={seq}").text
    assert total(outsider.visit(path(word))) == 0
    assert total(insider.visit(path(word) + f"&at_least={seq}")) >= 1
    # As he types.
    assert word in insider.visit("/search/suggest?q=" + word[:7]).text
    assert outsider.visit("/search/suggest?q=" + word[:7]).text == f"Search everywhere for {word[:7]} No name matches."
    elsewhere = Browser(server).show_token(other_account)
    assert total(elsewhere.visit(path(word))) == 0 and word not in elsewhere.visit("/search/suggest?q=" + word[:7]).text


def test_suggestions_are_a_list_of_links_by_kind(server, browser, shop):
    page = browser.visit("/search/suggest?q=" + shop["word"][:8])
    options = [given for _, given in page.tags if given.get("role") == "option"]
    assert len(options) == 4 and all(given["href"].startswith(("/products/", "/tables/")) for given in options[:3])
    assert options[3]["href"] == path(shop["word"][:8]), "and to all that is found"
    groups = [given["aria-label"] for _, given in page.tags if given.get("role") == "group"]
    assert sorted(groups) == ["Products", "Tables"] and any(tag == "mark" for tag, _ in page.tags)
    assert "<script" not in page.source and "\u202e" not in page.text and "html" not in {tag for tag, _ in page.tags}
    nothing = browser.visit("/search/suggest?q=zzzznothing")
    assert [given["href"] for _, given in nothing.tags if given.get("role") == "option"] == [path("zzzznothing")]
    assert "No name matches." in nothing.text
    for query in ("kind:", "(((", "kind:planet", "\u0000", "x" * 5000):
        assert not browser.visit("/search/suggest?q=" + quote(query)).roles.get("option"), query
    outside = requests.get(server.url + "/search/suggest?q=a", headers=BROWSER, allow_redirects=False, timeout=10)
    assert outside.status_code == 303


def test_hostile_queries_are_shown_and_never_run(browser):
    for query in (f'"{HOSTILE}"', "'\"><script>alert(1)</script>", "name:'<img src=x onerror=alert(1)>'", "\u202eabc"):
        page = browser.ask("GET", path(query))
        assert page.status in (200, 400), query
        assert [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"]
        assert not any(tag == "img" and given["src"] == "x" for tag, given in page.tags)
        assert "\u202e" not in page.text and "\u202e" not in page.title


def test_what_is_not_there_is_searched_for_by_its_words(browser, shop):
    page = browser.visit(f"/products/Nowhere.OR%20{shop['word']}", expect=404)
    again = next(query for query in queries(page) if shop["word"] in query)
    assert browser.visit(path(again)).status == 200
