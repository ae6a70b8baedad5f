"""Row filters on the page of a product: who sets them, what they leave, and whose condition stays when two set them at once."""

import itertools
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from urllib.parse import quote

import pytest

from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser
from rows_world import NEWEST_SAID, REGION, TABLE, RowsWorld
from tables_world import flows

SQL = {"sql": "SELECT region FROM customer"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("filters"))
    made.at = "/products/" + quote(made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"], safe=".-_~")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def form_of(world, who: str) -> str:
    return f"{world.at}?tab=access&filter={world.people[who].id}"


def rows(world, who: str) -> str:
    return world.door(who).call("POST", f"{world.path}/run-sql", SQL).text


def role(world, who: str, path: str | None = None) -> dict:
    users = world.bob.get(f"{path or world.path}/users")["users"]
    return next(user for user in users if user["userId"] == world.people[who].id)


def product(world, name: str, *tables: str, source: str | None = None) -> tuple[str, dict[str, str], str]:
    """One with tables that are lent to it; its path in Bobsled, its assets there by name, and the form for its viewer."""
    body = {"name": name, "dataSourceId": source or world.source, "dataAssets": [{"tableName": table} for table in tables],
            "isDeployed": True}  # fmt: skip
    made = world.bob.post("/data-products", body, expect=201)
    path = f"/data-products/{made['dataProduct']['id']}"
    people = [("product_owner", "admin"), ("viewer", "viewer")]
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail(who), "role": given} for who, given in people]})
    assets = {asset["tableName"]: asset["id"] for asset in made["dataAssets"]}
    return path, assets, f"/products/default.{quote(name)}?tab=access&filter={world.people['viewer'].id}"


def test_an_owner_filters_what_a_viewer_reads_and_lifts_it(world):
    owner = world.browser("product_owner")
    assert REGION in rows(world, "viewer")
    assert form_of(world, "viewer") in owner.visit(world.at + "?tab=access").links
    page = owner.visit(form_of(world, "viewer"))
    assert "Which rows and columns viewer can read" in page.text and "customer" in page.text
    owner.send_previewed(world.at + "/filters", condition="region = 'EU'", reads="yes")
    assert owner.query() == {"tab": "access", "done": "saved"}
    assert REGION not in rows(world, "viewer") and "EU" in rows(world, "viewer")
    assert role(world, "viewer")["rowFilters"] == {"customer": "region = 'EU'"}
    owner.visit(form_of(world, "viewer"))
    owner.send_previewed(world.at + "/filters", condition=" ", reads="yes")
    assert REGION in rows(world, "viewer") and "rowFilters" not in role(world, "viewer")
    owner.visit(form_of(world, "viewer"))
    owner.send_previewed(world.at + "/filters", reads="")
    assert "EU" not in rows(world, "viewer") and role(world, "viewer")["role"] == "viewer"
    owner.visit(form_of(world, "viewer"))
    owner.send_previewed(world.at + "/filters", reads="yes")
    assert REGION in rows(world, "viewer")


@pytest.mark.parametrize("condition", ["nothing = 1", "region = ", "id IN (SELECT id FROM wages)", "1; DROP TABLE customer"])
def test_what_is_no_condition_is_refused_and_stays_typed(world, condition):
    owner = world.browser("product_owner")
    owner.visit(form_of(world, "filtered"))
    page = owner.send(world.at + "/filters", expect=400, condition=condition)
    alert = " ".join(page.roles["alert"])
    assert "customer" in alert and "update/0" not in alert, alert
    assert condition.strip() in page.form(world.at + "/filters")["fields"]["condition"]
    box = next(given for tag, given in page.tags if tag == "textarea")
    assert box["aria-invalid"] == "true" and "fault-1" in box["aria-describedby"].split()
    assert re.search(r'id="fault-1"><bdi>[^<]', page.source), "it is said beside the box, too"
    assert role(world, "filtered")["rowFilters"] == {"customer": "region = 'EU'"}


def test_what_a_filter_leaves_is_seen_before_it_is_saved(world):
    path, _, form = product(world, "Shown first", "customer")
    to, owner = form.split("?")[0] + "/filters", world.browser("product_owner")
    owner.visit(form)
    page = owner.send(to, condition="region = 'EU'", reads="yes")
    told = next(given for tag, given in page.tags if given.get("role") == "status")
    assert "customer: 2 of 3 rows" in page.text and "Nothing is saved yet" in page.text and "autofocus" in told, "it is in view"
    assert "rowFilters" not in role(world, "viewer", path)
    # What was not seen is shown anew.
    page = owner.send(to, condition="id = 1", reads="yes")
    assert "customer: 1 of 3 rows" in page.text and "rowFilters" not in role(world, "viewer", path)
    owner.send(to, condition="id = 1", reads="yes")
    assert role(world, "viewer", path)["rowFilters"] == {"customer": "id = 1"}
    # What takes nothing is saved at once.
    owner.visit(form)
    owner.send(to, condition="", reads="yes")
    assert owner.query()["done"] == "saved" and "rowFilters" not in role(world, "viewer", path)


def test_a_preview_refuses_what_is_refused_when_it_is_saved(world):
    _, _, form = product(world, "Judged", "customer", "wages")
    to, owner = form.split("?")[0] + "/filters", world.browser("product_owner")
    for condition, do in itertools.product(["1=1) or (1=1", "id in (select id from wages)"], [{"do": "preview"}, {}]):
        owner.visit(form)
        page = owner.send(to, expect=400, table=["customer", "wages"], condition=[condition, ""], reads="yes", **do)
        assert "customer: " in " ".join(page.roles["alert"]), page.roles["alert"]


def test_access_is_given_together_with_its_filters(world):
    path, _, form = product(world, "Together", "customer")
    at, owner = form.split("?")[0], world.browser("product_owner")
    who = world.people["narrow"] = world.server.new_user("narrow")
    read = lambda: world.door("narrow").call("POST", f"{path}/run-sql", SQL)  # noqa: E731
    owner.visit(f"{at}?tab=access")
    page = owner.send(at + "/roles", who="narrow", role="viewer", do="filter")
    assert "access is given" in page.text and read().status_code in (403, 404), "nothing is given yet"
    page = owner.send(at + "/filters", condition="region = 'EU'")
    assert "customer: 2 of 3 rows" in page.text and read().status_code in (403, 404)
    page = owner.send(at + "/filters", condition="region = 'EU'")
    assert owner.query()["done"] == "given" and "EU" in read().text and REGION not in read().text
    assert role(world, "narrow", path)["role"] == "viewer" and role(world, "narrow", path)["rowFilters"] == {"customer": "region = 'EU'"}
    # Who has a role has a form of his own, and nobody gets one by an address.
    owner.visit(f"{at}?tab=access")
    assert "Has a role already" in owner.send(at + "/roles", expect=400, who="narrow", role="viewer", do="filter").text
    owner.visit(f"{at}?tab=access")
    assert "owner cannot have an end" in owner.send(at + "/roles", expect=400, who="stranger", role="admin", until="2999-01-01", do="filter").text
    page = owner.visit(f"{at}?tab=access&filter={world.people['stranger'].id}&as=none")
    assert not any(one["action"].endswith("/filters") for one in page.forms)
    page = world.browser("viewer").visit(f"{at}?tab=access&filter={world.people['stranger'].id}&as=admin")
    assert not any(one["action"].endswith("/filters") for one in page.forms)


def test_a_role_that_ends_is_given_together_with_its_filters(world):
    path, _, form = product(world, "Briefly", "customer")
    at, owner = form.split("?")[0], world.browser("product_owner")
    who = world.people["brief"] = world.server.new_user("brief")
    read = lambda: world.door("brief").call("POST", f"{path}/run-sql", SQL)  # noqa: E731
    end = date.today() + timedelta(days=9)
    owner.visit(f"{at}?tab=access")
    page = owner.send(at + "/roles", who="brief", role="viewer", until=end.isoformat(), do="filter")
    assert f"until {end.day} {end:%B} {end.year}" in page.text and read().status_code in (403, 404)
    owner.send(at + "/filters", condition="region = 'EU'")
    page = owner.send(at + "/filters", condition="region = 'EU'")
    assert owner.query()["done"] == "given" and "EU" in read().text and REGION not in read().text
    said = f"until {end.day} {end:%B} {end.year}"
    assert f"You are viewer of this product, {said}" in Browser(world.server).sign_in(who).visit(f"{at}?tab=access").text
    made = world.bob.get(f"{path}/users")["users"]
    assert next(one["rowFilters"] for one in made if one["userId"] == who.id) == {"customer": "region = 'EU'"}
    # Its end stays where the filters are changed.
    owner.visit(f"{at}?tab=access&filter={who.id}")
    owner.send(at + "/filters", condition="id < 0")
    owner.send(at + "/filters", condition="id < 0")
    assert said in owner.visit(f"{at}?tab=access").text and "EU" not in read().text
    # An end that is none, and one that is over, give nothing.
    for until in ("soon", "2001-01-01"):
        owner.visit(f"{at}?tab=access&filter={world.people['stranger'].id}&as=viewer&until={until}", 400)
    owner.visit(f"{at}?tab=access&filter={world.people['stranger'].id}&as=viewer&until={end}")
    owner.send(at + "/filters", 400, condition="region = 'EU'", until="2001-01-01")
    assert "stranger" not in [user["name"] for user in world.bob.get(f"{path}/users")["users"]]


def test_the_columns_of_a_table_stand_beside_its_condition(world):
    _, _, form = product(world, "Columned", "customer", "wages")
    to, owner = form.split("?")[0] + "/filters", world.browser("product_owner")

    def folds(page) -> list[bool]:
        return ["open" in given for tag, given in page.tags if tag == "details" and given.get("class") == "more"]

    page = owner.visit(form)
    assert re.findall(r"how they are shown<span[^>]*>: <bdi>(\w+)", page.source) == ["customer", "wages"]
    assert all(f"<code><bdi>{name}</bdi></code>" in page.source for name in ("region", "password_hash", "amount"))
    assert re.search(r"<bdi>amount</bdi></code> <span[^>]*><bdi>INT", page.source, re.I), "each with its type"
    assert folds(page) == [False, False]
    page = owner.send(to, expect=400, table=["customer", "wages"], condition=["id = 1", "nothing = 1"], reads="yes")
    assert folds(page) == [False, True], "where it is wrong, what could be meant is seen"
    told = page.source.split('role="alert"')[1].split("</ul>")[0]
    assert told.count("<li>") == 1 and "wages" in told, "what is wrong, and nothing before it"
    both = owner.send(to, expect=400, table=["customer", "wages"], condition=["nothing = 1", "nothing = 1"], reads="yes")
    told = both.source.split('role="alert"')[1].split("</ul>")[0]
    assert told.count("<li>") == 2 and told.index("customer") < told.index("wages") and "rules are broken" not in told
    boxes = [given for tag, given in page.tags if tag == "textarea"]
    assert "aria-invalid" not in boxes[0] and boxes[1]["aria-invalid"] == "true"
    assert folds(owner.visit(form_of(world, "viewer"))) == [True], "one table has room for them"


def test_a_preview_shows_masks_and_says_at_its_table_what_is_wrong(world):
    _, _, form = product(world, "Previewed", "customer", "wages")
    to, owner = form.split("?")[0] + "/filters", world.browser("product_owner")
    page = owner.visit(form)
    offered = dict(re.findall(r"<code><bdi>(\w+)</bdi></code>.*?<select[^>]*>(.*?)</select>", page.source, re.S))
    assert "year only" in offered["region"] and "year only" not in offered["amount"], "a number has no year"
    mask = '["customer","region","firstLetters"]'
    typed = {"table": ["customer", "wages"], "condition": ["id = 1", ""], "reads": "yes", "mask": mask, "do": "preview"}
    page = owner.send(to, **typed)
    told = page.source.split('role="status"')[1].split("</ul>")[0]
    assert "customer: " in told and "rows" in told and "customer.region: first letters only" in told, told
    # With values as they are and as they would be read, at most three.
    values = re.search(r"customer\.region: first letters only \(([^)]*)\)", re.sub("<[^>]*>", "", told)).group(1).split(", ")
    shown = dict(one.split(" → ") for one in values)
    assert 1 <= len(shown) <= 3 and all(after == before[: min(3, len(before) // 3)] + "***" for before, after in shown.items()), shown
    page = owner.send(to, **(typed | {"mask": '["customer","region","hashed"]'}))
    hashed = re.findall(r"→ ([0-9a-f]{32})", page.text)
    assert 1 <= len(hashed) <= 3
    assert [given for tag, given in page.tags if tag == "details" and given.get("class") == "more" and "open" in given], "the mask is in sight"
    page = owner.send(to, expect=400, **(typed | {"condition": ["chanel = 1", ""]}))
    alert = " ".join(page.roles["alert"])
    assert "customer" in alert and "chanel" in alert and "sql" not in alert, alert
    boxes = [given for tag, given in page.tags if tag == "textarea"]
    assert boxes[0]["aria-invalid"] == "true" and "aria-invalid" not in boxes[1]
    page = owner.send(to, expect=400, table=["customer", "wages"], condition=["", ""], reads="yes", mask='["wages","amount","year"]')
    alert = " ".join(page.roles["alert"])
    assert "wages, amount" in alert and "columnMasks" not in alert, alert


def test_who_has_a_filter_is_told_what_runs_say_of_the_age(world):
    """How old the rows are that he may not see he is told no more than before."""
    path, _, form = product(world, "Promised", "customer")
    at, om = form.split("?")[0], world.om
    of_api = om.by_name("dataProducts", "default.Promised")
    om.patch(f"/dataProducts/{of_api['id']}", [{"op": "add", "path": "/sla", "value": {"dataFreshness": 120}}])
    service = om.post("/services/pipelineServices", {"name": "promising", "serviceType": "Airflow"})["fullyQualifiedName"]
    pipeline = om.post("/pipelines", {"name": "load", "service": service})
    flows(om, om.by_name("tables", TABLE.replace("customer", "wages")), world.table, by=pipeline)
    status = {"timestamp": int(time.time() * 1_000) - 600_000, "executionStatus": "Successful"}
    om.call("PUT", f"/pipelines/{pipeline['fullyQualifiedName']}/status", status, expect=200)
    viewer = world.people["viewer"].id
    world.bob.patch(f"{path}/users", {"update": [{"userId": viewer, "rowFilters": {"customer": "region = 'EU'"}}]})
    page = world.browser("viewer").visit(at)
    assert "made as often as promised; how old the data in it are is told to those who may query all rows" in page.text, page.text
    assert NEWEST_SAID not in page.source


def test_two_who_set_them_at_once_are_told(world):
    owner, admin = world.browser("product_owner"), world.browser("admin")
    owner.visit(form_of(world, "filtered"))
    admin.visit(form_of(world, "filtered"))
    admin.send_previewed(world.at + "/filters", condition="region = 'EU' AND id > 2", reads="yes")
    page = owner.send_previewed(world.at + "/filters", expect=409, condition="id = 2", reads="yes")
    assert "id > 2" in page.text and page.form(world.at + "/filters")["fields"]["condition"].strip() == "id = 2"
    assert "id > 2" in role(world, "filtered")["rowFilters"]["customer"]
    owner.send_previewed(world.at + "/filters", condition="region = 'EU'", reads="yes")
    assert role(world, "filtered")["rowFilters"] == {"customer": "region = 'EU'"}


def test_what_else_is_changed_of_the_product_meanwhile_is_no_conflict(world):
    owner = world.browser("product_owner")
    owner.visit(form_of(world, "filtered"))
    world.om.patch(f"/dataProducts/{world.product}", [{"op": "add", "path": "/description", "value": "Said meanwhile."}])
    owner.send_previewed(world.at + "/filters", condition="region = 'EU' AND id > 1")
    assert owner.query() == {"tab": "access", "done": "saved"}
    owner.visit(form_of(world, "filtered"))
    owner.send_previewed(world.at + "/filters", condition="region = 'EU'")


def test_of_several_who_send_them_at_the_same_time_one_sets_them_and_the_others_are_told(world):
    browsers = [Browser(world.server).sign_in(world.people["product_owner"]) for _ in range(4)]

    def send(at: int):
        browsers[at].visit(form_of(world, "filtered"))
        here = {"Origin": browsers[at].base, "Sec-Fetch-Site": "same-origin"}
        typed = {"condition": f"id = {at + 1}"}
        form = browsers[at].send(world.at + "/filters", do="preview", **typed).form(world.at + "/filters")["fields"]
        return lambda: browsers[at].ask("POST", world.at + "/filters", data=form | typed, headers=here, follow=False).status

    for _ in range(5):
        ready = [send(at) for at in range(len(browsers))]
        with ThreadPoolExecutor(len(ready)) as pool:
            told = sorted(pool.map(lambda one: one(), ready))
        assert told == [303, 409, 409, 409]
        browsers[0].visit(form_of(world, "filtered"))
        browsers[0].send_previewed(world.at + "/filters", condition="region = 'EU'")


def test_a_session_that_ends_meanwhile_keeps_what_was_typed_and_nothing_of_the_sign_in(world):
    who = world.people["product_owner"]
    owner = Browser(world.server).sign_in(who)
    owner.visit(form_of(world, "filtered"))
    owner.session.cookies.clear()
    page = owner.send(world.at + "/filters", expect=401, condition="region = 'EU' AND id > 2")
    page = owner.send("/login", expect=401, username=who.name, password="not his")
    assert "not his" not in page.source
    page = owner.send("/login", username=who.name, password=who.password)
    assert "id > 2" in page.text and "rows: yes" not in page.text, "what he typed, and not what the form was made of"
    fields = page.form(world.at + "/filters")["fields"]
    assert set(fields) == {"token", "of", "user", "seen", "table", "condition", "mask", "reads"}, fields
    assert who.password not in page.source
    owner.send_previewed(world.at + "/filters")
    assert "id > 2" in role(world, "filtered")["rowFilters"]["customer"]
    owner.visit(form_of(world, "filtered"))
    owner.send_previewed(world.at + "/filters", condition="region = 'EU'")


def test_the_filters_of_who_has_two_roles_leave_him_both(world):
    owner = world.browser("product_owner")
    both = world.server.new_user("filter-both")
    world.people["filter-both"] = both
    end = (date.today() + timedelta(days=9)).isoformat()
    owner.visit(world.at + "?tab=access")
    owner.send(world.at + "/roles", who="filter-both", role="viewer")
    owner.visit(form_of(world, "filter-both"))
    owner.send_previewed(world.at + "/filters", condition="id = 3")
    owner.visit(world.at + "?tab=access")
    owner.send(world.at + "/roles", who="filter-both", role="editor", until=end)
    for condition in ("id = 1", "id = 2", ""):
        page = owner.visit(form_of(world, "filter-both"))
        assert "reads" not in page.form(world.at + "/filters")["fields"], "an editor reads rows anyway"
        owner.send_previewed(world.at + "/filters", condition=condition)
        page = owner.visit(world.at + "?tab=access")
        assert page.links.count(form_of(world, "filter-both")) == 2, "a row for each of his roles"
        assert role(world, "filter-both").get("rowFilters") == ({"customer": condition} if condition else None)
        shown = owner.visit(form_of(world, "filter-both")).form(world.at + "/filters")["fields"]["condition"]
        assert shown.strip() == condition


def test_nobody_else_sets_them_or_sees_the_form(world):
    sent = {"user": world.people["filtered"].id, "table": "customer", "condition": "", "reads": "yes", "seen": "rows: yes\n"}
    for who in ("filtered", "viewer", "editor", "stranger"):
        browser = world.browser(who)
        page = browser.visit(form_of(world, "filtered"))
        assert not any(form["action"].endswith("/filters") for form in page.forms), who
        assert form_of(world, "filtered") not in page.links, who
        token = browser.visit("/logout").form("/logout")["fields"]["token"]
        here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
        page = browser.ask("POST", world.at + "/filters", data=sent | {"token": token, "of": world.product}, headers=here, follow=False)
        assert page.status in (403, 404), (who, page.status)
    assert role(world, "filtered")["rowFilters"] == {"customer": "region = 'EU'"}
    assert REGION not in rows(world, "filtered")
    owner = world.browser("product_owner")
    for nobody in (world.people["stranger"].id, "nobody"):
        page = owner.visit(f"{world.at}?tab=access&filter={nobody}")
        assert not any(form["action"].endswith("/filters") for form in page.forms) and "Who has which role" in page.text


GONE = "no longer in the product"
CLOSED = "this person cannot query the product"


def test_a_filter_whose_table_has_left_goes_with_the_next_change_of_filters(world):
    path, assets, form = product(world, "Shrunk", "customer", "wages")
    to, owner = form.split("?")[0] + "/filters", world.browser("product_owner")
    filters = {"customer": "region = 'EU'", "wages": "amount > 1"}
    given = {"update": [{"userId": world.people["viewer"].id, "rowFilters": filters}]}
    world.bob.patch(f"{path}/users", given)
    assert GONE not in owner.visit(form).text
    world.bob.patch(f"{path}/data-assets", {"remove": [assets["wages"]], "isDeployed": True})
    page = owner.visit(form)
    assert page.text.count(GONE) == 1 and CLOSED in page.text and page.source.count('name="condition"') == 2
    assert world.door("viewer").call("POST", f"{path}/run-sql", SQL).status_code == 403, "as the form says"
    # What else the form says is saved, and leaves all filters as they are.
    owner.send_previewed(to, table=list(filters), condition=list(filters.values()), reads="")
    assert owner.query() == {"tab": "access", "done": "saved"}
    kept = role(world, "viewer", path)
    assert kept["allowSql"] is False and kept["rowFilters"] == filters
    # Changed, it is refused by the door, and stays typed.
    owner.visit(form)
    page = owner.send(to, expect=400, table=list(filters), condition=["region = 'EU'", "amount > 2"], reads="yes")
    assert "wages" in " ".join(page.roles["alert"]) and "amount > 2" in page.source.replace("&#62;", ">").replace("&gt;", ">")
    assert role(world, "viewer", path)["rowFilters"] == filters
    owner.visit(form)
    owner.send_previewed(to, table=list(filters), condition=["id = 2", "amount > 1"], reads="yes")
    assert owner.query() == {"tab": "access", "done": "saved"}
    assert role(world, "viewer", path)["rowFilters"] == {"customer": "id = 2"}
    assert GONE not in owner.visit(form).text
    # A table that the next deploy brings has not left.
    world.bob.patch(f"{path}/data-assets", {"add": [{"tableName": "wages"}]})
    world.bob.patch(f"{path}/users", given)
    page = owner.visit(form)
    assert GONE not in page.text and "comes with the next deploy" in page.text
    assert world.door("viewer").call("POST", f"{path}/run-sql", SQL).status_code == 403, "until then"
    owner.send_previewed(to, table=list(filters), condition=["id = 3", "amount > 1"], reads="yes")
    assert role(world, "viewer", path)["rowFilters"] == {"customer": "id = 3", "wages": "amount > 1"}


def test_more_tables_than_the_form_offers_are_found_by_a_part_of_their_names(world):
    schema = world.om.schema("Wide")
    names = [f"wide_{number:02}" for number in range(53)]
    for name in names:
        world.om.put("/tables", {"name": name, "databaseSchema": schema, "columns": [{"name": "id", "dataType": "BIGINT"}]})
    source = world.om.by_name("services/databaseServices", schema.split(".")[0])["id"]
    path, _, form = product(world, "Wide", *names, source=source)
    owner = world.browser("product_owner")
    page = owner.visit(form)
    assert page.source.count('name="condition"') == 50 and "50 tables are shown; 3 others are shared, too." in page.text
    page = owner.visit(form + "&table=WIDE_52")
    assert page.source.count('name="condition"') == 1 and "52 others are shared, too." in page.text
    owner.send_previewed(form.split("?")[0] + "/filters", condition="id = 1", reads="yes")
    assert role(world, "viewer", path)["rowFilters"] == {"wide_52": "id = 1"}
    page = owner.visit(form + "&table=no_such_table")
    assert page.source.count('name="condition"') == 1, "a filter that is there is shown, whatever is looked for"
    assert "No rows are shared" not in page.text
    assert "tables are shown" not in owner.visit(form_of(world, "viewer")).text


def test_a_view_that_goes_round_a_filter_is_warned_of_on_the_page(world):
    _, _, form = product(world, "Views", "customer", "wages")
    at, owner = form.split("?")[0], world.browser("product_owner")
    ends = [{"id": table["id"], "type": "table"} for table in (world.table, world.om.by_name("tables", "shop.shop.main.wages"))]
    edge = {"fromEntity": ends[0], "toEntity": ends[1], "lineageDetails": {"source": "ViewLineage"}}
    world.om.call("PUT", "/lineage", {"edge": edge}, expect=200)
    owner.visit(form)
    page = owner.send_previewed(at + "/filters", table="customer", condition="region = 'EU'", reads="yes")
    said = "The view wages reads a table without the row filters or masks of the table"
    assert owner.query()["done"] == "saved" and said in " ".join(page.roles["status"])
    # It was said to him: nobody else is told it by his address.
    address = f"{at}?tab=access&done=saved&warned={owner.query()['warned']}"
    assert said in owner.visit(address).text and said not in world.browser("admin").visit(address).text
    owner.visit(form)
    page = owner.send_previewed(at + "/filters", table=["customer", "wages"], condition=["region = 'EU'", "amount > 1"], reads="yes")
    assert owner.query() == {"tab": "access", "done": "saved"} and said not in page.text


def lineage(world, of, to, **details) -> None:
    ends = [{"id": table["id"], "type": "table"} for table in (of, to)]
    world.om.call("PUT", "/lineage", {"edge": {"fromEntity": ends[0], "toEntity": ends[1], "lineageDetails": details}}, expect=200)


def shown_before(world, form: str, **typed) -> str:
    """What is said of a condition on the table before it is saved."""
    owner = world.browser("product_owner")
    owner.visit(form)
    page = owner.send(form.split("?")[0] + "/filters", condition=typed.pop("condition", "region = 'EU'"), reads="yes", do="preview", **typed)
    return page.source.split('role="status"')[1].split("</ul>")[0]


def test_a_view_that_goes_round_a_filter_is_told_of_before_it_is_saved(world):
    wages = world.om.by_name("tables", "shop.shop.main.wages")
    lineage(world, world.table, wages, source="ViewLineage")
    path, _, form = product(world, "Around", "customer", "wages")
    said = "main.wages reads main.customer and shows its rows without these filters and masks."
    assert said in shown_before(world, form, table=["customer", "wages"], condition=["region = 'EU'", ""])
    assert "rowFilters" not in role(world, "viewer", path), "nothing is saved"
    both = shown_before(world, form, table=["customer", "wages"], condition=["region = 'EU'", "amount > 1"])
    assert "shows its rows" not in both, "it has a filter of its own"
    masked = shown_before(world, form, table=["customer", "wages"], condition=["", ""], mask='["customer","region","hidden"]')
    assert said in masked
    # What is composed of it is told by its name to who sees it, and else not at all.
    below, _, form = product(world, "Below", "customer")
    assert "shows its rows" not in shown_before(world, form)
    above, _, _ = product(world, "Above", "wages")
    world.bob.post(f"{above}/compositions", {"sourceDataProductId": below.rsplit("/", 1)[1], "alias": "below"}, expect=201)
    world.bob.post(f"{above}/deploy", {})
    said = "main.wages in the product Above reads main.customer and shows its rows without these filters and masks, to whoever can query that product."
    assert said in shown_before(world, form)
    world.bob.patch(f"{above}/users", {"remove": [world.people["product_owner"].id]})
    told = shown_before(world, form)
    assert "Above" not in told and "wages" not in told, "a product that he does not see is not told"
    assert "customer: 2 of 3 rows" in told
    world.bob.patch(f"{above}/users", {"add": [{"email": world.mail("product_owner"), "role": "viewer"}]})
    assert said in shown_before(world, form)
    wages_asset = world.bob.get(f"{above}/data-assets")["dataAssets"][0]["id"]
    world.bob.patch(f"{above}/data-assets", {"update": [{"id": wages_asset, "rows": "closed"}]})
    assert "shows its rows" not in shown_before(world, form), "nobody reads it there"


def test_a_table_that_is_made_of_a_filtered_one_is_told_of_as_well(world):
    table = world.om.post("/tables", {"name": "customer_copy", "databaseSchema": "shop.shop.main",
                                      "columns": [{"name": "region", "dataType": "VARCHAR", "dataLength": 9}]})  # fmt: skip
    lineage(world, world.table, table, source="Manual")
    _, _, form = product(world, "Copies", "customer", "customer_copy")
    told = shown_before(world, form, table=["customer", "customer_copy"], condition=["region = 'EU'", ""])
    assert "main.customer_copy is made from main.customer, as lineage says, and can show its rows" in told, told


def test_who_filters_himself_is_told_so_and_says_that_he_means_it(chromium, world):  # noqa: F811
    boss = world.people["boss"] = world.server.new_user("boss")
    path, _, form = product(world, "Oneself", "customer")
    world.bob.patch(f"{path}/users", {"add": [{"userId": boss.id, "role": "admin"}]})
    at, read = form.split("?")[0], lambda: world.door("boss").call("POST", f"{path}/run-sql", SQL).text
    with Visitor(chromium, world.server, boss) as visitor:
        page = visitor.page
        visitor.open(f"{at}?tab=access&filter={boss.id}")
        page.fill("textarea", "region = 'EU'")
        page.get_by_role("button", name="Save", exact=True).click()
        told = page.locator("#own")
        told.wait_for()
        assert "This also applies to you" in told.inner_text() and page.evaluate("document.activeElement.id") == "own"
        assert "customer: 2 of 3 rows" in page.content() and REGION in read(), "nothing is saved yet"
        visitor.look("what applies to oneself")
        page.get_by_role("button", name="Save, for me as well").click()
        page.get_by_role("status").filter(has_text="Saved").wait_for()
        assert REGION not in read() and "EU" in read()


def role_masks(world, path: str) -> dict:
    return world.bob.get(f"{path}/users").get("roleMasks", {})


def test_masks_of_a_role_are_set_where_its_bearers_stand(world):
    path, assets, form = product(world, "By role", "customer", "wages")
    at, owner, viewer = form.split("?")[0], world.browser("product_owner"), world.browser("viewer")
    of_role, to = f"{at}?tab=access&filter=role%3Aviewer", f"{at}/filters"
    read = lambda who: world.door(who).call("POST", f"{path}/run-sql", SQL).text  # noqa: E731
    assert of_role in owner.visit(f"{at}?tab=access").links
    page = owner.visit(of_role)
    assert "masked from everybody with the role viewer" in page.text and "customer" in page.text and "wages" in page.text
    assert 'name="condition"' not in page.source and 'name="follows"' not in page.source, "of a role there are masks alone"
    mask = '["customer","region","firstLetters"]'
    page = owner.send(to, mask=mask, table="customer", condition="region = 'EU'")
    told = page.source.split('role="status"')[1].split("</ul>")[0]
    assert "customer.region: first letters only (" in told and "→" in told and "of 3 rows" not in told and "No condition" not in told, told
    assert "applies to you" not in page.text and role_masks(world, path) == {} and REGION in read("viewer"), "nothing is saved yet"
    page = owner.send(to, mask=mask)
    assert owner.query()["done"] == "saved" and role_masks(world, path) == {"viewer": {"customer": {"region": "firstLetters"}}}
    assert REGION not in read("viewer") and REGION in read("product_owner")
    listed = page.text.split("Masked by role")[1]
    assert "customer.region: first letters only" in listed and listed.count("nothing is masked") == 2
    page = owner.visit(f"{at}?tab=access", headers={"Accept-Language": "de"})
    assert "Nach Rolle verdeckt" in page.text and "customer.region: nur Anfangsbuchstaben" in page.text
    assert "alle mit der Rolle „Leser“ verdeckt" in owner.visit(of_role, headers={"Accept-Language": "de"}).text
    # Who has the role is told what is masked from him, and changes nothing of it; others who have one are told nothing.
    page = viewer.visit(f"{at}?tab=access")
    assert "Masked from you – customer.region: first letters only" in page.text and "Masked by role" not in page.text and of_role not in page.links
    assert not any(one["action"].endswith("/filters") for one in viewer.visit(of_role).forms)
    fields = viewer.page.form(f"{at}/follow")["fields"] | {"user": "role:viewer", "seen": "customer, region: firstLetters\n", "mask": ""}
    here = {"Origin": viewer.base, "Sec-Fetch-Site": "same-origin", "Referer": viewer.page.url}
    assert viewer.ask("POST", to, data=fields, headers=here).status == 403 and "viewer" in role_masks(world, path)
    # What another has changed meanwhile is told; what fits no column is refused where it is chosen.
    owner.visit(of_role)
    world.bob.patch(f"{path}/users", {"roleMasks": {"viewer": {"wages": {"amount": "hidden"}}}})
    assert "wages, amount: hidden" in owner.send(to, expect=409, mask="").text
    owner.visit(of_role)
    page = owner.send(to, expect=400, mask='["wages","amount","year"]')
    assert "wages, amount" in " ".join(page.roles["alert"]) and "roleMasks" not in " ".join(page.roles["alert"])
    # Of a table that has left the product, masks go with the next change.
    world.bob.patch(f"{path}/data-assets", {"remove": [assets["wages"]], "isDeployed": True})
    page = owner.visit(of_role)
    assert GONE in page.text and "people with this role cannot query the product" in page.text
    assert world.door("viewer").call("POST", f"{path}/run-sql", SQL).status_code == 403, "as the form says"
    before = role_masks(world, path)
    owner.send(to, mask=[json.dumps([table, column, word]) for table, of in before["viewer"].items() for column, word in of.items()])
    assert owner.query()["done"] == "saved" and role_masks(world, path) == before, "what is saved unchanged stays"
    owner.visit(of_role)
    owner.send_previewed(to, mask=['["wages","amount","hidden"]', '["customer","region","hidden"]'])
    assert role_masks(world, path) == {"viewer": {"customer": {"region": "hidden"}}} and GONE not in owner.visit(of_role).text
    owner.send(to, mask="")
    assert owner.query()["done"] == "saved" and role_masks(world, path) == {} and REGION in read("viewer")
    assert not any(one["action"].endswith("/filters") for one in owner.visit(f"{at}?tab=access&filter=role%3Anobody").forms)


def test_who_masks_his_own_role_is_told_so_and_says_that_he_means_it(chromium, world):  # noqa: F811
    chief = world.people["chief"] = world.server.new_user("chief")
    path, _, form = product(world, "Own role", "customer")
    world.bob.patch(f"{path}/users", {"add": [{"userId": chief.id, "role": "admin"}]})
    at, read = form.split("?")[0], lambda: world.door("chief").call("POST", f"{path}/run-sql", SQL).text
    with Visitor(chromium, world.server, chief) as visitor:
        page = visitor.page
        visitor.open(f"{at}?tab=access")
        page.locator("a[href$='filter=role%3Aadmin']").click()
        page.wait_for_url("**filter=role%3Aadmin")
        visitor.look("masks of a role")
        page.locator("li", has_text="region").locator("select").select_option(label="hidden")
        page.get_by_role("button", name="Save", exact=True).click()
        told = page.locator("#own")
        told.wait_for()
        assert "you have the role owner" in told.inner_text() and "Only other people" in told.inner_text()
        assert page.evaluate("document.activeElement.id") == "own" and REGION in read(), "nothing is saved yet"
        visitor.look("masks of his own role")
        page.get_by_role("button", name="Save, for me as well").click()
        page.get_by_role("status").filter(has_text="Saved").wait_for()
        assert REGION not in read()
        # From himself he takes none.
        visitor.open(f"{at}?tab=access&filter=role%3Aadmin")
        page.locator("li", has_text="region").locator("select").select_option(label="as it is")
        visitor.send("Save", 403)
        assert REGION not in read() and "admin" in role_masks(world, path)


SAID = "rows where region is “EU” and id is more than 1"
SAYABLE, UNSAYABLE = "region = 'EU' AND id > 1", "lower(region) = 'eu' AND id > 1"


def test_a_filter_is_said_in_words_to_who_may_see_it(world):
    path, _, form = product(world, "Said", "customer")
    at, owner, viewer = form.split("?")[0], world.browser("product_owner"), world.browser("viewer")
    owner.visit(form)
    owner.send_previewed(at + "/filters", condition=SAYABLE, reads="yes")
    tab, who = at + "?tab=access", world.people["viewer"].id
    page = owner.visit(tab)
    assert SAID in page.text and SAYABLE in page.text, "the exact condition is there, too"
    assert any(tag == "details" for tag, _ in page.tags) and "Exact condition" in page.text
    assert f"Saved: {SAID}" in owner.visit(form).text
    page = owner.send(at + "/filters", expect=400, condition="id = 1 AND nothing = 2", reads="yes")
    assert f"Saved: {SAID}" in page.text and "id is 1" not in page.text, "what was refused is not stored"
    assert f"The row filter on customer: {SAID} ({SAYABLE})" in owner.visit(f"{tab}&take={who}").text
    page = viewer.visit(tab)
    assert f"You see only those rows of customer where {SAID[len('rows where '):]}." in page.text and SAYABLE in page.text
    page = viewer.visit(at + "?tab=ask")
    assert f"You see only those rows of customer where {SAID[len('rows where '):]}." in page.text and "Your answers use only these rows" in page.text, "beside his answers, too"
    assert "Your answers use only these rows" not in owner.visit(at + "?tab=ask").text
    page = owner.visit(tab, headers={"Accept-Language": "de"})
    assert "Zeilen, bei denen region „EU“ ist und id größer als 1 ist" in page.text
    page = owner.visit(f"{tab}&about={world.people['viewer'].name}")
    asked = page.text.split("What can a person see of it, and why?", 1)[1]
    assert SAID in asked and "customer" in asked, "whoever asks what he sees is told"
    # Others who have a role are told neither of it.
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    page = world.browser("editor").visit(tab)
    assert "you may not see the row filters" in page.text
    assert SAID not in page.text and SAYABLE not in page.text


def test_a_condition_that_has_no_plain_words_stands_as_it_is(world):
    _, _, form = product(world, "Unsaid", "customer")
    at, owner, viewer = form.split("?")[0], world.browser("product_owner"), world.browser("viewer")
    owner.visit(form)
    owner.send_previewed(at + "/filters", condition=UNSAYABLE, reads="yes")
    for page in (owner.visit(at + "?tab=access"), viewer.visit(at + "?tab=access")):
        assert UNSAYABLE in page.text and "Exact condition" not in page.text
        assert "id is more than 1" not in page.text, "no half of it is said"
    assert "that meet this condition:" in viewer.page.text
    assert "Saved:" not in owner.visit(form).text
