"""What pages change by a choice among few values: status, stage, certification, and who sees a product; and who may."""

from urllib.parse import quote

import pytest

from emporion_server import Principal
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, by_mail
from rows_world import RowsWorld

#: What is offered on the page of a product, by the right that it asks for.
OF_EDITORS = ("status", "stage", "product_type", "audience", "priority", "contract", "certification")
OF_OWNERS = ("visibility",)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("choices"))
    made.fqn = made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"]
    made.at = "/products/" + quote(made.fqn, safe=".-_~")
    made.project(("member", "PROJECT_CONTRIBUTOR"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def signed_in(world, name: str) -> Browser:
    who: Principal = world.people[name]
    return Browser(world.server).sign_in(by_mail(who, "elsewhere") if name == "outsider" else who)


def product(world) -> dict:
    return world.om.get(f"/dataProducts/{world.product}?fields=certification")


def offered(browser: Browser, at: str) -> set[str]:
    """What somebody may change there, by forms of its own or in the one of its details."""
    names = {link.split("edit=")[1].split("&")[0] for link in browser.visit(at).links if "edit=" in link}
    if "details" in names:
        names |= {name.split(".")[0] for name in browser.visit(at + "?edit=details").form(at)["fields"]}
    return names


def choose(world, browser: Browser, what: str, value: str, expect: int = 200):
    browser.visit(f"{world.at}?edit={what}")
    return browser.send(world.at, expect=expect, **{what: value})


def test_an_editor_says_how_far_a_product_is(world):
    editor = signed_in(world, "editor")
    for what, value, field in (("status", "In Review", "entityStatus"), ("stage", "PRODUCTION", "lifecycleStage"),
                               ("product_type", "DERIVED_DATA", "dataProductType"), ("priority", "HIGH", "portfolioPriority")):  # fmt: skip
        choose(world, editor, what, value)
        assert editor.query() == {"done": "saved"} and product(world)[field] == value, what
    page = editor.visit(world.at)
    assert "in review" in page.text and "in use" in page.text and "derived data" in page.text
    for raw in ("PRODUCTION", "DERIVED_DATA", "HIGH", "In Review"):
        assert raw not in page.text, raw
    assert editor.visit(f"{world.at}?edit=status").form(world.at)["fields"]["status"] == "In Review"
    german = Browser(world.server)
    german.session.headers["Accept-Language"] = "de"
    page = german.sign_in(world.people["editor"]).visit(world.at)
    assert "in Prüfung" in page.text and "im Einsatz" in page.text
    assert "in use" in editor.visit(world.at + "?tab=activity").text, "its past says it in the same words"
    assert choose(world, editor, "stage", "FINISHED", expect=400).roles["alert"]
    choose(world, editor, "stage", "")
    assert "lifecycleStage" not in product(world)


def test_what_is_certified_bears_a_tag_that_certifies(world):
    editor = signed_in(world, "editor")
    page = editor.visit(f"{world.at}?edit=certification")
    values = [given["value"] for tag, given in page.tags if tag == "option"]
    assert values[0] == "" and {"Certification.Gold", "Certification.Silver"} <= set(values), values
    assert all(value.startswith("Certification.") for value in values[1:]), "no tag of another classification"
    editor.send(world.at, certification="Certification.Gold")
    told = product(world)["certification"]
    assert told["tagLabel"]["tagFQN"] == "Certification.Gold"
    assert told["expiryDate"] - told["appliedDate"] == 30 * 24 * 60 * 60 * 1000
    assert "Gold" in editor.visit(world.at).text
    for wrong in ("PII.Sensitive", "Certification.Nowhere"):
        assert choose(world, editor, "certification", wrong, expect=400).roles["alert"], wrong
    assert product(world)["certification"]["tagLabel"]["tagFQN"] == "Certification.Gold"
    choose(world, editor, "certification", "")
    assert "certification" not in product(world)


def test_forms_are_offered_to_those_who_may_send_them(world):
    expected = {
        "admin": set(OF_EDITORS + OF_OWNERS), "product_owner": set(OF_EDITORS + OF_OWNERS), "contributor": set(OF_EDITORS + OF_OWNERS),
        "editor": set(OF_EDITORS), "member": set(), "viewer": set(), "filtered": set(), "stranger": set(), "table_owner": set(),
    }  # fmt: skip
    for name, may in expected.items():
        browser = signed_in(world, name)
        assert offered(browser, world.at) & set(OF_EDITORS + OF_OWNERS) == may, name
        token = browser.visit("/logout").form("/logout")["fields"]["token"]
        revision = "1"
        for what in OF_EDITORS + OF_OWNERS:
            browser.visit(f"{world.at}?edit={what}", expect=200 if what in may else 403)
            if what not in may:
                sent = {"token": token, "of": world.product, "edit": what, "revision": revision, what: "granted"}
                assert browser.ask("POST", world.at, data=sent).status == 403, (name, what)
    elsewhere = signed_in(world, "outsider")
    for what in OF_EDITORS + OF_OWNERS:
        elsewhere.visit(f"{world.at}?edit={what}", expect=404)


def test_an_owner_closes_a_product_to_those_without_a_role(world):
    owner, stranger, viewer = (signed_in(world, name) for name in ("product_owner", "stranger", "viewer"))
    stranger.visit(world.at)
    owner.visit(f"{world.at}?edit=visibility")
    owner.send_sure(world.at, visibility="granted")
    assert owner.query() == {"done": "saved"}
    stranger.visit(world.at, expect=404)
    assert "Customers" not in stranger.visit("/search?q=name:Customers").text.replace("name:Customers", "")
    assert "Only people with a role can see this product" in viewer.visit(world.at + "?tab=access").text
    assert "limited it to people with a role" in owner.visit(world.at + "?tab=activity").text
    for wrong in ("", "nobody"):
        assert choose(world, owner, "visibility", wrong, expect=400).roles["alert"], wrong
    choose(world, owner, "visibility", "open")
    stranger.visit(world.at)
    assert not any("edit=visibility" in link for link in owner.visit("/tables/" + quote("shop.shop.main.customer")).links)


def test_who_changed_it_meanwhile_is_said(world):
    owner, editor = signed_in(world, "product_owner"), signed_in(world, "editor")
    owner.visit(f"{world.at}?edit=status")
    choose(world, editor, "status", "Approved")
    page = owner.send(world.at, expect=409, status="Draft")
    alert = " ".join(page.roles["alert"])
    assert "editor" in alert and "approved" in alert, alert
    assert page.form(world.at)["fields"]["status"] == "Draft", "what was chosen stays chosen"
    owner.send(world.at)
    assert product(world)["entityStatus"] == "Draft"


def test_an_editor_says_what_a_product_promises(world):
    owner, editor = signed_in(world, "product_owner"), signed_in(world, "editor")
    form = editor.visit(f"{world.at}?edit=contract").form(world.at)
    assert {name for name in form["fields"] if name.startswith("sla.")} == {
        "sla.tier", "sla.availability", "sla.response_time", "sla.data_freshness", "sla.data_quality"}  # fmt: skip
    editor.send(world.at, **{"sla.tier": "GOLD", "sla.availability": "99,5", "sla.data_freshness": "24 h"})
    assert product(world)["sla"] == {"tier": "GOLD", "availability": 99.5, "dataFreshness": 1440}
    page = editor.visit(world.at)
    assert "Available 99.5 %" in page.text and "Data no older than 1 day" in page.text and "GOLD" not in page.text
    # What is no number, or none that can be, is named; what was typed stays.
    for field, typed, fault in (
        ("availability", "soon", "Available: a number"), ("availability", "101", "Available: from 0 to 100"),
        ("response_time", "1,000", "Answers within: a whole number"), ("data_freshness", "0", "Data no older than: a whole number"),
        ("tier", "PLATINUM", "Class: choose one"),
    ):  # fmt: skip
        editor.visit(f"{world.at}?edit=contract")
        page = editor.send(world.at, expect=400, **{f"sla.{field}": typed})
        assert fault in " ".join(page.roles["alert"]), (field, typed)
        fields = page.form(world.at)["fields"]
        assert fields["sla.data_freshness" if field != "data_freshness" else "sla.availability"] in ("1 d", "99.5")
        assert field == "tier" or fields[f"sla.{field}"] == typed, "what was typed stays"
        assert page.source.count('aria-invalid="true"') == 1
    # Who was slower sees what others promised: it stays where he has typed nothing else.
    owner.visit(f"{world.at}?edit=contract")
    editor.visit(f"{world.at}?edit=contract")
    editor.send(world.at, **{"sla.tier": "SILVER"})
    page = owner.send(world.at, expect=409, **{"sla.response_time": "200"})
    fields = page.form(world.at)["fields"]
    assert "silver" in " ".join(page.roles["alert"]) and fields["sla.response_time"] == "200" and fields["sla.tier"] == "SILVER"
    owner.send(world.at)
    assert product(world)["sla"] == {"tier": "SILVER", "availability": 99.5, "dataFreshness": 1440, "responseTime": 200}
    owner.visit(f"{world.at}?edit=contract")
    owner.send(world.at, **{f"sla.{name}": "" for name in ("tier", "availability", "response_time", "data_freshness")})
    assert "sla" not in product(world)
    assert not any("edit=contract" in link for link in owner.visit("/tables/" + quote("shop.shop.main.customer")).links)


def test_tables_and_terms_have_a_status_too(world):
    admin = signed_in(world, "admin")
    at = "/tables/" + quote("shop.shop.main.customer")
    admin.visit(at + "?edit=status")
    admin.send(at, status="Deprecated")
    assert "deprecated" in admin.visit(at).text
    told = OpenMetadataDoor(world.server, world.server.admin.token).get("/tables/name/shop.shop.main.customer")
    assert told["entityStatus"] == "Deprecated"
    holder = signed_in(world, "table_owner")
    assert {"status", "certification"} <= offered(holder, at)
    assert not {"status", "certification"} & offered(signed_in(world, "editor"), at), "the table is not the product's"
