"""Who may call the OpenMetadata door: logins, tokens, bots, secrets, accounts, and answers to nobody in particular."""

import base64
import time

import pytest

from openmetadata_door import OpenMetadataDoor, reference


def encoded(password: str) -> str:
    return base64.b64encode(password.encode()).decode()


@pytest.fixture
def person(om, fresh_name) -> dict:
    """A user with a password, made as an administrator makes one."""
    name = fresh_name("person")
    body = {
        "name": name,
        "email": f"{name}@example.com",
        "createPasswordType": "ADMIN_CREATE",
        "password": "Correct-horse-7",
        "confirmPassword": "Correct-horse-7",
    }
    return om.post("/users", body)


def test_the_open_addresses_need_no_token(om_anonymous):
    assert om_anonymous.get("/system/version")["version"] == "2.0.7"
    key = om_anonymous.get("/system/config/jwks")["keys"][0]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig") and key["kid"] and key["n"] and key["e"]
    assert om_anonymous.get("/system/config/auth")["provider"] == "basic"
    om_anonymous.get("/system/config/authorizer")
    om_anonymous.call("GET", "/system/health", expect=200)


def test_a_stale_token_does_not_stop_the_version(server):
    assert OpenMetadataDoor(server, "stale.token.here").get("/system/version")["version"] == "2.0.7"


@pytest.mark.parametrize("path", ["/tables", "/domains", "/users", "/users/loggedInUser", "/bots", "/policies"])
def test_everything_else_needs_one(om_anonymous, path):
    om_anonymous.get(path, expect=401)


def test_log_in_with_a_password_in_base64(om_anonymous, server, person):
    answer = om_anonymous.post("/users/login", {"email": person["email"], "password": encoded("Correct-horse-7")}, 200)
    assert answer["tokenType"] == "Bearer " and answer["expiryDuration"] > 0 and answer["refreshToken"]
    me = OpenMetadataDoor(server, answer["accessToken"]).get("/users/loggedInUser")
    assert me["id"] == person["id"]
    refreshed = om_anonymous.post("/users/refresh", {"refreshToken": answer["refreshToken"]}, 200)
    assert OpenMetadataDoor(server, refreshed["accessToken"]).get("/users/loggedInUser")["id"] == person["id"]


def test_a_wrong_login_does_not_say_what_was_wrong(om_anonymous, person):
    wrong = om_anonymous.post("/users/login", {"email": person["email"], "password": encoded("guess")}, (400, 401))
    nobody = om_anonymous.post("/users/login", {"email": "nobody@example.com", "password": encoded("x")}, (400, 401))
    assert wrong == nobody and "invalid username or password" in wrong["message"]
    plain = om_anonymous.post("/users/login", {"email": person["email"], "password": "not/base64!"}, 400)
    assert "Base-64" in plain["message"]


def test_after_logging_out_the_token_is_worth_nothing(om_anonymous, server, person):
    token = om_anonymous.post("/users/login", {"email": person["email"], "password": encoded("Correct-horse-7")}, 200)
    door = OpenMetadataDoor(server, token["accessToken"])
    door.call("POST", "/users/logout", {"token": token["accessToken"]}, expect=(200, 204))
    door.get("/users/loggedInUser", expect=401)


def test_a_password_is_never_shown_and_must_be_confirmed(om, person, fresh_name):
    assert "Correct-horse-7" not in om.call("GET", f"/users/{person['id']}?fields=*").text
    name = fresh_name("person")
    body = {"name": name, "email": f"{name}@example.com", "createPasswordType": "ADMIN_CREATE", "password": "Aa1!aaaa"}
    om.post("/users", body | {"confirmPassword": "other"}, expect=400)


def test_an_email_address_belongs_to_one_user(om, person, fresh_name):
    om.post("/users", {"name": fresh_name("other"), "email": person["email"].upper()}, expect=409)


def test_user_names_are_lower_case(om, fresh_name):
    name = fresh_name("Mixed")
    made = om.post("/users", {"name": name, "email": f"{name}@example.com"})
    assert made["name"] == name.lower()
    assert om.get(f"/users/name/{name}")["id"] == made["id"]


def test_a_disabled_user_is_refused_at_the_next_request(server, om, fresh_name):
    user = server.new_user(fresh_name("leaver"))
    door = OpenMetadataDoor(server, user.token)
    door.get("/domains")
    server.cli("user", "disable", user.name)
    door.get("/domains", expect=401)


def test_a_deleted_user_is_refused_at_the_next_request(server, om, fresh_name):
    user = server.new_user(fresh_name("leaver"))
    door = OpenMetadataDoor(server, user.token)
    door.get("/domains")
    om.delete(f"/users/{user.id}")
    door.get("/domains", expect=401)


def test_a_new_bot_token_replaces_the_old_one(om, server, fresh_name):
    name = fresh_name("bot")
    user = om.put("/users", {"name": f"{name}-user", "email": f"{name}@example.com", "isBot": True})
    om.post("/bots", {"name": name, "botUser": user["name"]})
    first = om.put(f"/users/generateToken/{user['id']}", {"JWTTokenExpiry": "Unlimited"}, 200)["JWTToken"]
    OpenMetadataDoor(server, first).get("/domains")
    second = om.put(f"/users/generateToken/{user['id']}", {"JWTTokenExpiry": "30"}, 200)["JWTToken"]
    OpenMetadataDoor(server, second).get("/domains")
    OpenMetadataDoor(server, first).get("/domains", expect=401)
    mechanism = om.get(f"/users/auth-mechanism/{user['id']}")
    assert mechanism["config"]["JWTToken"] == second


def test_personal_tokens_are_made_listed_and_revoked(server, member):
    door = OpenMetadataDoor(server, member.token)
    made = door.put("/users/security/token", {"tokenName": "laptop", "JWTTokenExpiry": "30"}, 200)
    own = OpenMetadataDoor(server, made["jwtToken"])
    own.get("/users/loggedInUser")
    door.get("/users/security/token")
    door.call("PUT", "/users/security/token/revoke?removeAll=true", {"tokenIds": []}, expect=200)
    own.get("/users/loggedInUser", expect=401)


def test_only_administrators_see_a_bots_token(om, om_stranger):
    bot_user = om.get("/bots/name/ingestion-bot")["botUser"]["id"]
    om_stranger.get(f"/users/auth-mechanism/{bot_user}", expect=(403, 404))
    om_stranger.put(f"/users/generateToken/{bot_user}", {"JWTTokenExpiry": "Unlimited"}, expect=(403, 404))
    answer = om_stranger.call("GET", f"/users/{bot_user}?fields=*")
    assert "JWTToken" not in answer.text


def test_a_call_about_no_assets_needs_the_right_all_the_same(om, om_stranger, om_domain, fresh_name):
    vocabulary = om.post("/classifications", {"name": fresh_name("empty"), "description": "d"})["name"]
    tag = om.post("/tags", {"name": "t", "classification": vocabulary, "description": "d"})
    for path in (f"/domains/{om_domain['name']}", f"/tags/{tag['id']}"):
        for verb in ("add", "remove"):
            om_stranger.put(f"{path}/assets/{verb}", {"assets": []}, expect=403)
            assert om.put(f"{path}/assets/{verb}", {"assets": []}, expect=200)["status"] == "success"


def test_a_stranger_reads_what_is_open_and_changes_nothing(om, om_stranger, om_domain, fresh_name):
    product = om.post("/dataProducts", {"name": fresh_name("p"), "description": "d", "domains": [om_domain["name"]]})
    path = f"/dataProducts/{product['id']}"
    assert om_stranger.get(path)["id"] == product["id"]
    om_stranger.patch(path, [{"op": "replace", "path": "/description", "value": "mine"}], expect=403)
    om_stranger.delete(path, expect=403)
    assert om.get(path)["description"] == "d"


def test_an_owner_may_change_what_is_his(om, server, om_domain, fresh_name):
    user = server.new_user(fresh_name("owner"))
    owners = [{"id": user.id, "type": "user"}]
    body = {"name": fresh_name("p"), "description": "d", "domains": [om_domain["name"]], "owners": owners}
    product = om.post("/dataProducts", body)
    door = OpenMetadataDoor(server, user.token)
    path = f"/dataProducts/{product['id']}"
    assert door.patch(path, [{"op": "replace", "path": "/description", "value": "mine"}])["description"] == "mine"
    om.patch(path, [{"op": "remove", "path": "/owners/0"}])
    door.patch(path, [{"op": "replace", "path": "/description", "value": "again"}], expect=403)


def test_a_role_gives_what_its_policy_says_until_it_is_taken_away(om, server, om_domain, fresh_name):
    user = server.new_user(fresh_name("steward"))
    door = OpenMetadataDoor(server, user.token)
    rule = {"name": "make", "resources": ["dataProduct"], "operations": ["Create", "EditAll"], "effect": "allow"}
    policy = om.post("/policies", {"name": fresh_name("policy"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("role"), "policies": [policy["name"]]})
    body = {"name": fresh_name("p"), "description": "d", "domains": [om_domain["name"]]}
    door.post("/dataProducts", body, expect=403)
    om.patch(f"/users/{user.id}", [{"op": "add", "path": "/roles/0", "value": reference(role, "role")}])
    made = door.post("/dataProducts", body)
    door.post("/services/databaseServices", {"name": fresh_name("s"), "serviceType": "Mysql"}, expect=403)
    om.patch(f"/users/{user.id}", [{"op": "remove", "path": "/roles/0"}])
    door.put("/dataProducts", body | {"description": "late"}, expect=403)
    assert om.get(f"/dataProducts/{made['id']}")["description"] == "d"


#: What each right lets somebody put on a table.
LABELLED_BY = {"EditTags": "tag", "EditTier": "tier", "EditGlossaryTerms": "term", "EditCertification": "certification"}


@pytest.mark.parametrize("effect", ["allow", "deny"])
@pytest.mark.parametrize("operation", list(LABELLED_BY))
def test_tags_tiers_terms_and_certifications_have_rights_of_their_own(om, server, om_domain, fresh_name, effect, operation):
    user = server.new_user(fresh_name("labeller"))
    door = OpenMetadataDoor(server, user.token)
    rules = [{"name": "one", "resources": ["dataProduct"], "operations": [operation], "effect": effect}]
    if effect == "deny":
        rules.append({"name": "others", "resources": ["dataProduct"], "operations": ["EditAll"], "effect": "allow"})
    policy = om.post("/policies", {"name": fresh_name("policy"), "rules": rules})
    role = om.post("/roles", {"name": fresh_name("role"), "policies": [policy["name"]]})
    om.patch(f"/users/{user.id}", [{"op": "add", "path": "/roles/0", "value": reference(role, "role")}])
    glossary = om.post("/glossaries", {"name": fresh_name("g"), "displayName": "G", "description": "d"})
    term = om.post("/glossaryTerms", {"name": "t", "glossary": glossary["name"], "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("p"), "description": "d", "domains": [om_domain["name"]]})
    path = f"/dataProducts/{product['id']}"
    label = lambda fqn, source: {"tagFQN": fqn, "source": source, "labelType": "Manual", "state": "Confirmed"}  # noqa: E731
    now = int(time.time() * 1000)
    given = {
        "tag": ("/tags/-", label("PersonalData.Personal", "Classification")),
        "tier": ("/tags/-", label("Tier.Tier2", "Classification")),
        "term": ("/tags/-", label(term["fullyQualifiedName"], "Glossary")),
        "certification": ("/certification", {
            "tagLabel": label("Certification.Gold", "Classification"), "appliedDate": now, "expiryDate": now + 10**9,
        }),
        "seal": ("/tags/-", label("Certification.Silver", "Classification")),
    }  # fmt: skip
    for what, (at, value) in given.items():
        # A tag that certifies is none of the others, wherever it is put.
        right = "certification" if what == "seal" else what
        may = (right == LABELLED_BY[operation]) == (effect == "allow")
        door.patch(path, [{"op": "add", "path": at, "value": value}], expect=200 if may else 403)
    # To take off what is at the beginning moves the others, which are not his.
    om.patch(path, [{"op": "add", "path": "/tags", "value": [given[what][1] for what in ("tag", "term", "tier")]}])
    may = (LABELLED_BY[operation] == "tag") == (effect == "allow")
    door.patch(path, [{"op": "remove", "path": "/tags/0"}], expect=200 if may else 403)
    rights = {one["operation"]: one["access"] for one in door.get(f"/permissions/dataProduct/{product['id']}")["permissions"]}
    assert {name: rights[name] == "allow" for name in LABELLED_BY} == {
        name: (name == operation) == (effect == "allow") for name in LABELLED_BY
    }


def test_only_an_administrator_makes_users_and_administrators(om_stranger, fresh_name):
    name = fresh_name("mallory")
    om_stranger.post("/users", {"name": name, "email": f"{name}@example.com", "isAdmin": True}, expect=403)
    om_stranger.post("/policies", {"name": name, "rules": []}, expect=(400, 403))
    om_stranger.post("/roles", {"name": name, "policies": ["x"]}, expect=(403, 404))


def test_nobody_promotes_himself(om, om_stranger, stranger):
    me = om_stranger.get("/users/loggedInUser")
    om_stranger.patch(f"/users/{me['id']}", [{"op": "add", "path": "/isAdmin", "value": True}], expect=(400, 403))
    assert not om.get(f"/users/{me['id']}").get("isAdmin")


def test_another_account_sees_none_of_it(om, server, other_account, om_domain, data_source):
    elsewhere = OpenMetadataDoor(server, other_account.token)
    elsewhere.get(f"/domains/{om_domain['id']}", expect=404)
    elsewhere.by_name("domains", om_domain["name"], expect=404)
    elsewhere.by_name("services/databaseServices", data_source["name"], expect=404)
    assert om_domain["id"] not in [row["id"] for row in elsewhere.everything("domains")]
    elsewhere.delete(f"/domains/{om_domain['id']}", expect=404)
    elsewhere.patch(f"/domains/{om_domain['id']}", [{"op": "add", "path": "/description", "value": "x"}], expect=404)
    same_name = {"name": om_domain["name"], "domainType": "Aggregate", "description": "ours"}
    assert elsewhere.post("/domains", same_name)["id"] != om_domain["id"]
    assert om.get(f"/domains/{om_domain['id']}")["description"] == "Marketing"


MASK = "*********"


def test_a_masked_password_sent_back_keeps_the_secret(om, om_bot, fresh_name):
    config = {
        "type": "Postgres",
        "username": "u",
        "authType": {"password": "quite-secret"},
        "hostPort": "db:5432",
        "database": "d",
    }
    body = {"name": fresh_name("pg"), "serviceType": "Postgres", "connection": {"config": config}}
    made = om.post("/services/databaseServices", body)
    path = f"/services/databaseServices/{made['id']}"
    seen = om.get(path)["connection"]["config"]
    assert seen["authType"]["password"] == MASK
    again = om.put("/services/databaseServices", body | {"connection": {"config": seen}}, 200)
    assert again["version"] == made["version"]
    assert om_bot.get(path)["connection"]["config"]["authType"]["password"] == "quite-secret"
    changed = om.patch(path, [{"op": "replace", "path": "/connection/config/authType/password", "value": "new-secret"}])
    assert changed["version"] == 0.2 and "new-secret" not in str(changed)
    assert om_bot.get(path)["connection"]["config"]["authType"]["password"] == "new-secret"
    assert "secret" not in om.call("GET", f"{path}/versions").text


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "test", "path": "/connection/config/authType/password", "value": "quite-secret"}],
        [{"op": "copy", "from": "/connection/config/authType/password", "path": "/description"}],
        [{"op": "move", "from": "/connection/config/authType/password", "path": "/description"}],
        [{"op": "copy", "from": "/connection/config/authType", "path": "/connection/config/other"}],
    ],
    ids=lambda operations: operations[0]["op"] + operations[0]["path"],
)
def test_a_patch_does_not_reveal_a_secret(om, fresh_name, operations):
    config = {
        "type": "Postgres",
        "username": "u",
        "authType": {"password": "quite-secret"},
        "hostPort": "db:5432",
        "database": "d",
    }
    body = {"name": fresh_name("pg"), "serviceType": "Postgres", "connection": {"config": config}}
    path = f"/services/databaseServices/{om.post('/services/databaseServices', body)['id']}"
    answer = om.call("PATCH", path, operations, headers={"Content-Type": "application/json-patch+json"}, expect=400)
    assert "quite-secret" not in answer.text and "quite-secret" not in om.call("GET", path).text


def test_an_unknown_address_is_json_and_404(om):
    for path in ("/nothing", "/tables/name", "/tables/not-an-id", "/dataProducts/x/y/z"):
        om.get(path, expect=404)
    om.call("DELETE", "/system/version", expect=405)
    om.call("PUT", "/users/loggedInUser", {}, expect=(404, 405))


def test_a_trailing_slash_is_no_other_address(om):
    assert om.get("/domains/")["paging"] == om.get("/domains")["paging"]
