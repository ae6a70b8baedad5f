"""What administrators see: health, people, what rules come to, what is held, what happened. And nobody else."""

import html
import json
import re
import shlex
import subprocess
import time
from urllib.parse import quote

import pytest
import requests

from emporion_server import WebKit, run_cli
from openmetadata_door import label
from pages_door import Browser, by_mail, links, until_found

PAGES = ["/admin", "/admin/users", "/admin/teams", "/admin/policies", "/admin/tokens", "/admin/settings", "/admin/deleted", "/admin/audit", "/admin/audit/reads"]


@pytest.fixture(scope="module")
def product(om, fresh_name) -> dict:
    domain = om.post("/domains", {"name": fresh_name("Administered"), "domainType": "Aggregate", "description": "d"})
    return om.post("/dataProducts", {"name": fresh_name("Watched"), "description": "d", "domains": [domain["name"]]})


def test_only_administrators_come_in(server, browser, om, fresh_name):
    member = Browser(server).sign_in(server.new_user(fresh_name("curious")))
    everybody = om.get("/users", isAdmin="true", limit=1000)["data"]
    administrators = {"/people/" + quote(user["name"], safe=".-_~") for user in everybody if not user.get("isBot")}
    assert "/admin" not in member.visit("/").links and "/admin" in browser.visit("/").links
    for path in PAGES:
        assert browser.visit(path).status == 200
        refused = member.visit(path, expect=403)
        assert "administrators of the account" in " ".join(refused.roles["alert"]) and "Whom to ask" in refused.text
        named = set(links(refused.source.split('role="alert"')[1].split("</section>")[0]))
        assert named and named <= administrators, named
        answer = requests.get(server.url + path, headers={"Accept": "text/html"}, allow_redirects=False, timeout=10)
        assert answer.status_code == 303 and "/login" in answer.headers["Location"]
    token = member.visit("/logout").form("/logout")["fields"]["token"]
    for path, fields in (
        ("/admin/users", {"do": "create", "name": "intruder"}),
        ("/admin/users", {"do": "reset", "user": "admin"}),
        ("/admin/users", {"do": "enable", "user": "admin"}),
        ("/admin/tokens", {"id": "0" * 8 + "-0000-4000-8000-" + "0" * 12}),
        ("/admin/tokens", {"do": "bot", "name": "intruder"}),
        ("/admin/settings", {}),
        ("/admin/backups", {}),
    ):
        assert member.ask("POST", path, data={"token": token} | fields).status == 403, path
    assert "0 people" in browser.visit("/admin/users?q=intruder").text


def test_the_server_is_for_who_runs_it(server, browser, other_account, fresh_name):
    page = browser.visit("/admin")
    assert "search" in page.text and "Followers of the log" in page.text and re.search(r"\d+\.\d (KiB|MiB)", page.text)
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    page = elsewhere.visit("/admin")
    assert "Only administrators of the first account" in page.text and "Followers of the log" not in page.text
    token = elsewhere.visit("/logout").form("/logout")["fields"]["token"]
    assert elsewhere.ask("POST", "/admin/backups", data={"token": token}).status == 403
    # Each administers his own account, and reads nothing of another one.
    own = server.new_user(fresh_name("of-the-first"))
    until_found(server)
    mine, theirs = (one.visit("/admin/users?q=" + own.name) for one in (browser, elsewhere))
    assert "1 person" in mine.text and "0 people" in theirs.text


def test_people_and_programs_are_counted_apart(browser):
    people = re.search(r"(\d+) (?:people|person)", browser.visit("/people").text).group(1)
    page = browser.visit("/admin")
    assert re.search(rf"\b{people} (people|person)\b", page.text) and re.search(r"\d+ programs?\b", page.text)
    assert re.search(rf"\b{people} (people|person), \d+ programs?\b", browser.visit("/admin/users").text)


def test_the_command_takes_a_backup_and_the_page_knows_of_it(server, browser, tmp_path):
    page = browser.visit("/admin")
    command = re.search(r"emporion (backup --url \S+ --to) emporion-backup-\$\(date -I\)\.tar", page.source).group(1)
    server.cli(*command.split(), str(tmp_path / "kept.tar"), token=server.admin.token)
    assert "Last backup just now" in browser.visit("/admin").text
    # How often they are taken is told by the last two: here the first is made one of yesterday.
    assert "put it into a scheduler" in browser.page.text
    kept = server.store / "last-backup.json"
    told = json.loads(kept.read_text())
    kept.write_text(json.dumps(told | {"at": told["at"] - 86_000_000}))
    server.cli(*command.split(), str(tmp_path / "next.tar"), token=server.admin.token)
    page = browser.visit("/admin")
    assert "Last backup just now" in page.text and "Backups are taken every day, so far." in page.text and "scheduler" not in page.text
    assert "Sicherungen entstehen bisher jeden Tag." in browser.visit("/admin", headers={"Accept-Language": "de"}).text


def test_who_still_calls_what_is_to_go_away_is_named(server, browser, bobsled):
    bobsled.call("GET", "/workspaces", expect=200)
    page = browser.visit("/admin")
    assert "/workspaces" in page.text.split("Calls of deprecated paths", 1)[1] and server.admin.token not in page.source


def test_a_backup_can_be_tried(browser):
    browser.visit("/admin")
    browser.send("/admin/backups")
    assert "backup" in browser.query()
    deadline = time.monotonic() + 60
    while "The test copy is deleted automatically" not in browser.page.text and time.monotonic() < deadline:
        time.sleep(0.05)
        browser.visit(f"/admin?backup={browser.query()['backup']}")
    assert "The test copy is deleted automatically" in browser.page.text
    assert "It no longer exists" in browser.visit("/admin?backup=nothing").text


def test_the_lines_that_take_a_backup_and_restore_it_go_together(server, browser, tmp_path):
    page = browser.visit("/admin")
    take, restore = [html.unescape(line) for line in re.findall(r'<pre class="copy"><code>(emporion[^<]*|EMPORION[^<]*)</code>', page.source)]
    assert "sign its tokens" in page.text, "what the keys are for"
    file, store = str(tmp_path / "taken.tar"), str(tmp_path / "restored")
    # As a shell reads them: the file bears the day, so that the line can be run each day.
    said = subprocess.run(["sh", "-c", f"printf '%s\\n' {take.split(maxsplit=2)[2]}"], capture_output=True, text=True, check=True).stdout.split()
    assert re.fullmatch(r"emporion-backup-\d{4}-\d\d-\d\d\.tar", said[said.index("--to") + 1])
    words = [file if word.startswith("emporion-backup-") else word for word in said]
    run_cli(*words, EMPORION_TOKEN=server.admin.token)
    words = shlex.split(restore.replace("emporion-backup-$(date -I).tar", file).replace("./restored", store))
    run_cli(*words[1:])
    assert (tmp_path / "restored" / "catalogue.db").exists()


def test_a_pipeline_whose_last_run_failed_stands_on_the_page_of_health(browser, om, fresh_name):
    service = om.post("/services/pipelineServices", {"name": fresh_name("runs"), "serviceType": "Airflow"})["name"]
    made = om.post("/pipelines", {"name": fresh_name("nightly"), "service": service})
    said = lambda: browser.visit("/admin").source.split('id="pipelines"')[1].split("</section>")[0]  # noqa: E731
    assert made["name"] not in said()
    run = {"executionStatus": "Failed", "timestamp": int(time.time() * 1000)}
    om.call("PUT", f"/pipelines/{made['fullyQualifiedName']}/status", run, expect=(200, 201))
    assert made["name"] in said()


def test_somebody_is_made_gets_another_password_and_is_kept_out(server, browser, fresh_name):
    name = fresh_name("newcomer")
    browser.visit("/admin/users")
    page = browser.send("/admin/users", do="create", name=name, email=f"{name}@example.com")
    password = re.search(r'<pre class="copy"><code>([^<]+)</code>', page.source).group(1)
    assert password not in page.url
    visitor = Browser(server)
    visitor.visit("/login")
    visitor.send("/login", username=name, password=password)
    assert visitor.path == "/"
    page = browser.send("/admin/users", expect=409, do="create", name=name, email="zzz@example.com", admin="yes")
    assert page.roles["alert"] and page.source.index('role="alert"') > page.source.index('id="new"'), "where it was typed"
    fields = next(form["fields"] for form in page.forms if "email" in form["fields"])
    assert (fields["name"], fields["email"], fields["admin"]) == (name, "zzz@example.com", "yes"), "and as it was"
    page = browser.visit(next(link for link in browser.visit("/admin/users?q=" + name).links if "ask=reset" in link))
    assert "The current password" in page.text and "1 login: signed out at once" in page.text
    assert visitor.visit("/products").status == 200, "who is asked has not answered yet"
    browser.visit(page.url)
    page = browser.send("/admin/users", do="reset")
    other = re.search(r'<pre class="copy"><code>([^<]+)</code>', page.source).group(1)
    assert other != password and visitor.visit("/products").url.split("?")[0].endswith("/login")
    page = browser.visit(next(link for link in browser.visit("/admin/users?q=" + name).links if "ask=disable" in link))
    assert "All access: passwords, logins, tokens and keys" in page.text and name in page.text
    browser.send("/admin/users", do="disable")
    page = browser.visit("/admin/users?q=" + name)
    assert "disabled" in page.text
    again = next(link for link in page.links if "ask=enable" in link)
    assert "Access: with a new password" in browser.visit(again).text and "disabled" in browser.visit("/admin/users?q=" + name).text
    browser.visit(again)
    browser.send("/admin/users", do="enable")
    assert "disabled" not in browser.visit("/admin/users?q=" + name).text
    browser.visit(next(link for link in browser.page.links if "ask=reset" in link))
    page = browser.send("/admin/users", do="reset")
    other = re.search(r'<pre class="copy"><code>([^<]+)</code>', page.source).group(1)
    visitor.visit("/login")
    visitor.send("/login", username=name, password=other)
    assert visitor.path == "/"
    browser.visit("/admin/users")
    assert browser.send("/admin/users", expect=404, do="enable", user="nobody-like-that").roles["alert"]
    browser.visit("/admin/users")
    assert browser.send("/admin/users", expect=404, do="disable", user="nobody-like-that", revision="1").roles["alert"]
    browser.visit("/admin/users?ask=reset&user=nobody-like-that", expect=404)
    assert Browser(server).sign_in(server.new_user(name + "-2")).visit(f"/admin/users?ask=reset&user={name}", expect=403)


def test_people_are_found_by_any_part_of_what_they_are_called(server, browser, om, other_account, fresh_name):
    name, tail = fresh_name("rubrica").lower(), fresh_name("q").lower()
    who = server.new_user(name)
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/displayName", "value": f"Ana María Núñez {tail}"}])
    stranger = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    until_found(server)
    for words in (f"maria {tail}", f"ARÍ nune {tail[1:]}", name[3:], f"{name[4:]}@", f"maria {name.upper()}"):
        for path in ("/admin/users", "/admin/tokens", "/people"):
            address = f"{path}?q={quote(words)}"
            assert f"/people/{name}" in browser.visit(address).links, address
            assert f"/people/{name}" not in stranger.visit(address).links, address
    for path in ("/admin/users", "/admin/tokens", "/people"):
        assert f"/people/{name}" not in browser.visit(f"{path}?q={quote('mario ' + tail)}").links, "each word has to fit"
    writer = server.new_user(fresh_name("josé"), "--admin")
    glossary = {"name": fresh_name("Written"), "description": "d"}
    headers = {"Authorization": f"Bearer {writer.token}"}
    requests.post(server.url + "/api/v1/glossaries", json=glossary, headers=headers, timeout=10).raise_for_status()
    assert glossary["name"] in browser.visit("/admin/audit?by=" + writer.name.replace("é", "E")).text


def test_what_is_refused_is_told_in_the_readers_language(server, admin, fresh_name):
    reader = Browser(server)
    reader.session.headers["Accept-Language"] = "de"
    reader.sign_in(admin).visit("/admin/users")
    name = fresh_name("doppelt")
    reader.send("/admin/users", do="create", name=name, email=f"{name}@example.com")
    assert f'Person: "{name}" gibt es schon' in reader.send("/admin/users", expect=409, do="create", name=name).roles["alert"]
    page = reader.send("/admin/users", expect=400, do="create", name=fresh_name("schief"), email="nowhere")
    assert "Die E-Mail-Adresse: muss eine richtige E-Mail-Adresse sein" in page.roles["alert"]
    page = reader.send("/admin/users", expect=400, do="create", name="")
    assert not any("must" in said for said in page.roles["alert"]) and page.roles["alert"]


def test_the_simulator_says_what_the_gate_says(server, browser, om, product, fresh_name):
    plain = server.new_user(fresh_name("simulated"))
    fqn = product["fullyQualifiedName"]

    def asked(who: str) -> dict[str, tuple[str, str]]:
        page = browser.visit(f"/admin/policies?who={who}&kind=data_product&what={quote(fqn)}")
        table = page.source.split('id="roles"')[0]
        rows = re.findall(r'<th scope="row">([^<]+)</th><td>(.*?)</td><td>(.*?)</td>', table, re.S)
        return {name: (re.sub("<[^>]+>", "", verdict).strip(), re.sub("<[^>]+>", "", why)) for name, verdict, why in rows}

    answers = asked(plain.name)
    assert {verdict for verdict, _ in answers.values()} <= {"yes", "no"} and len(answers) > 10
    assert "edit the name shown" in answers and "manage tokens and keys" not in answers, "a product has none"
    theirs = om.get(f"/permissions/dataProduct/{product['id']}?user={plain.name}")["permissions"]
    told = {one["operation"]: one["access"] in ("allow", "conditionalAllow") for one in theirs}
    for action, operation in (("view", "ViewAll"), ("edit owners", "EditOwners"), ("delete", "Delete"), ("edit the description", "EditDescription")):
        name = next(name for name in answers if name.lower().replace("_", " ") in (action, action.replace(" ", "")))
        assert (answers[name][0] == "yes") == told[operation], (action, answers[name], told[operation])
        assert answers[name][1], "a yes says why, too"
    assert "Everybody in the account can see it" in answers["view"][1] or answers["view"][0] == "no"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/owners/0", "value": {"id": plain.id, "type": "user"}}])
    owner = asked(plain.name)
    assert owner["delete"][0] == "yes" and owner["delete"][1].startswith("Owns it, in person or through a team.")
    page = browser.page.text.split("Roles", 1)[0]
    assert "Can see it, and query what is shared with it. Can do everything else with it, too." in page, "whoever owns it"
    assert "is owner of it" in page and "You are" not in page, "it speaks of somebody else"
    assert all(verdict == "yes" and "may do everything" in why for verdict, why in list(asked("admin").values())[:-1])
    reader = Browser(server)
    reader.session.headers["Accept-Language"] = "de"
    german = reader.sign_in(server.admin).visit(f"/admin/policies?who={plain.name}&kind=data_product&what={quote(fqn)}").text
    assert "die Beschreibung ändern" in german and "edit " not in german.split("DataConsumer")[0]
    assert browser.visit(f"/admin/policies?who=nobody&kind=data_product&what={quote(fqn)}").roles["alert"]
    assert browser.visit(f"/admin/policies?who={plain.name}&kind=table&what=no.such.table").roles["alert"]
    page = browser.visit("/admin/policies")
    assert "DataConsumer" in page.text and "may:" in page.text


def test_what_is_held_is_listed_without_its_secret_and_ended(server, browser, fresh_name):
    holder = server.new_user(fresh_name("holder"))
    until_found(server)
    page = browser.visit("/admin/tokens?q=" + holder.name)
    assert "access key" in page.text and "token" in page.text and holder.token not in page.source
    ids = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "id"]
    assert len(ids) >= 2
    assert requests.get(server.url + "/api/v1/users/loggedInUser", headers={"Authorization": f"Bearer {holder.token}"}, timeout=10).status_code == 200
    for id in ids:
        browser.visit("/admin/tokens?q=" + holder.name)
        browser.send_sure("/admin/tokens", id=id, holder=holder.id)
    assert requests.get(server.url + "/api/v1/users/loggedInUser", headers={"Authorization": f"Bearer {holder.token}"}, timeout=10).status_code == 401
    browser.visit("/admin/tokens?q=" + holder.name)
    assert browser.ask("POST", "/admin/tokens", data={"id": ids[0]}).status == 403, "no page made it"


def test_nobody_ends_what_is_held_in_another_account(server, other_account, fresh_name, browser):
    holder = server.new_user(fresh_name("own-holder"))
    until_found(server)
    page = browser.visit("/admin/tokens?q=" + holder.name)
    ids = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "id"]
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    for id in ids:
        elsewhere.visit("/admin/tokens")
        assert elsewhere.send("/admin/tokens", expect=404, id=id).roles["alert"]
    assert requests.get(server.url + "/api/v1/users/loggedInUser", headers={"Authorization": f"Bearer {holder.token}"}, timeout=10).status_code == 200


def test_what_happened_is_told_newest_first_and_filtered(server, browser, om, product, fresh_name, other_account):
    name = product["name"]
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/description", "value": "Changed for the audit."}])
    page = browser.visit("/admin/audit?kind=data_product")
    assert page.text.index(name) and re.search(r'<th scope="row"><a class="link"[^>]*><bdi>[^<]*' + re.escape(name), page.source)
    assert "changed" in page.text
    made = browser.visit("/admin/audit?kind=data_product&what=created")
    assert name in made.text and "Domain" not in "".join(re.findall(r'<span class="path">([^<]*)</span>', made.source))
    nobody = browser.visit("/admin/audit?by=nobody-like-that")
    assert "No entries match." in nobody.text and name not in nobody.text
    by = {who for who in re.findall(r'<td><a class="person" href="/people/([^"]+)"', browser.visit("/admin/audit?by=admin").source)}
    assert by == {"admin"}
    assert name not in browser.visit("/admin/audit?kind=data_product&until=2001-01-01").text
    assert browser.visit("/admin/audit?from=yesterday", expect=400).roles["alert"]
    for n in range(60):
        om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/description", "value": f"Changed {n} times."}])
    # Page after page leads back to the beginning, without a line twice.
    seen: list[str] = []
    page = browser.visit("/admin/audit")
    for _ in range(50):
        seen += re.findall(r'<td class="num">([\d,]+)</td></tr>', page.source)
        older = next((given["href"] for tag, given in page.tags if tag == "a" and given.get("rel") == "next"), None)
        if not older or len(seen) > 300:
            break
        page = browser.visit(older)
    numbers = [int(one.replace(",", "")) for one in seen]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == len(numbers) > 50
    assert name not in Browser(server).sign_in(by_mail(other_account, "elsewhere")).visit("/admin/audit").text


def test_what_happened_says_what_was_given_lent_and_taken(server, browser, om, bobsled, sales_tables, product, fresh_name):
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    reader = server.new_user(fresh_name("reads"))
    browser.visit(at + "?edit=assets")
    browser.send(at, add=sales_tables["orders"]["fullyQualifiedName"], until="2037-12-31")
    browser.visit(at + "?tab=access")
    browser.send(at + "/roles", who=reader.name, role="viewer", until="2037-12-31")
    browser.visit(at + "?tab=access")
    browser.send(at + "/roles", take=reader.id)
    browser.visit(at + "?tab=assets")
    browser.visit(next(link for link in browser.page.links if "take=" in link))
    browser.send(at)
    told = ["added to assets and shared their rows: orders, until 31 December 2037", f"gave the role viewer to {reader.name}, until 31 December 2037",
            f"removed the role viewer from {reader.name}", "stopped sharing the rows of orders"]  # fmt: skip
    page = browser.visit("/admin/audit?kind=data_product&what=updated")
    history = browser.visit(at + "?tab=activity")
    for said in told:
        assert said in page.text and said in history.text, said
    german = browser.ask("GET", "/admin/audit?kind=data_product", headers={"Accept-Language": "de"})
    assert f"gab die Rolle Leser: {reader.name}, bis 31. Dezember 2037" in german.text
    # What is called by an id alone is named by what it is.
    other = Browser(server).sign_in(reader)
    other.visit(at + "?tab=access")
    other.send(at, reason="To read it.")
    page = browser.visit("/admin/audit?kind=access_request")
    names = [name for name in re.findall(r'<th scope="row">(.*?)<span class="path">', page.source)]
    assert names and all(re.search("[0-9a-f]{8}-", name) is None for name in names), names
    assert f"/ {product['name']}<" in names[0] and "Request for access" in page.text


def test_a_change_of_many_things_unfolds(browser, om, fresh_name):
    glossary = om.post("/glossaries", {"name": fresh_name("Unfolds"), "description": "d"})["name"]
    term, other = (om.post("/glossaryTerms", {"name": name, "description": "d", "glossary": glossary}) for name in ("one", "other"))
    changes = {"description": "new", "displayName": "One", "synonyms": ["first"], "entityStatus": "Deprecated",
               "relatedTerms": [{"id": other["id"], "type": "glossaryTerm"}], "tags": [label("PII.Sensitive")]}  # fmt: skip
    om.patch(f"/glossaryTerms/{term['id']}", [{"op": "add", "path": f"/{name}", "value": value} for name, value in changes.items()])
    page = browser.visit("/admin/audit?kind=glossary_term")
    [folded] = re.findall(r'<details class="more"><summary>and 2 more</summary>(.*?)</details>', page.source)
    assert "added to related terms: other" in folded and "added to labels: Sensitive" in folded


def test_what_happened_says_also_what_makes_no_version(server, browser, om, bobsled, sales_tables, product, fresh_name):
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    orders = sales_tables["orders"]["fullyQualifiedName"]
    for visibility, send in (("granted", browser.send_sure), ("open", browser.send)):
        browser.visit(at + "?edit=visibility")
        send(at, visibility=visibility)
    browser.visit(at + "?edit=assets")
    browser.send(at, add=orders)
    browser.visit(at + "?tab=assets")
    browser.visit(next(link for link in browser.page.links if "take=" in link))
    browser.send(at)
    browser.visit(at + "?edit=assets")
    browser.send(at, add=orders)
    page, history = browser.visit("/admin/audit?kind=data_product&what=updated"), browser.visit(at + "?tab=activity")
    for said in ("opened it to everybody", "limited it to people with a role", "shared the rows of orders"):
        assert said in page.text and said in history.text, said
    assert "Author not recorded" not in history.text
    crew = om.post("/teams", {"name": fresh_name("crew"), "teamType": "Group"})
    member = server.new_user(fresh_name("joins"))
    om.patch(f"/teams/{crew['id']}", [{"op": "add", "path": "/users", "value": [{"id": member.id, "type": "user"}]}])
    lines = re.findall(r"<tr>.*?</tr>", browser.visit("/admin/audit?kind=team&what=updated").source, re.S)[1:]
    assert "members" in lines[0] and member.name in lines[0], lines[0]


def test_the_kit_is_there_for_who_works_on_the_pages_alone(browser, tmp_path):
    assert browser.visit("/_kit", expect=404).roles["alert"]
    working = WebKit(tmp_path)
    try:
        page = Browser(working).sign_in(working.admin).visit("/_kit?theme=dark")
        assert next(given for tag, given in page.tags if tag == "html")["data-theme"] == "dark"
        for component in ("parts/chart", "parts/answer", "parts/model_picture", "parts/person"):
            assert component in page.text
        for state in ("it was interrupted", "a very long name, and over"):
            assert state in page.text
    finally:
        assert working.stop() == 0, working.log_tail()


def test_who_observes_a_table_is_not_said_to_have_changed_it(server, browser, om, sales_tables):
    schema = sales_tables["orders"]["databaseSchema"]["fullyQualifiedName"]
    columns = [{"name": "id", "dataType": "INT"}]
    table = om.post("/tables", {"name": "observed", "databaseSchema": schema, "columns": columns})
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/displayName", "value": "Seen from afar"}])
    om.put(f"/tables/{table['id']}/tableProfile", {"tableProfile": {"timestamp": 1_700_000_000_000, "rowCount": 7}})
    rows = re.findall(r"<tr>.*?</tr>", browser.visit("/admin/audit?kind=table&what=updated").source, re.S)[1:3]
    assert "the name shown" not in rows[0] and "the name shown" in rows[1], rows
    assert "noted what was measured of it" in rows[0] and "measured" not in rows[1], rows
    om.delete(f"/tables/{table['id']}", hardDelete="true")


def last_used(page) -> str:
    """When the only token of a page was used last."""
    (row,) = re.findall(r'<tr><th scope="row">(.*?)</tr>', page.source, re.S)
    return re.findall(r"<td>(.*?)</td>", row, re.S)[3]


def test_a_program_is_made_gets_its_token_and_loses_it(server, browser, om, other_account, fresh_name):
    name = fresh_name("loader")
    browser.visit("/admin/tokens")
    page = browser.send("/admin/tokens", name=name, description="Loads <b>orders</b>", do="bot")
    assert browser.query() == {"bot": name, "done": "created"} and "Created" in page.text
    bot = om.get(f"/bots/name/{name}")
    assert bot["botUser"]["name"] == name and bot["description"] == "Loads <b>orders</b>"
    # It is chosen already; its token is shown once, and ends when it is taken away.
    sent = next(form for form in page.forms if "bot" in form["fields"])
    assert sent["fields"]["bot"] == name
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    page = browser.ask("POST", "/admin/tokens", data=sent["fields"] | {"days": "30", "do": "make"}, headers=here)
    token = re.search(r'<pre class="copy"><code>([^<]+)</code>', page.source)[1]
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    assert requests.get(f"{server.url}/api/v1/users/loggedInUser", **asked).json()["name"] == name
    page = browser.visit(f"/admin/tokens?q={name}")
    assert token not in page.source and "program" in page.text
    (held,) = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "id"]
    # That it was used is seen a moment later.
    deadline = time.monotonic() + 10
    while "just now" not in last_used(page := browser.visit(f"/admin/tokens?q={name}")):
        assert time.monotonic() < deadline, page.text
        time.sleep(0.2)
    browser.send_sure("/admin/tokens", id=held, holder=bot["botUser"]["id"])
    assert requests.get(f"{server.url}/api/v1/users/loggedInUser", **asked).status_code == 401
    # What is no name, or somebody's, makes nothing.
    browser.visit("/admin/tokens")
    for wrong, status in ((name, 409), ("", 400), ("x y", 400), ("a" * 65, 400)):
        sent = next(form["fields"] for form in browser.page.forms if "description" in form["fields"])
        page = browser.ask("POST", "/admin/tokens", data=sent | {"name": wrong, "do": "bot"}, headers=here)
        assert page.status == status and page.roles["alert"], (wrong, page.status)
    om.call("GET", f"/bots/name/{quote('x y')}", expect=404)
    # Another account's administrator makes his own, and sees none of these.
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    elsewhere.visit("/admin/tokens")
    page = elsewhere.send("/admin/tokens", name=name, do="bot")
    assert page.status == 200 and elsewhere.query()["bot"] == name
    assert bot["botUser"]["id"] not in elsewhere.visit(f"/admin/tokens?q={name}").source


def test_how_messages_are_set_up_is_for_who_runs_the_server(browser, server, other_account):
    page = browser.visit("/admin/settings")
    assert "No mail is sent: no mail server is named." in page.text and "mail.host" in page.text and "not set" in page.text
    assert "People sign in with their passwords alone." in page.text
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    page = elsewhere.visit("/admin/settings")
    assert "mail.host" not in page.text and "Sender" not in page.text
    token = elsewhere.visit("/logout").form("/logout")["fields"]["token"]
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert elsewhere.ask("POST", "/admin/settings", data={"token": token}, headers=here).status == 403
    token = browser.visit("/logout").form("/logout")["fields"]["token"]
    refused = browser.ask("POST", "/admin/settings", data={"token": token}, headers=here)
    assert refused.status == 400 and "No mail is sent" in " ".join(refused.roles["alert"])
