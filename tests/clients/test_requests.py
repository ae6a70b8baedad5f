"""Requests for access: asked for over HTTP and from the command line, decided by who may give, gone when they end."""

import json
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest
import requests
from metadata.generated.schema.entity.feed.thread import Thread
from metadata.generated.schema.type.changeEvent import ChangeEvent

import datazone_door
from emporion_server import run_cli
from openmetadata_door import JSON_PATCH, OpenMetadataDoor, reference
from rows_world import REGION, TABLE, RowsWorld
from test_webhooks import SECRET, domain, role_over, subscription
from webhook_receiver import Receiver

WAGES = "shop.shop.main.wages"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("requests"), EMPORION_WEBHOOKS__ALLOWED_NETWORKS='["127.0.0.0/8"]')
    wages = made.om.by_name("tables", WAGES)
    owner = [reference(made.om.get("/users/name/table-owner"), "user")]
    made.om.patch(f"/tables/{wages['id']}", [{"op": "add", "path": "/owners", "value": owner}])
    made.wages = wages["id"]
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def call(world, who: str, method: str, path: str, body=None, **params) -> requests.Response:
    principal = world.people[who]
    headers = {"Authorization": f"Bearer {principal.token}"} if principal else {}
    url = f"{world.server.url}/emporion/v1/requests{path}"
    answer = requests.request(method, url, json=body, headers=headers, params=params, timeout=30)
    assert answer.status_code < 500, answer.text
    return answer


def asks(world, who: str, wants: str = "viewer", status: int = 200, **more) -> dict:
    body = {"product": world.product, "wants": wants, "reason": "for a report"} | more
    answer = call(world, who, "POST", "", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def decides(world, who: str, id: str, verdict: str, status: int = 200, **body) -> dict:
    answer = call(world, who, "POST", f"/{id}/{verdict}", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def listed(world, who: str, **params) -> list[str]:
    page = call(world, who, "GET", "", **params).json()
    assert page["total"] == len(page["requests"]) and page["next"] is None, page
    first = call(world, who, "GET", "", **params, limit=1).json()
    assert first["total"] == page["total"] and first["requests"] == page["requests"][:1], first
    return [request["id"] for request in page["requests"]]


def newcomer(world, name: str) -> str:
    world.people[name] = world.server.new_user(name)
    return name


def queries(world, who: str) -> bool:
    answer = world.door(who).call("POST", f"{world.path}/run-sql", {"sql": "SELECT region FROM customer"})
    return REGION in answer.text


def role_of(world, who: str) -> dict | None:
    users = world.bob.get(f"{world.path}/users")["users"]
    return next((user for user in users if user["email"] == world.mail(who)), None)


def test_who_sees_a_request_and_who_decides_it(world):
    who = newcomer(world, "ann")
    made = asks(world, who)
    assert made["state"] == "open" and made["requester"] == who and made["mayDecide"] is False, made
    assert made["productId"] == world.product and made["reason"] == "for a report"
    id = made["id"]
    for caller, sees, waits in (
        (who, True, False),
        ("product_owner", True, True),
        ("admin", True, True),
        ("editor", False, False),
        ("viewer", False, False),
        ("table_owner", False, False),
        ("stranger", False, False),
        ("outsider", False, False),
    ):
        assert (id in listed(world, caller)) is sees, caller
        assert (id in listed(world, caller, which="waiting")) is waits, caller
        shown = call(world, caller, "GET", f"/{id}")
        assert shown.status_code == (200 if sees else 404), (caller, shown.text)
        if sees:
            assert shown.json()["mayDecide"] is waits, caller
        else:
            for verdict in ("approve", "reject", "withdraw"):
                decides(world, caller, id, verdict, 404)
            assert id not in json.dumps(world.server.cli("list", "access_requests", token=world.people[caller].token))
    assert call(world, "anonymous", "GET", "").status_code == 401
    for verdict in ("approve", "reject"):
        refused = decides(world, who, id, verdict, 403)
        assert "nobody decides what he has asked for himself" in refused["error"], refused
    assert "only who has made it" in decides(world, "product_owner", id, "withdraw", 403)["error"]
    assert not queries(world, who)
    done = decides(world, "product_owner", id, "approve", words="Welcome")
    assert (done["state"], done["decidedBy"], done["words"]) == ("approved", "product-owner", "Welcome"), done
    assert queries(world, who)
    assert role_of(world, who)["role"] == "viewer" and role_of(world, who)["allowSql"] is True, role_of(world, who)
    for verdict in ("approve", "reject"):
        assert "approved already" in decides(world, "admin", id, verdict, 409)["error"]
    assert "may query the product already" in asks(world, who, status=409)["error"]


def test_what_is_asked_for_must_make_sense(world):
    who = newcomer(world, "bea")
    for body, status, rule in (
        ({"reason": ""}, 400, "reason must not be null"),
        ({"reason": "   "}, 400, "reason"),
        ({"reason": "x" * 2001}, 400, "reason must have at most 2000 characters"),
        ({"reason": 7}, 400, "reason must be a text"),
        ({"wants": "owner"}, 400, "wants must be one of [viewer, editor, rows]"),
        ({"wants": "rows"}, 400, "assets must name"),
        ({"wants": "rows", "assets": [world.product]}, 400, "assets must be assets of the product"),
        ({"wants": "rows", "assets": "wages"}, 400, "assets must be a list of texts"),
        ({"assets": [world.wages]}, 400, "assets has no meaning beside a role"),
        ({"until": "soon"}, 400, "until must be a number of days"),
        ({"until": "2001-01-01"}, 400, "until must lie in the future"),
        ({"state": "approved"}, 400, "state is not a known field"),
        ({"requester": "admin"}, 400, "requester is not a known field"),
        ({"product": "nothing.of.the.sort"}, 404, "does not exist"),
        ({"product": None}, 400, "product must not be null"),
    ):
        answer = call(world, who, "POST", "", {"product": world.product, "wants": "viewer", "reason": "r"} | body)
        assert answer.status_code == status and rule in answer.json()["error"], (body, answer.text)
    hidden = world.bob.create("Hidden")["id"]
    refused = call(world, who, "POST", "", {"product": hidden, "wants": "viewer", "reason": "r"})
    assert refused.status_code == 404, refused.text
    for params in ({"which": "hers"}, {"state": "done"}, {"limit": "0"}, {"after": "x"}):
        assert call(world, who, "GET", "", **params).status_code == 400, params
    first = asks(world, who)
    again = asks(world, who, status=409)
    assert first["id"] in again["error"], again
    assert decides(world, who, first["id"], "withdraw")["state"] == "withdrawn"
    asks(world, who)


def test_rows_are_asked_of_those_who_hold_them(world):
    world.bob.patch(f"{world.path}/data-assets", {"add": [{"tableName": "wages"}]})
    world.bob.post(f"{world.path}/deploy", {})
    asset = next(a for a in world.bob.get(f"{world.path}/data-assets")["dataAssets"] if a["tableName"] == "wages")
    world.bob.patch(f"{world.path}/data-assets", {"update": [{"id": asset["id"], "rows": "closed"}]})

    def counts(who: str) -> bool:
        answer = world.door(who).call("POST", f"{world.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM wages"})
        return answer.status_code == 200

    assert not counts("viewer")
    made = asks(world, "viewer", "rows", assets=[WAGES])
    assert made["assets"] == [WAGES]
    for stranger in ("product_owner", "editor", "stranger", "outsider"):
        decides(world, stranger, made["id"], "approve", 404)
    assert listed(world, "table_owner", which="waiting") == [made["id"]]
    decides(world, "table_owner", made["id"], "approve", until="1d")
    assert counts("viewer")
    # Who holds the rows himself does not decide what he asks for.
    world.bob.patch(f"{world.path}/data-assets", {"update": [{"id": asset["id"], "rows": "closed"}]})
    own = asks(world, "table_owner", "rows", assets=[world.wages])
    decides(world, "table_owner", own["id"], "approve", 403)
    assert not counts("viewer")
    decides(world, "admin", own["id"], "reject", words="no")
    assert not counts("viewer")


def by_users(world, giver: str, who: str) -> int:
    change = {"add": [{"email": world.mail(who), "role": "editor"}]}
    return world.door(giver).call("PATCH", f"{world.path}/users", change).status_code


def by_owners(world, giver: str, who: str) -> int:
    owner = {"id": world.people[who].id, "type": "user"}
    change = [{"op": "add", "path": "/owners/-", "value": owner}]
    headers = {"Content-Type": JSON_PATCH}
    return world.metadata(giver).call("PATCH", f"/dataProducts/{world.product}", change, headers=headers).status_code


def by_page(world, giver: str, who: str) -> int:
    browser = world.browser(giver)
    at = "/products/" + quote(world.om.get(f"/dataProducts/{world.product}")["fullyQualifiedName"], safe=".-_~")
    form = browser.visit(f"{at}?tab=access").form(f"{at}/roles")["fields"]
    body = form | {"who": who, "role": "editor"}
    return browser.ask("POST", f"{at}/roles", data=body, headers={"Origin": browser.base}).status


@pytest.mark.parametrize("gives", (by_users, by_owners, by_page))
def test_what_is_given_by_hand_decides_the_request_and_nobody_gives_it_himself(world, gives):
    who = newcomer(world, f"lou-{gives.__name__.replace('_', '-')}")
    lower, made = asks(world, who), asks(world, who, "editor")
    assert gives(world, "product_owner", who) == 200
    for id in (lower["id"], made["id"]):
        done = call(world, who, "GET", f"/{id}").json()
        assert (done["state"], done["decidedBy"]) == ("approved", "product-owner"), done
        assert id not in listed(world, "product_owner", which="waiting")
    # An administrator who has asked takes his request back first.
    other = newcomer(world, f"adm-{gives.__name__.replace('_', '-')}")
    user = world.people[other].id
    world.om.patch(f"/users/{user}", [{"op": "add", "path": "/isAdmin", "value": True}])
    own = asks(world, other, "editor")
    before = world.om.get(f"/dataProducts/{world.product}", fields="owners")["version"]
    assert gives(world, other, other) == 403
    assert world.om.get(f"/dataProducts/{world.product}")["version"] == before and role_of(world, other) is None
    assert call(world, other, "GET", f"/{own['id']}").json()["state"] == "open"
    decides(world, other, own["id"], "withdraw")
    assert gives(world, other, other) == 200
    world.om.patch(f"/users/{user}", [{"op": "replace", "path": "/isAdmin", "value": False}])


def test_who_joins_the_team_that_has_the_product_has_what_he_asked_for(world):
    who = newcomer(world, "mia")
    made, higher = asks(world, who), asks(world, who, "editor")
    datazone_door.client(world.server, world.server.admin).create_project_membership(
        domainIdentifier=world.domain,
        projectIdentifier=world.owning_project,
        designation="PROJECT_CONTRIBUTOR",
        member={"userIdentifier": world.people[who].id},
    )
    assert queries(world, who)
    done = call(world, who, "GET", f"/{made['id']}").json()
    assert (done["state"], done["decidedBy"]) == ("approved", "admin"), done
    assert call(world, who, "GET", f"/{higher['id']}").json()["state"] == "open", "that he has not got"
    decides(world, who, higher["id"], "withdraw")


def test_rows_that_are_lent_by_hand_decide_the_request(world):
    assets = world.bob.get(f"{world.path}/data-assets")["dataAssets"]
    asset = next(a for a in assets if a["tableName"] == "customer")
    lend = lambda who, rows: world.door(who).call(
        "PATCH", f"{world.path}/data-assets", {"update": [{"id": asset["id"], "rows": rows}]}
    ).status_code
    assert lend("admin", "closed") == 200
    made = asks(world, "viewer", "rows", assets=[TABLE])
    own = asks(world, "admin", "rows", assets=[TABLE])
    assert lend("admin", "granted") == 403, "he has asked for it himself"
    decides(world, "admin", own["id"], "withdraw")
    assert lend("admin", "granted") == 200
    assert call(world, "viewer", "GET", f"/{made['id']}").json()["state"] == "approved"


def test_nobody_decides_through_a_program(world):
    who = newcomer(world, "cai")
    made = asks(world, who)
    om = world.om
    email = "helper@programs.example"
    om.put("/users", {"name": "helper", "email": email, "isBot": True, "isAdmin": True,
                      "authenticationMechanism": {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}})
    om.put("/bots", {"name": "helper", "botUser": "helper"})
    user = om.get("/users/name/helper")
    token = om.get(f"/users/auth-mechanism/{user['id']}")["config"]["JWTToken"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{world.server.url}/emporion/v1/requests/{made['id']}/approve"
    refused = requests.post(url, json={}, headers=headers, timeout=30)
    assert refused.status_code in (403, 404), refused.text
    assert not queries(world, who)


def test_a_request_ends_with_what_it_is_about(world):
    who = newcomer(world, "dan")
    product = world.bob.create("Passing")
    world.bob.patch(f"/data-products/{product['id']}/users", {"add": [{"email": world.mail(who), "role": "viewer"}]})
    made = asks(world, who, "editor", product=product["id"])
    gone = newcomer(world, "eve")
    of_gone = asks(world, gone)
    world.server.cli("user", "disable", gone)
    assert "disabled or gone" in decides(world, "admin", of_gone["id"], "approve", 409)["error"]
    decides(world, "admin", of_gone["id"], "reject")
    world.bob.delete(f"/data-products/{product['id']}")
    for caller in (who, "admin"):
        assert call(world, caller, "GET", f"/{made['id']}").status_code == 404
        assert made["id"] not in listed(world, caller)


def test_a_role_ends_when_it_was_to_end(world):
    who = newcomer(world, "fay")
    world.bob.patch(
        f"{world.path}/users",
        {"add": [{"email": world.mail(who), "role": "viewer", "allowSql": False, "rowFilters": {"customer": "region = 'EU'"}}]},
    )
    made = asks(world, who)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=4)).isoformat(timespec="milliseconds")
    decides(world, "admin", made["id"], "approve", until=soon)

    def status() -> int:
        sql = {"sql": "SELECT region FROM customer"}
        answer = world.door(who).call("POST", f"{world.path}/run-sql", sql)
        assert REGION not in answer.text, "the filter holds all the time"
        return answer.status_code

    assert status() == 200
    deadline = time.time() + 15
    while status() == 200:
        assert time.time() < deadline, "it ends by itself"
        time.sleep(0.2)
    kept = role_of(world, who)
    assert kept["allowSql"] is False and kept["rowFilters"], kept
    # Given again by hand, a role has no end.
    other = newcomer(world, "gus")
    made = asks(world, other)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=4)).isoformat(timespec="milliseconds")
    decides(world, "product_owner", made["id"], "approve", until=soon)
    world.bob.patch(f"{world.path}/users", {"add": [{"email": world.mail(other), "role": "viewer"}]})
    # What is changed of a role, or only listed again, keeps its end.
    third = newcomer(world, "gil")
    made = asks(world, third)
    decides(world, "product_owner", made["id"], "approve", until=soon)
    world.bob.patch(f"{world.path}/users", {"update": [{"userId": world.people[third].id, "rowFilters": {"customer": "region <> 'x'"}}]})
    users = [{"email": user["email"], "role": user["role"]} for user in world.bob.get(f"{world.path}/users")["users"]]
    world.bob.patch(f"{world.path}/users", {"users": users})
    assert queries(world, third)
    time.sleep(4)
    assert queries(world, other) and not queries(world, third)


def test_what_ended_while_nobody_served_is_over_before_anybody_is(world):
    who = newcomer(world, "hal")
    made = asks(world, who)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=2)).isoformat(timespec="milliseconds")
    decides(world, "product_owner", made["id"], "approve", until=soon)
    assert queries(world, who)
    world.server.kill()
    time.sleep(2.5)
    world.server.start()
    assert not queries(world, who)


def test_the_command_line_asks_and_decides(world):
    who = newcomer(world, "ida")

    def cli(caller: str, *arguments: str, check: bool = True):
        done = run_cli(
            "request", *arguments, "-o", "json", check=check,
            EMPORION_URL=world.server.url, EMPORION_TOKEN=world.people[caller].token,
        )
        return json.loads(done.stdout) if check else done

    made = cli(who, "create", world.product, "--wants", "editor", "--reason", "to describe it", "--until", "30d")
    assert made["wants"] == "editor" and made["until"] and made["state"] == "open"
    assert [request["id"] for request in cli(who, "list", "--mine")] == [made["id"]]
    waiting = cli("product_owner", "list", "--waiting", "--product", world.product, "--state", "open")
    assert made["id"] in [request["id"] for request in waiting]
    assert cli(who, "show", made["id"])["reason"] == "to describe it"
    refused = cli(who, "approve", made["id"], check=False)
    assert refused.returncode == 1 and "nobody decides" in refused.stderr and not refused.stdout
    assert cli("stranger", "show", made["id"], check=False).returncode == 1
    assert cli(who, "create", world.product, "--wants", "owner", "--reason", "x", check=False).returncode == 2
    done = cli("product_owner", "approve", made["id"], "--until", "never", "--words", "for good")
    assert (done["state"], done["until"]) == ("approved", None), done
    assert role_of(world, who)["role"] == "editor"
    other = newcomer(world, "jon")
    made = cli(other, "create", world.product, "--wants", "viewer", "--reason", "r")
    assert cli("admin", "reject", made["id"], "--words", "ask your lead")["state"] == "rejected"
    made = cli(other, "create", world.product, "--wants", "viewer", "--reason", "r")
    assert cli(other, "withdraw", made["id"])["state"] == "withdrawn"
    assert len(cli(other, "list", "--mine")) == 2
    table = run_cli("request", "list", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.people[other].token).stdout
    assert "rejected" in table and "withdrawn" in table, table


def test_subscribers_who_may_see_it_are_told_of_a_request(world):
    receiver, who = Receiver(), newcomer(world, "kim")
    role = role_over(world.om, "eventSubscription", "subscribing")
    user = world.om.get("/users/name/editor")
    world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [role]}])
    everything = ["task", "domain"]
    world.om.post("/events/subscriptions", subscription("of-admin", receiver.url("/admin"), everything))
    editor = OpenMetadataDoor(world.server, world.people["editor"].token)
    editor.post("/events/subscriptions", subscription("of-editor", receiver.url("/editor"), everything))
    made = asks(world, who, until="30d")
    decides(world, "product_owner", made["id"], "approve", words="Welcome")
    other = asks(world, who, "editor")
    decides(world, who, other["id"], "withdraw")
    last = domain(world.om, "told-last")
    told = lambda path: [event["entityId"] for event in receiver.events(path)]
    receiver.waits_for(lambda: last["id"] in told("/admin") and last["id"] in told("/editor"))
    assert made["id"] not in told("/editor") and other["id"] not in told("/editor"), "he may not decide it"
    events = [event for event in receiver.events("/admin") if event["entityType"] == "THREAD"]
    assert [(event["entityId"], event["eventType"]) for event in events] == [
        (made["id"], "threadCreated"),
        (made["id"], "taskResolved"),
        (other["id"], "threadCreated"),
        (other["id"], "taskClosed"),
    ]
    for event in events:
        ChangeEvent.model_validate(event | {"entity": json.dumps(event["entity"])})
        Thread.model_validate(event["entity"])
    waiting, resolved = events[0]["entity"], events[1]["entity"]
    assert waiting["message"] == "for a report" and waiting["createdBy"] == who and not waiting["resolved"]
    assert waiting["entityRef"]["id"] == world.product and waiting["task"]["newValue"].startswith("viewer until 20")
    assert resolved["task"]["closedBy"] == "product-owner" and resolved["posts"][0]["message"] == "Welcome"
    assert all(message.is_signed_with(SECRET) for message in receiver.taken)
    refused = world.om.call("POST", "/events/subscriptions", subscription("none", receiver.url(), ["tasks"]))
    assert refused.status_code == 400, refused.text
    receiver.close()
