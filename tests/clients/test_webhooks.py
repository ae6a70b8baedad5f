"""Event subscriptions: what happens is sent to those who asked for it, signed, in order, and to nobody else."""

import time

import pytest
import requests
from metadata.generated.schema.entity.events import webhook
from metadata.generated.schema.events.api.createEventSubscription import CreateEventSubscription
from metadata.generated.schema.events.eventSubscription import (
    AlertType,
    Destination,
    EventSubscription,
    SubscriptionCategory,
    SubscriptionType,
)
from metadata.generated.schema.events.subscriptionStatus import SubscriptionStatus

from bobsled_door import BobsledDoor
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor, reference
from openmetadata_kinds import connect
from webhook_receiver import Receiver

SECRET = "a shared secret"
MASK = "*********"


@pytest.fixture(scope="module")
def hooked(tmp_path_factory):
    """A server that may send to this machine."""
    made = Server(tmp_path_factory.mktemp("hooked"), EMPORION_WEBHOOKS__ALLOWED_NETWORKS='["127.0.0.0/8"]').start()
    yield made
    assert made.stop() == 0, made.log_tail()
    assert "panicked" not in made.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def door(hooked) -> OpenMetadataDoor:
    return OpenMetadataDoor(hooked, hooked.admin.token)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def destination(endpoint: str, **config) -> dict:
    return {"type": "Webhook", "category": "External", "config": {"endpoint": endpoint} | config}


def subscription(name: str, endpoint: str, resources=("domain",), **more) -> dict:
    signed = {"authType": {"type": "bearer", "secretKey": SECRET}}
    body = {"name": name, "alertType": "Notification", "resources": list(resources)}
    return body | {"destinations": [destination(endpoint, **signed)]} | more


def role_over(door, resource: str, name: str) -> dict:
    """A role that allows everything with one type of entity."""
    rule = {"name": "all", "resources": [resource], "operations": ["All"], "effect": "allow"}
    policy = door.post("/policies", {"name": f"{name}-policy", "rules": [rule]})
    return reference(door.post("/roles", {"name": name, "policies": [policy["name"]]}), "role")


def by_events(*types: str) -> dict:
    arguments = [{"name": "eventTypeList", "input": list(types)}]
    return {"filters": [{"name": "filterByEventType", "effect": "include", "arguments": arguments}]}


def domain(door, name: str) -> dict:
    return door.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})


def status(door, made: dict) -> dict:
    return door.get(f"/events/subscriptions/{made['id']}/status/{made['destinations'][0]['id']}")


def waits_for_status(door, made: dict, wanted: str, seconds: float = 20.0) -> dict:
    deadline = time.monotonic() + seconds
    while (shown := status(door, made))["status"] != wanted:
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)
    return shown


def followers(server) -> dict[str, float]:
    """What the server says of those that follow its log."""
    lines = requests.get(f"{server.url}/metrics", timeout=10).text.splitlines()
    return {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if line.startswith("emporion_follower")}


def waits_for_the_end(server, seconds: float = 20.0):
    """Until none has anything before it."""
    deadline = time.monotonic() + seconds
    while (shown := followers(server))["emporion_followers_lag"] > 0:
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)


def names(events: list[dict]) -> list[str]:
    return [event["entityFullyQualifiedName"] for event in events]


def test_the_client_makes_a_subscription_and_reads_it_back(hooked, door, receiver, fresh_name):
    client = connect(hooked, hooked.admin.token)
    auth = {"type": "bearer", "secretKey": SECRET}
    to = Destination(
        category=SubscriptionCategory.External,
        type=SubscriptionType.Webhook,
        config=webhook.Webhook(endpoint=receiver.url(), authType=auth),
    )
    name = fresh_name("by-sdk")
    request = CreateEventSubscription(
        name=name, alertType=AlertType.Notification, resources=["domain"], destinations=[to]
    )
    made = client.create_or_update(request)
    assert isinstance(made, EventSubscription) and made.filteringRules.resources == ["domain"]
    found = client.get_by_name(EventSubscription, name)
    assert found.id == made.id and found.destinations[0].config.authType.secretKey == MASK
    again = client.create_or_update(request)
    assert (again.id, again.version) == (made.id, made.version), "the same request changes nothing"
    fresh = domain(door, fresh_name("d"))
    receiver.waits_for(lambda: fresh["name"] in names(receiver.events()))
    client.delete(EventSubscription, made.id, hard_delete=True)
    assert client.get_by_name(EventSubscription, name) is None


def test_an_event_arrives_signed_and_as_the_log_tells_it(door, receiver, fresh_name):
    body = subscription(fresh_name("s"), receiver.url(), input=by_events("entityCreated", "entityUpdated"))
    body["destinations"][0]["config"] |= {"headers": {"X-Team": "data"}, "queryParams": {"from": "a b"}}
    made = door.post("/events/subscriptions", body)
    fresh = domain(door, fresh_name("d"))
    door.patch(f"/domains/{fresh['id']}", [{"op": "add", "path": "/displayName", "value": "D"}])
    receiver.waits_for(lambda: len(receiver.taken) == 2)
    # Of which it is not to be told; and of what is gone from its name an event tells no more than the line of the log.
    door.delete(f"/domains/{fresh['id']}")
    other = domain(door, fresh_name("d"))
    receiver.waits_for(lambda: other["name"] in names(receiver.events()))
    created, updated, after = receiver.taken
    for message in receiver.taken:
        assert message.is_signed_with(SECRET) and not message.is_signed_with("another")
        assert (message.method, message.path) == ("POST", "/hook?from=a+b")
        assert message.headers["x-team"] == "data" and message.headers["content-type"] == "application/json"
        assert message.headers["x-emporion-event"] == message.event["id"]
    assert [m.event["eventType"] for m in (created, updated, after)] == [
        "entityCreated", "entityUpdated", "entityCreated",
    ]  # fmt: skip
    assert updated.event["changeDescription"]["fieldsAdded"][0]["name"] == "displayName"
    told = {event["id"]: event for event in door.get("/events", entityCreated="domain", limit=10000)["data"]}
    listed, sent = told[after.event["id"]], after.event
    listed["entity"].pop("href"), sent["entity"].pop("href")
    assert sent == listed
    assert status(door, made)["status"] == "active"


def test_filters_say_what_is_sent(hooked, door, receiver, fresh_name):
    one, two = domain(door, fresh_name("one")), domain(door, fresh_name("two"))
    role = role_over(door, "dataProduct", fresh_name("maker"))
    other = hooked.new_user(fresh_name("other"))
    door.patch(f"/users/{other.id}", [{"op": "add", "path": "/roles/0", "value": role}])
    his = OpenMetadataDoor(hooked, other.token)

    def filters(effect: str) -> dict:
        by_domain = {"name": "filterByDomain", "effect": "include"}
        by_updater = {"name": "filterByUpdaterName", "effect": effect}
        by_domain["arguments"] = [{"name": "domainList", "input": [one["name"]]}]
        by_updater["arguments"] = [{"name": "updateByUserList", "input": [other.name]}]
        return {"filters": [by_domain, by_updater]}

    for effect in ("include", "exclude"):
        body = subscription(fresh_name("s"), receiver.url(f"/{effect}"), ["dataProduct"], input=filters(effect))
        door.post("/events/subscriptions", body)
    made = []
    for by, home in ((door, one), (his, one), (door, two), (his, two), (his, one), (door, one)):
        product = {"name": fresh_name("p"), "description": "d", "domains": [home["name"]]}
        made.append(by.post("/dataProducts", product)["fullyQualifiedName"])
    domain(door, fresh_name("not-a-product"))
    sent = lambda effect: names(receiver.events(f"/{effect}"))  # noqa: E731
    receiver.waits_for(lambda: made[4] in sent("include") and made[5] in sent("exclude"))
    assert sent("include") == [made[1], made[4]] and sent("exclude") == [made[0], made[5]]


def test_what_means_nothing_is_refused_by_name(door, om, receiver, fresh_name):
    def refused(by: OpenMetadataDoor, field: str, **more):
        body = subscription(fresh_name("bad"), receiver.url()) | more
        assert field in by.post("/events/subscriptions", body, expect=400)["message"]

    refused(door, "resources[0]", resources=["nothing"])
    refused(door, "destinations[0].config.endpoint", destinations=[destination("ftp://e.example") | {"type": "Slack"}])
    refused(door, "destinations[0].config.endpoint", destinations=[destination("ftp://e.example")])
    refused(door, "destinations[0].config.headers.Host", destinations=[destination(receiver.url(), headers={"Host": "x"})])
    refused(door, "destinations[0].timeout", destinations=[destination(receiver.url()) | {"timeout": 0}])
    made = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url()))
    patch = [{"op": "replace", "path": "/destinations/0/config/endpoint", "value": "gopher://x"}]
    door.patch(f"/events/subscriptions/{made['id']}", patch, expect=400)
    patch = [{"op": "replace", "path": "/filteringRules/resources", "value": ["nothing"]}]
    door.patch(f"/events/subscriptions/{made['id']}", patch, expect=400)
    patch[0]["value"] = ["domain", "table"]
    assert door.patch(f"/events/subscriptions/{made['id']}", patch)["filteringRules"]["resources"] == ["domain", "table"]
    patch = [{"op": "add", "path": "/destinations/0/statusDetails", "value": {"status": "active"}}]
    door.patch(f"/events/subscriptions/{made['id']}", patch)


def test_what_cannot_be_served_is_kept_and_says_so(hooked, door, receiver, fresh_name):
    """With the client's own models: all that they can say is taken, and read back."""
    unserved = {
        "Email": {"type": "Email", "category": "Admins", "config": {"sendToAdmins": True, "receivers": ["a@example.com"]}},
        "ActivityFeed": {"type": "ActivityFeed", "category": "Followers"},
        "category": destination(receiver.url()) | {"category": "Owners"},
        "config.sendToOwners": destination(receiver.url(), sendToOwners=True),
        "notifyDownstream": destination(receiver.url()) | {"notifyDownstream": True},
    }
    client = connect(hooked, hooked.admin.token)
    body = subscription(fresh_name("kept"), receiver.url()) | {"alertType": "Observability", "resources": ["All"]}
    body["destinations"] += unserved.values()
    made = client.create_or_update(CreateEventSubscription.model_validate(body))
    found = client.get_by_name(EventSubscription, body["name"])
    assert found.alertType == AlertType.Observability and found.filteringRules.resources == ["All"]
    assert [one.type.value for one in found.destinations] == [one["type"] for one in body["destinations"]]
    assert found.destinations[0].statusDetails is None
    again = client.create_or_update(CreateEventSubscription.model_validate(body))
    assert (again.id, again.version) == (made.id, made.version), "the same request changes nothing"
    printed = door.get(f"/events/subscriptions/name/{body['name']}")
    for (named, _), shown in zip(unserved.items(), printed["destinations"][1:], strict=True):
        told = door.get(f"/events/subscriptions/{made.id.root}/status/{shown['id']}")
        SubscriptionStatus.model_validate(told)
        assert told["status"] == "failed" and named in told["lastFailedReason"]
        assert shown["statusDetails"] == {"status": "failed", "lastFailedReason": told["lastFailedReason"]}
    fresh = domain(door, fresh_name("d"))
    receiver.waits_for(lambda: fresh["name"] in names(receiver.events()))
    assert len([name for name in names(receiver.events()) if name == fresh["name"]]) == 1, "once, by the one that is served"
    # What is sent back as it was answered changes nothing.
    patch = [{"op": "replace", "path": "/destinations", "value": printed["destinations"]}]
    same = door.patch(f"/events/subscriptions/{made.id.root}", patch)
    assert (same["version"], same["destinations"]) == (printed["version"], printed["destinations"])


@pytest.mark.parametrize(("field", "more"), [
    ("alertType", {"alertType": "ActivityFeed"}),
    ("trigger.triggerType", {"trigger": {"triggerType": "Scheduled", "scheduleInfo": "Daily"}}),
    ("input.filters[0]", {"input": {"filters": [{"name": "filterByTestCaseStatus", "effect": "include"}]}}),
    ("input.actions[0]", {"alertType": "Observability", "input": {"actions": [{"name": "GetSchemaChanges"}]}}),
])  # fmt: skip
def test_what_is_not_understood_sends_nothing(door, receiver, fresh_name, field, more):
    """A filter that is not evaluated might have kept an event back."""
    made = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url("/unserved")) | more)
    served = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url("/served")))
    assert field in status(door, made)["lastFailedReason"] and status(door, made)["status"] == "failed"
    fresh = domain(door, fresh_name("d"))
    receiver.waits_for(lambda: fresh["name"] in names(receiver.events("/served")))
    assert receiver.events("/unserved") == []
    # Once it asks for what is served, it hears what happens from then on.
    patch = [{"op": "remove", "path": f"/{member}"} for member in more if member in ("trigger", "input")]
    patch.append({"op": "replace", "path": "/alertType", "value": "Notification"})
    assert "statusDetails" not in door.patch(f"/events/subscriptions/{made['id']}", patch)["destinations"][0]
    fresh = domain(door, fresh_name("d"))
    receiver.waits_for(lambda: names(receiver.events("/unserved")) == [fresh["name"]])
    for gone in (made, served):
        door.delete(f"/events/subscriptions/{gone['id']}", hardDelete="true")


def test_chat_services_are_told_in_their_own_form(door, receiver, fresh_name):
    body = subscription(fresh_name("chats"), receiver.url("/hook"), ["domain"])
    body["destinations"] = [destination(receiver.url(f"/{kind}")) | {"type": kind} for kind in ("Slack", "MsTeams", "GChat")]
    made = door.post("/events/subscriptions", body)
    assert not any("statusDetails" in one for one in made["destinations"])
    name = fresh_name("d") + " <!channel> & <b>"
    domain(door, name)
    receiver.waits_for(lambda: len(receiver.taken) >= 3)
    told = {message.path: message.event for message in receiver.taken}
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert told["/Slack"]["text"] == f"admin created domain {escaped}"
    section = told["/GChat"]["cardsV2"][0]["card"]["sections"][0]
    assert section["widgets"][0]["textParagraph"]["text"] == f"admin created domain {escaped}"
    card = told["/MsTeams"]["attachments"][0]["content"]
    assert card["body"][0]["inlines"][0]["text"] == f"admin created domain {name}"
    door.delete(f"/events/subscriptions/{made['id']}", hardDelete="true")


def test_destinations_are_tried_out(hooked, door, receiver, fresh_name):
    receiver.answer = lambda message: 403 if message.path == "/no" else 200
    tried = [destination(receiver.url("/yes")), destination(receiver.url("/no")) | {"type": "Slack"},
             {"type": "Email", "category": "External", "config": {"receivers": ["a@example.com"]}}]
    tried[0]["config"]["authType"] = {"type": "bearer", "secretKey": SECRET}
    shown = door.call("POST", "/events/subscriptions/testDestination", {"destinations": tried}, expect=200).json()
    for one in shown:
        Destination.model_validate(one)
    told = [one["statusDetails"] for one in shown]
    assert [one["status"] for one in told] == ["Success", "Failed", "Failed"]
    assert told[1]["statusCode"] == 403 and "Email" in told[2]["reason"]
    assert SECRET not in str(shown) and receiver.seen[0].is_signed_with(SECRET)
    refused = {"destinations": [destination("http://169.254.169.254/latest")]}
    answer = door.call("POST", "/events/subscriptions/testDestination", refused, expect=400).json()
    assert "destinations[0].config.endpoint" in answer["message"]
    masked = {"destinations": [destination(receiver.url(), authType={"type": "bearer", "secretKey": MASK})]}
    answer = door.call("POST", "/events/subscriptions/testDestination", masked, expect=400).json()
    assert "secretKey" in answer["message"]
    # For those who may subscribe.
    his = OpenMetadataDoor(hooked, hooked.new_user(fresh_name("nobody")).token)
    count = len(receiver.seen)
    his.call("POST", "/events/subscriptions/testDestination", {"destinations": tried}, expect=403)
    assert len(receiver.seen) == count


def test_whoever_asks_for_all_is_told_what_he_sees(hooked, door, receiver, fresh_name):
    """Neither what others alone see of his account, nor anything of another."""
    role = role_over(door, "eventsubscription", fresh_name("subscriber"))
    his = hooked.new_user(fresh_name("subscriber"))
    door.patch(f"/users/{his.id}", [{"op": "add", "path": "/roles/0", "value": role}])
    theirs = OpenMetadataDoor(hooked, hooked.new_account(fresh_name("acc").replace("-", "_")).token)
    own = OpenMetadataDoor(hooked, his.token)
    own.post("/events/subscriptions", subscription(fresh_name("mine"), receiver.url("/his"), ["All"]))
    theirs.post("/events/subscriptions", subscription(fresh_name("theirs"), receiver.url("/theirs"), ["All"]))
    source = fresh_name("wh")
    door.post("/services/databaseServices", {"name": source, "serviceType": "Postgres"})
    source = door.get(f"/services/databaseServices/name/{source}")["id"]
    hidden = BobsledDoor(hooked, hooked.admin.token).create(fresh_name("closed"), dataSourceId=source)["name"]
    fresh = domain(door, fresh_name("d"))["name"]
    other = domain(theirs, fresh_name("o"))["name"]
    receiver.waits_for(lambda: fresh in names(receiver.events("/his")) and other in names(receiver.events("/theirs")))
    told = names(receiver.events("/his"))
    assert not [fqn for fqn in told if hidden in fqn] and other not in told
    assert fresh not in names(receiver.events("/theirs"))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.1", "0x7f000001", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_the_servers_own_networks_are_not_reached(om, fresh_name, address):
    """By the server of all tests, whose configuration names no network."""
    body = subscription(fresh_name("own"), f"http://{address}/latest/meta-data")
    message = om.post("/events/subscriptions", body, expect=400)["message"]
    assert "destinations[0].config.endpoint" in message and "network" in message


def test_a_bulk_of_subscriptions_is_looked_at_like_each_of_them(om, fresh_name):
    body = subscription(fresh_name("own"), "http://169.254.169.254/latest/meta-data")
    answer = om.put("/events/subscriptions/bulk", [body])
    assert answer["numberOfRowsFailed"] == 1
    assert "destinations[0].config.endpoint" in str(answer["failedRequest"])
    om.get(f"/events/subscriptions/name/{body['name']}", expect=404)


def test_nobody_learns_which_names_are_known_within(om, fresh_name):
    """A host that nobody knows and one that leads within are told alike."""
    reasons = set()
    for host in ("localhost", "nobody.invalid"):
        made = om.post("/events/subscriptions", subscription(fresh_name("name"), f"http://{host}:9/hook"))
        domain(om, fresh_name("d"))
        reasons.add(waits_for_status(om, made, "failed")["lastFailedReason"])
        om.delete(f"/events/subscriptions/{made['id']}", hardDelete="true")
    assert len(reasons) == 1, reasons


def test_a_name_for_the_servers_own_machine_is_not_sent_to(om, receiver, fresh_name):
    """What a name stands for is looked at when it is used."""
    body = subscription(fresh_name("own"), f"http://localhost:{receiver.port}/hook")
    made = om.post("/events/subscriptions", body)
    domain(om, fresh_name("d"))
    shown = waits_for_status(om, made, "failed")
    assert "network" in shown["lastFailedReason"]
    assert receiver.seen == []
    om.delete(f"/events/subscriptions/{made['id']}", hardDelete="true")


def test_nobody_is_followed_elsewhere(door, receiver, fresh_name):
    receiver.answer = lambda message: 302 if message.path == "/hook" else 200
    made = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url()))
    fresh = domain(door, fresh_name("d"))
    shown = waits_for_status(door, made, "failed")
    assert shown["lastFailedStatusCode"] == 302 and "nextAttempt" in shown
    assert {message.path for message in receiver.seen} == {"/hook"}
    receiver.answer = lambda message: 200
    receiver.waits_for(lambda: fresh["name"] in names(receiver.events()))
    assert waits_for_status(door, made, "active")["lastFailedStatusCode"] == 302


def test_one_that_fails_holds_nobody_up_and_misses_nothing(door, receiver, fresh_name):
    """Down, failing and slow: each for itself."""
    down = Receiver()
    refused = door.post("/events/subscriptions", subscription(fresh_name("down"), down.url()))
    down.close()
    body = subscription(fresh_name("three"), receiver.url("/good"))
    body["destinations"] += [destination(receiver.url("/broken")), destination(receiver.url("/slow")) | {"readTimeout": 1}]
    several = door.post("/events/subscriptions", body)
    broken = {"left": 3}

    def answer(message):
        if message.path == "/broken" and broken["left"] > 0:
            broken["left"] -= 1
            return 500
        if message.path == "/slow" and not any(seen.path == "/slow" for seen in receiver.seen):
            time.sleep(2.5)
        return 200

    receiver.answer = answer
    made = [domain(door, fresh_name("d"))["name"] for _ in range(5)]
    receiver.waits_for(lambda: names(receiver.events("/good")) == made, seconds=5)
    shown = waits_for_status(door, refused, "failed")
    assert shown["lastFailedReason"] == "no connection" and "lastFailedStatusCode" not in shown
    receiver.waits_for(lambda: names(receiver.events("/broken")) == made)
    # What it took too late it may be sent again; it misses nothing, and the order is the log's.
    receiver.waits_for(lambda: list(dict.fromkeys(names(receiver.events("/slow")))) == made)
    down.open()
    down.waits_for(lambda: names(down.events()) == made)
    waits_for_status(door, refused, "active")
    down.close()
    for gone in (refused, several):
        door.delete(f"/events/subscriptions/{gone['id']}", hardDelete="true")


def test_an_event_that_nobody_takes_is_given_up_on(tmp_path, receiver):
    """After some tries and some time; the status tells of it, and the next is sent."""
    allowed = {"EMPORION_WEBHOOKS__ALLOWED_NETWORKS": '["127.0.0.1"]', "EMPORION_WEBHOOKS__GIVE_UP_AFTER_SECONDS": "1"}
    server = Server(tmp_path, **allowed).start()
    door = OpenMetadataDoor(server, server.admin.token)
    made = door.post("/events/subscriptions", subscription("s", receiver.url(), input=by_events("entityCreated"), retries=2))
    receiver.answer = lambda message: 422 if message.event["entityFullyQualifiedName"] == "bad" else 200
    created = [domain(door, name)["name"] for name in ("first", "bad", "last")]
    receiver.waits_for(lambda: "last" in [event["entityFullyQualifiedName"] for event in receiver.events()])
    assert names(receiver.events()) == [created[0], created[2]]
    tries = [message for message in receiver.seen if message.event["entityFullyQualifiedName"] == "bad"]
    assert len(tries) >= 3, "retries, and for as long as it was given"
    shown = waits_for_status(door, made, "active")
    SubscriptionStatus.model_validate(shown)
    given_up = f"the endpoint answered 422; 1 event was given up: {tries[0].event['id']}"
    assert shown["lastFailedReason"] == given_up
    server.kill()
    server.start()
    assert status(door, made)["lastFailedReason"] == given_up
    assert server.stop() == 0


def test_a_server_killed_in_the_middle_goes_on_where_it_was(tmp_path, receiver, fresh_name):
    """At least once, in order, and not everything anew."""
    server = Server(tmp_path, EMPORION_WEBHOOKS__ALLOWED_NETWORKS='["127.0.0.1"]').start()
    door = OpenMetadataDoor(server, server.admin.token)
    door.post("/events/subscriptions", subscription("s", receiver.url(), input=by_events("entityCreated")))
    receiver.answer = lambda message: time.sleep(0.02) or 200
    made = [domain(door, f"d{number:03}")["name"] for number in range(60)]
    receiver.waits_for(lambda: len(receiver.taken) >= 20)
    server.kill()
    before = len(receiver.taken)
    assert before < 60, "it was to be killed in the middle"
    server.start()
    receiver.waits_for(lambda: made[-1] in names(receiver.events()))
    told = names(receiver.events())
    assert list(dict.fromkeys(told)) == made, "each at least once, and in order"
    # Messages of 200 ms, and the one that was on its way.
    assert len(told) - len(made) <= 21
    ids = [message.event["id"] for message in receiver.taken]
    assert len(set(ids)) == 60, "sent again, an event has the id that it had"
    # A stop lets what is on its way arrive: nothing is sent twice.
    more = [domain(door, f"e{number:03}")["name"] for number in range(5)]
    assert server.stop() == 0
    server.start()
    receiver.waits_for(lambda: more[-1] in names(receiver.events()))
    waits_for_the_end(server)
    assert names(receiver.events())[-5:] == more
    assert server.stop() == 0


def test_a_subscription_is_switched_off_and_on_and_ends(door, receiver, fresh_name):
    made = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url()))
    path = f"/events/subscriptions/{made['id']}"
    first = domain(door, fresh_name("d"))["name"]
    receiver.waits_for(lambda: names(receiver.events()) == [first])
    door.patch(path, [{"op": "replace", "path": "/enabled", "value": False}])
    assert status(door, made)["status"] == "disabled"
    domain(door, fresh_name("unheard"))
    door.patch(path, [{"op": "replace", "path": "/enabled", "value": True}])
    second = domain(door, fresh_name("d"))["name"]
    receiver.waits_for(lambda: names(receiver.events()) == [first, second])
    door.delete(path)
    door.get(path, expect=404)
    domain(door, fresh_name("unheard"))
    time.sleep(0.5)
    assert names(receiver.events()) == [first, second]
    door.get(f"{path}/status/{made['destinations'][0]['id']}", expect=404)


def test_a_secret_stays_where_it_is(hooked, door, receiver, fresh_name):
    name = fresh_name("s")
    made = door.post("/events/subscriptions", subscription(name, receiver.url()))
    path = f"/events/subscriptions/{made['id']}"
    shown = [made, door.get(path), door.get(f"{path}/versions"), door.get("/events", limit=10000)]
    assert all(SECRET not in str(answer) for answer in shown)
    assert door.get(path)["destinations"][0]["config"]["authType"] == {"type": "bearer", "secretKey": MASK}
    # What is read can be sent back, and keeps it.
    sent_back = subscription(name, receiver.url(), description="more")
    sent_back["destinations"] = door.get(path)["destinations"]
    door.put("/events/subscriptions", sent_back)
    fresh = domain(door, fresh_name("d"))["name"]
    receiver.waits_for(lambda: fresh in names(receiver.events()))
    assert all(message.is_signed_with(SECRET) for message in receiver.taken)
    # To another address it is not sent, be it the administrator's wish.
    sent_back["destinations"][0]["config"]["endpoint"] = receiver.url("/other")
    door.put("/events/subscriptions", sent_back, expect=400)
    patch = [{"op": "replace", "path": "/destinations/0/config/endpoint", "value": receiver.url("/other")}]
    door.patch(path, patch, expect=400)
    log = hooked.log.read_text(errors="replace")
    assert SECRET not in log


@pytest.fixture(scope="module")
def subscriber(hooked, door):
    """Somebody who may make subscriptions, and sees no more than anybody."""
    user = hooked.new_user("subscriber")
    role = role_over(door, "eventsubscription", "Subscriber")
    door.patch(f"/users/{user.id}", [{"op": "add", "path": "/roles/0", "value": role}])
    return user


@pytest.fixture
def products(hooked, door, fresh_name):
    """`make(visible)` makes a product that everybody sees, or, through Bobsled, one that only its owners do."""

    def make(visible: bool) -> str:
        name = fresh_name("open" if visible else "closed")
        if visible:
            home = domain(door, fresh_name("home"))["name"]
            door.post("/dataProducts", {"name": name, "description": "d", "domains": [home]})
        else:
            service = door.post("/services/databaseServices", {"name": fresh_name("source"), "serviceType": "Postgres"})
            BobsledDoor(hooked, hooked.admin.token).create(name, dataSourceId=service["id"])
        return name

    return make


def heard(receiver, path: str) -> list[str]:
    return [event["entityFullyQualifiedName"].rsplit(".")[-1] for event in receiver.events(path)]


def test_nobody_is_sent_what_he_does_not_see(hooked, door, receiver, fresh_name, subscriber, products):
    his = OpenMetadataDoor(hooked, subscriber.token)
    only_new = by_events("entityCreated")
    mine = his.post("/events/subscriptions", subscription(fresh_name("his"), receiver.url("/his"), ["dataProduct"], input=only_new))
    all_of = door.post("/events/subscriptions", subscription(fresh_name("all"), receiver.url("/all"), ["all"], input=only_new))
    assert his.get(f"/events/subscriptions/{mine['id']}", fields="owners")["owners"][0]["id"] == subscriber.id
    closed, shown = products(False), products(True)
    receiver.waits_for(lambda: shown in heard(receiver, "/his") and shown in heard(receiver, "/all"))
    assert closed in heard(receiver, "/all") and closed not in heard(receiver, "/his")
    # That an administrator says something about it, or how it is sent, opens nothing…
    said = [{"op": "add", "path": "/description", "value": "looked at"}]
    sent = [{"op": "add", "path": "/destinations/0/config/headers", "value": {"X-Team": "data"}}]
    for looked_at in (said, sent):
        door.patch(f"/events/subscriptions/{mine['id']}", looked_at)
    closed, shown = products(False), products(True)
    receiver.waits_for(lambda: shown in heard(receiver, "/his"))
    assert closed not in heard(receiver, "/his")
    # …and whoever turns an administrator's to himself gets what he sees himself.
    door.patch(
        f"/events/subscriptions/{all_of['id']}",
        [{"op": "add", "path": "/owners", "value": [{"id": subscriber.id, "type": "user"}]}],
    )
    turned = [destination(receiver.url("/turned"))]
    his.patch(f"/events/subscriptions/{all_of['id']}", [{"op": "replace", "path": "/destinations", "value": turned}])
    closed, shown = products(False), products(True)
    receiver.waits_for(lambda: shown in heard(receiver, "/turned"))
    assert closed not in heard(receiver, "/turned")


def test_who_widens_what_is_sent_is_sent_what_he_sees(hooked, door, receiver, fresh_name, subscriber, products):
    """An administrator said where it goes; its owner says what goes there."""
    his = OpenMetadataDoor(hooked, subscriber.token)
    owners = [{"id": subscriber.id, "type": "user"}]
    made = []
    for path in ("/narrow", "/off", "/secret"):
        body = subscription(fresh_name("s"), receiver.url(path), ["dataProduct"], owners=owners, input=by_events("entityCreated"))
        body["destinations"][0]["config"]["headers"] = {"Authorization": "one"}
        made.append(door.post("/events/subscriptions", body))
    narrow, off, secret = (f"/events/subscriptions/{one['id']}" for one in made)
    door.patch(off, [{"op": "replace", "path": "/enabled", "value": False}])
    closed, shown = products(False), products(True)
    receiver.waits_for(lambda: shown in heard(receiver, "/narrow"))
    assert closed in heard(receiver, "/narrow"), "until then it is the administrator's"
    his.patch(narrow, [{"op": "add", "path": "/filteringRules/resources/-", "value": "domain"}])
    his.patch(off, [{"op": "replace", "path": "/enabled", "value": True}])
    header = "/destinations/0/config/headers/Authorization"
    his.patch(secret, [{"op": "replace", "path": header, "value": "another"}])
    assert his.get(secret)["destinations"] == made[2]["destinations"], "a mask tells nothing of the change"
    closed, shown = products(False), products(True)
    for path in ("/narrow", "/off", "/secret"):
        receiver.waits_for(lambda path=path: shown in heard(receiver, path))
        assert closed not in heard(receiver, path), path
    # What is stored for one destination stays, whatever else he says of the list; for another address it is not his.
    his.patch(secret, [{"op": "add", "path": "/destinations/-", "value": destination(receiver.url("/more"))}])
    assert his.get(secret)["destinations"][0]["config"]["headers"]["Authorization"] == MASK
    moved = {"op": "replace", "path": "/destinations/0/config/endpoint", "value": receiver.url("/else")}
    his.patch(secret, [moved], expect=400)


def test_a_right_that_is_taken_away_ends_at_once(hooked, door, receiver, fresh_name, subscriber, products):
    his = OpenMetadataDoor(hooked, subscriber.token)
    made = his.post("/events/subscriptions", subscription(fresh_name("his"), receiver.url("/his"), ["dataProduct"]))
    shown = products(True)
    receiver.waits_for(lambda: shown in heard(receiver, "/his"))
    hooked.cli("user", "disable", subscriber.name)
    door.post("/events/subscriptions", subscription(fresh_name("all"), receiver.url("/all"), ["dataProduct"]))
    later = products(True)
    receiver.waits_for(lambda: later in heard(receiver, "/all"))
    time.sleep(0.3)
    assert later not in heard(receiver, "/his")
    assert status(door, made)["status"] == "active"


def test_subscriptions_are_their_owners(hooked, door, receiver, fresh_name):
    stranger = OpenMetadataDoor(hooked, hooked.new_user(fresh_name("stranger")).token)
    made = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url()))
    path = f"/events/subscriptions/{made['id']}"
    stranger.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url()), expect=403)
    stranger.get(path, expect=404)
    stranger.get(f"{path}/status/{made['destinations'][0]['id']}", expect=404)
    assert made["name"] not in [one["name"] for one in stranger.everything("events/subscriptions")]
    elsewhere = hooked.new_account(fresh_name("elsewhere"))
    OpenMetadataDoor(hooked, elsewhere.token).get(path, expect=404)


def test_another_accounts_events_are_not_told(hooked, door, receiver, fresh_name):
    elsewhere = OpenMetadataDoor(hooked, hooked.new_account(fresh_name("elsewhere")).token)
    elsewhere.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url("/there"), ["all"]))
    here = domain(door, fresh_name("here"))["name"]
    there = domain(elsewhere, fresh_name("there"))["name"]
    receiver.waits_for(lambda: there in heard(receiver, "/there"))
    assert here not in heard(receiver, "/there")


def test_the_numbers_of_followers_are_published(hooked, door, receiver, fresh_name):
    door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url()))
    fresh = domain(door, fresh_name("d"))["name"]
    receiver.waits_for(lambda: fresh in names(receiver.events()))
    numbers = followers(hooked)
    assert numbers["emporion_followers"] >= 2 and numbers["emporion_followers_events_total"] >= 1
    assert {"emporion_followers_failing", "emporion_followers_lag"} <= numbers.keys()
    assert numbers["emporion_followers_questions_total"] >= 1


def test_a_message_names_no_label_that_is_hidden(hooked, door, receiver, fresh_name):
    """Neither one that is put on, nor one that certifies, in what has changed or in what it is now."""
    rule = {"name": "no", "effect": "deny", "resources": ["tag", "glossaryTerm"], "operations": ["All"]}
    policy = door.post("/policies", {"name": fresh_name("untold"), "rules": [rule]})
    role = reference(door.post("/roles", {"name": fresh_name("untold"), "policies": [policy["name"]]}), "role")
    somebody = hooked.new_user(fresh_name("untold"))
    roles = [role, role_over(door, "eventsubscription", fresh_name("subscriber"))]
    door.patch(f"/users/{somebody.id}", [{"op": "add", "path": "/roles", "value": roles}])
    glossary = door.post("/glossaries", {"name": fresh_name("g"), "description": "d"})["name"]
    term = door.post("/glossaryTerms", {"name": fresh_name("Hushed"), "glossary": glossary, "description": "d"})
    gold = door.post("/tags", {"name": fresh_name("Hushed"), "classification": "Certification", "description": "d"})
    tier = {"tagFQN": "Tier.Tier5", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    his = OpenMetadataDoor(hooked, somebody.token)
    his.call("GET", f"/tags/{gold['id']}", expect=(403, 404))
    his.post("/events/subscriptions", subscription(fresh_name("his"), receiver.url("/his"), ["domain"]))
    door.post("/events/subscriptions", subscription(fresh_name("all"), receiver.url("/all"), ["domain"]))
    at = domain(door, fresh_name("labelled"))["id"]
    label = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    certified = {"tagLabel": tier | {"tagFQN": gold["fullyQualifiedName"]}}
    for step in (
        {"op": "add", "path": "/tags", "value": [label]}, {"op": "add", "path": "/certification", "value": certified},
        {"op": "remove", "path": "/tags/0"}, {"op": "remove", "path": "/certification"},
        {"op": "add", "path": "/displayName", "value": "the end"},
    ):  # fmt: skip
        door.patch(f"/domains/{at}", [step])
    told = lambda path: [message.body.decode() for message in receiver.taken if message.path == path]  # noqa: E731
    for path in ("/his", "/all"):
        receiver.waits_for(lambda path=path: any("the end" in text for text in told(path)))
    for word in (term["name"], gold["name"]):
        assert any(word in text for text in told("/all")) and not any(word in text for text in told("/his")), word
        assert word not in his.call("GET", "/events", params={"entityUpdated": "domain", "timestamp": 0}).text


def test_what_lets_messages_in_is_sealed_and_where_they_go_is_told(hooked, door, receiver, fresh_name):
    name, key = fresh_name("s"), "Zm9v+YmFy"
    endpoint = receiver.url("/hook?sv=1&sig=Zm9v%2BYmFy&x=2")
    body = subscription(name, endpoint)
    body["destinations"][0]["config"]["queryParams"] = {"token": key, "page": "3"}
    made = door.post("/events/subscriptions", body)
    path = f"/events/subscriptions/{made['id']}"
    shown = [made, door.get(path), door.get(f"{path}/versions"), door.get("/events", limit=10000)]
    assert all(key not in str(answer) and "Zm9v%2BYmFy" not in str(answer) for answer in shown)
    config = door.get(path)["destinations"][0]["config"]
    assert config["endpoint"] == receiver.url("/hook?sv=1&x=2")
    assert config["queryParams"] == {"token": MASK, "page": "3", "sig": MASK}
    # What is read can be sent back, and what was sent first can be sent again.
    door.put("/events/subscriptions", body | {"destinations": door.get(path)["destinations"]})
    door.put("/events/subscriptions", body)
    fresh = domain(door, fresh_name("d"))["name"]
    receiver.waits_for(lambda: fresh in names(receiver.events()))
    address = next(message.path for message in receiver.taken if fresh in str(message.event))
    assert address.startswith("/hook?sv=1&x=2&"), address
    assert sorted(address.split("?")[1].split("&")) == ["page=3", "sig=Zm9v%2BYmFy", "sv=1", f"token={key.replace('+', '%2B')}", "x=2"]
    # It belongs to where it was sent.
    moved = [{"op": "replace", "path": "/destinations/0/config/endpoint", "value": receiver.url("/other")}]
    door.patch(path, moved, expect=400)
    tried = door.call("POST", "/events/subscriptions/testDestination", {"destinations": [destination(endpoint)]}, expect=200)
    assert key not in tried.text and "Zm9v%2BYmFy" not in tried.text
    # What stands elsewhere in it is sealed with all of it.
    whole = door.post("/events/subscriptions", subscription(fresh_name("s"), receiver.url("/hook?a=1;sig=Zm9v")))
    assert whole["destinations"][0]["config"]["endpoint"] == MASK
    described = [{"op": "add", "path": "/description", "value": "more"}]
    assert door.patch(f"/events/subscriptions/{whole['id']}", described)["description"] == "more"
    assert "Zm9v" not in hooked.log.read_text(errors="replace")
