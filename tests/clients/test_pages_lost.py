"""Addresses that lead to no page: who is signed in keeps the menu, and who looks where a form was sent to finds the form."""

from urllib.parse import quote, quote_plus

import requests

from pages_door import Browser, by_mail


def at_of(product: dict) -> str:
    return "/products/" + quote(product["fullyQualifiedName"], safe="")


def test_who_is_lost_keeps_the_menu_and_a_search_for_what_he_typed(server, browser):
    for path, words in (("/nothing/at-all", "nothing at all"), ("/admin/zzz", "admin zzz"), ("/Products", "Products")):
        page = browser.visit(path, expect=404)
        assert {"/products", "/people"} <= set(page.links), "what surrounds pages is there"
        assert f"/search?q={quote_plus(words)}" in page.links, page.links
    outside = Browser(server).visit("/nothing/at-all", expect=404)
    assert "/products" not in outside.links
    for accept in ("application/json", "*/*"):
        answer = requests.get(server.url + "/nothing/at-all", headers={"Accept": accept}, timeout=10)
        assert (answer.status_code, answer.json()) == (404, {"message": "nothing is served at this path"})
        assert requests.post(server.url + "/nothing", json={"a": 1}, headers={"Accept": accept}, timeout=10).status_code == 404


def test_where_a_form_was_sent_to_leads_back_to_it(browser, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Ways"), "domainType": "Aggregate", "description": "d"})["name"]
    product = om.post("/dataProducts", {"name": fresh_name("Way back"), "description": "d", "domains": [domain]})
    at = at_of(product)
    for below, tab in (("roles", "access"), ("model", "model"), ("ask", "ask"), ("answers", "ask")):
        page = browser.visit(f"{at}/{below}", follow=False, expect=303)
        assert page.answer.headers["Location"].endswith(f"?tab={tab}")
    assert browser.visit("/admin/backups").url.endswith("/admin")


def test_a_form_that_a_page_does_not_take_is_answered_by_a_page(server, browser):
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    for path in ("/search?q=kind:table", "/requests?which=mine", "/admin/audit"):
        page = browser.ask("POST", path, data={"token": "of a page of yesterday", "name": "x"}, headers=here)
        assert page.status == 405 and page.answer.headers["Allow"] == "GET, HEAD", path
        assert {"/products", "/people", path} <= set(page.links), "what surrounds pages is there, and the way back"
        assert "This page does not accept forms" in page.text
    outside = Browser(server)
    assert outside.ask("POST", "/requests", data={"x": "1"}, headers=here).status == 405
    assert "/products" not in outside.page.links
    told = requests.post(server.url + "/requests", json={"a": 1}, headers={"Accept": "application/json"}, timeout=10)
    assert (told.status_code, told.headers["Allow"]) == (405, "GET, HEAD") and "message" in told.json()


def test_a_deleted_product_is_brought_back_at_an_address_of_its_own(server, browser, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Back"), "domainType": "Aggregate", "description": "d"})["name"]
    product = om.post("/dataProducts", {"name": fresh_name("Brought"), "description": "d", "domains": [domain]})
    om.delete(f"/dataProducts/{product['id']}")
    assert browser.visit("/products/restored").url.endswith("/products")
    stranger = Browser(server).sign_in(server.new_user(fresh_name("stranger")))
    token = stranger.visit("/logout").form("/logout")["fields"]["token"]
    for deleted, status in ((product["id"], (403, 404)), ("nobody", (400,)), ("", (400,))):
        sent = stranger.ask("POST", "/products/restored", data={"token": token, "deleted": deleted})
        assert sent.status in status, (deleted, sent.status)
    lists = f"/products?deleted={product['id']}"
    assert product["name"] not in stranger.visit(lists).text and "Deleted just now" not in stranger.page.text
    page = browser.visit(lists)
    assert "Deleted just now" in page.text and product["name"] in page.text
    browser.send("/products/restored")
    assert browser.query() == {"done": "restored"} and product["name"] in browser.page.text
    assert om.get(f"/dataProducts/{product['id']}")["name"] == product["name"]
    page = browser.visit(lists)
    assert at_of(product) in page.links and "It is restored" in page.text, "the list that is looked at again says so"
    assert not [form for form in page.forms if form["action"] == "/products/restored"]
    page = browser.visit("/products?deleted=00000000-0000-4000-8000-000000000000")
    assert "It can no longer be restored" in page.text and "/products" in page.links


def test_a_list_without_products_leads_on(server, other_account, fresh_name):
    newcomer = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    page = newcomer.visit("/products?q=" + fresh_name("nothing-like-it"))
    assert "No product matches. Remove a word or a filter" in page.text and '<a class="button" href="/products">' in page.source


def test_what_was_typed_in_another_session_of_the_same_person_is_shown(server, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Anew"), "domainType": "Aggregate", "description": "d"})["name"]
    product = om.post("/dataProducts", {"name": fresh_name("Typed"), "description": "old", "domains": [domain]})
    who = server.new_user(fresh_name("typist"), "--admin")
    browser = Browser(server).sign_in(who)
    place = at_of(product) + "?edit=description"
    action = at_of(product)
    fields = browser.visit(place).form(action)["fields"]
    browser.visit("/logout")
    browser.send("/logout")
    browser.sign_in(who)
    typed = {"description": "Typed for an hour. <script>alert(1)</script>"}
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    page = browser.ask("POST", action, data=fields | typed, headers=here)
    assert page.status == 403 and "Typed for an hour." in page.text and "<script>alert(1)" not in page.source
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "old"
    # Nobody gets what somebody else has typed, nor what comes from elsewhere.
    other = Browser(server).sign_in(server.new_user(fresh_name("other"), "--admin"))
    assert "Typed for an hour." not in other.ask("POST", action, data=fields | typed, headers=here).text
    elsewhere = {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert "Typed for an hour." not in browser.ask("POST", action, data=fields | typed, headers=elsewhere).text
