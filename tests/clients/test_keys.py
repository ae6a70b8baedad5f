"""Keys and what they protect: exchanged under a running server and in a stopped store, and what ends with a login."""

import base64
import json
import os
import shutil
import stat
from pathlib import Path

import jwt
import pytest
import requests

import datazone_door
from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor

PASSWORD = "Correct-horse-7"
SECRET = "quite-secret-word"


@pytest.fixture
def own_server(tmp_path):
    server = Server(tmp_path).start()
    yield server
    if server.process.poll() is None:
        server.stop()


def encoded(password: str) -> str:
    return base64.b64encode(password.encode()).decode()


def service_with_secret(om: OpenMetadataDoor, name: str) -> dict:
    login = {"username": "u", "authType": {"password": SECRET}}
    config = {"type": "Postgres", "hostPort": "db:1", "database": "d"} | login
    body = {"name": name, "serviceType": "Postgres", "connection": {"config": config}}
    return om.post("/services/databaseServices", body)


def bot_token(om: OpenMetadataDoor) -> str:
    user = om.get("/bots/name/ingestion-bot")["botUser"]["id"]
    return om.get(f"/users/auth-mechanism/{user}")["config"]["JWTToken"]


def password_seen_by_bot(server: Server, token: str, service: dict) -> str:
    seen = OpenMetadataDoor(server, token).get(f"/services/databaseServices/{service['id']}")
    return seen["connection"]["config"]["authType"]["password"]


def sealed(server: Server) -> list[bytes]:
    """Everything sealed, as it lies in the file; bytes 1 to 4 name the key."""
    rows = server.open_store()
    return [
        row[0]
        for query in (
            "SELECT sealed FROM secrets",
            "SELECT secret FROM credentials WHERE class IN ('access_key', 'bot_token')",
        )
        for row in rows.execute(query)
    ]


def keys_in(key_file: Path) -> list[str]:
    return [line for line in key_file.read_text().splitlines() if not line.startswith("#")]


def signed_call_works(server: Server) -> bool:
    return datazone_door.raw(server, server.admin, "GET", "/v2/domains").status_code == 200


def check_exchanged_seal(server: Server, before: list[bytes], old_file: str) -> None:
    after = sealed(server)
    assert len(after) == len(before) >= 3
    assert len({text[1:5] for text in after}) == 1, "one key has sealed everything"
    assert {text[1:5] for text in after}.isdisjoint({text[1:5] for text in before})
    key_file = server.store / "seal.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    keys = keys_in(key_file)
    assert len(keys) == 1 and keys[0] not in old_file, "the old key is forgotten"


def test_the_seal_is_exchanged_under_a_running_server(own_server):
    om = OpenMetadataDoor(own_server, own_server.admin.token)
    service, token = service_with_secret(om, "pg"), bot_token(om)
    before, old_file = sealed(own_server), (own_server.store / "seal.key").read_text()
    answer = own_server.cli("rotate", "seal")
    assert answer["resealed"] >= 3 and str(own_server.store) in answer["sealKey"]
    check_exchanged_seal(own_server, before, old_file)
    assert password_seen_by_bot(own_server, token, service) == SECRET and signed_call_works(own_server)
    own_server.stop()
    own_server.start()
    assert password_seen_by_bot(own_server, token, service) == SECRET and signed_call_works(own_server)


def test_the_seal_is_exchanged_in_a_stopped_store(own_server):
    om = OpenMetadataDoor(own_server, own_server.admin.token)
    service, token = service_with_secret(om, "pg"), bot_token(om)
    refused = run_cli("rotate", "seal", "--store", str(own_server.store), check=False)
    assert refused.returncode == 1 and "already open" in refused.stderr, "a served store is not touched from aside"
    own_server.stop()
    before, old_file = sealed(own_server), (own_server.store / "seal.key").read_text()
    run_cli("rotate", "seal", "--store", str(own_server.store))
    check_exchanged_seal(own_server, before, old_file)
    own_server.start()
    assert password_seen_by_bot(own_server, token, service) == SECRET and signed_call_works(own_server)


def test_an_exchange_that_was_broken_off_is_told_and_ended(own_server):
    om = OpenMetadataDoor(own_server, own_server.admin.token)
    service, token = service_with_secret(om, "pg"), bot_token(om)
    own_server.stop()
    key_file = own_server.store / "seal.key"
    fresh = base64.b64encode(bytes(range(32))).decode()
    key_file.write_text(f"{fresh}\n{key_file.read_text()}")
    doctor = run_cli("doctor", "--store", str(own_server.store), "-o", "json", check=False)
    findings = {row["check"]: row for row in json.loads(doctor.stdout)}
    assert doctor.returncode == 1 and "broken off" in findings["seal key"]["finding"]
    run_cli("rotate", "seal", "--store", str(own_server.store))
    assert keys_in(key_file) == [fresh], "no third key is made"
    assert run_cli("doctor", "--store", str(own_server.store)).returncode == 0
    own_server.start()
    assert password_seen_by_bot(own_server, token, service) == SECRET and signed_call_works(own_server)


def check_exchanged_signature(server: Server, old: dict) -> None:
    for token in old.values():
        OpenMetadataDoor(server, token).get("/domains", expect=401)
    anonymous = OpenMetadataDoor(server, None)
    anonymous.post("/users/refresh", {"refreshToken": old["refresh"]}, expect=401)
    body = {"email": "admin@open-metadata.org", "password": encoded(server.admin.password)}
    login = anonymous.post("/users/login", body, 200)
    om = OpenMetadataDoor(server, login["accessToken"])
    fresh = bot_token(om)
    assert fresh != old["bot"]
    OpenMetadataDoor(server, fresh).get("/domains")
    assert len(om.get("/system/config/jwks")["keys"]) == 1
    assert stat.S_IMODE((server.store / "signing.pem").stat().st_mode) == 0o600
    assert signed_call_works(server), "access keys have nothing to do with it"


def tokens_of_all_kinds(server: Server) -> dict:
    om = OpenMetadataDoor(server, server.admin.token)
    body = {"email": "admin@open-metadata.org", "password": encoded(server.admin.password)}
    login = OpenMetadataDoor(server, None).post("/users/login", body, 200)
    made = om.put("/users/security/token", {"tokenName": "t", "JWTTokenExpiry": "30"}, 200)
    return {
        "admin": server.admin.token,
        "session": login["accessToken"],
        "refresh": login["refreshToken"],
        "personal": made["jwtToken"],
        "bot": bot_token(om),
    }


def test_the_signing_key_is_exchanged_under_a_running_server(own_server):
    old = tokens_of_all_kinds(own_server)
    answer = own_server.cli("rotate", "signing")
    assert answer["endedTokens"] >= 4 and answer["renewedBotTokens"] == 1
    OpenMetadataDoor(own_server, answer["token"]).get("/domains")
    check_exchanged_signature(own_server, old)
    own_server.stop()
    own_server.start()
    check_exchanged_signature(own_server, old)


def test_the_signing_key_is_exchanged_in_a_stopped_store(own_server):
    old = tokens_of_all_kinds(own_server)
    own_server.stop()
    run_cli("rotate", "signing", "--store", str(own_server.store))
    own_server.start()
    check_exchanged_signature(own_server, old)


def test_an_exchange_that_was_broken_off_behind_the_new_key_is_finished_at_the_next_start(own_server, tmp_path):
    """So lies what a backup took between the key and the tokens that were signed with it."""
    old = tokens_of_all_kinds(own_server)
    own_server.stop()
    run_cli("init", "--store", str(tmp_path / "other"))
    shutil.copy(tmp_path / "other" / "signing.pem", own_server.store / "signing.pem")
    own_server.start()
    check_exchanged_signature(own_server, old)
    own_server.stop()
    before = os.stat(own_server.store / "signing.pem").st_mtime_ns
    own_server.start()
    assert os.stat(own_server.store / "signing.pem").st_mtime_ns == before
    check_exchanged_signature(own_server, old)


def test_keys_are_exchanged_by_administrators_of_the_first_account_alone(server, member, other_account):
    for token in (member.token, other_account.token):
        for key in ("seal", "signing"):
            done = run_cli("rotate", key, check=False, EMPORION_URL=server.url, EMPORION_TOKEN=token)
            assert done.returncode == 1 and "may" in done.stderr, done


# --- logins --------------------------------------------------------------------------------------------------------


@pytest.fixture
def person(om, fresh_name) -> dict:
    name = fresh_name("person")
    body = {
        "name": name,
        "email": f"{name}@example.com",
        "createPasswordType": "ADMIN_CREATE",
        "password": PASSWORD,
        "confirmPassword": PASSWORD,
    }
    return om.post("/users", body)


def log_in(door: OpenMetadataDoor, person: dict, password: str = PASSWORD) -> dict:
    return door.post("/users/login", {"email": person["email"], "password": encoded(password)}, 200)


def check_ended(server, door: OpenMetadataDoor, login: dict, *more: str) -> None:
    for token in (login["accessToken"], *more):
        OpenMetadataDoor(server, token).get("/users/loggedInUser", expect=401)
    door.post("/users/refresh", {"refreshToken": login["refreshToken"]}, expect=401)


def test_a_refresh_token_opens_sessions_and_nothing_else(server, om_anonymous, person):
    login = log_in(om_anonymous, person)
    OpenMetadataDoor(server, login["refreshToken"]).get("/users/loggedInUser", expect=401)
    om_anonymous.post("/users/refresh", {"refreshToken": login["accessToken"]}, expect=401)
    renewed = om_anonymous.post("/users/refresh", {"refreshToken": login["refreshToken"]}, 200)
    OpenMetadataDoor(server, renewed["accessToken"]).get("/users/loggedInUser")


def test_a_reset_by_the_command_line_ends_every_login(server, om_anonymous, person):
    login = log_in(om_anonymous, person)
    renewed = om_anonymous.post("/users/refresh", {"refreshToken": login["refreshToken"]}, 200)["accessToken"]
    fresh = server.cli("user", "reset-password", person["name"])["password"]
    check_ended(server, om_anonymous, login, renewed)
    log_in(om_anonymous, person, fresh)


def test_a_password_is_reset_in_the_store_of_a_stopped_server(own_server):
    door = OpenMetadataDoor(own_server, None)
    admin = {"email": "admin@open-metadata.org"}
    old = own_server.init["adminPassword"]
    served = run_cli("user", "reset-password", "admin", "--store", str(own_server.store), check=False)
    assert served.returncode == 1 and old not in served.stdout + served.stderr, served
    login = log_in(door, admin, old)
    own_server.stop()
    for unknown in ("nobody", "nobody@example.com"):
        refused = run_cli("user", "reset-password", unknown, "--store", str(own_server.store), check=False)
        assert refused.returncode == 1 and unknown in refused.stderr, refused
    for name in ("admin", admin["email"]):
        fresh = json.loads(
            run_cli("user", "reset-password", name, "--store", str(own_server.store), "-o", "json").stdout
        )
    own_server.start()
    check_ended(own_server, door, login)
    door.post("/users/login", {"email": admin["email"], "password": encoded(old)}, expect=401)
    log_in(door, admin, fresh["password"])


def test_a_change_by_an_administrator_ends_every_login(server, om, om_anonymous, person):
    login = log_in(om_anonymous, person)
    new = "Other-horse-8"
    body = {"username": person["name"], "newPassword": new, "confirmPassword": new, "requestType": "USER"}
    om.put("/users/changePassword", body, 200)
    check_ended(server, om_anonymous, login)
    log_in(om_anonymous, person, new)


def test_logging_out_ends_the_login_and_no_other(server, om_anonymous, person):
    ended, other = log_in(om_anonymous, person), log_in(om_anonymous, person)
    renewed = om_anonymous.post("/users/refresh", {"refreshToken": ended["refreshToken"]}, 200)["accessToken"]
    OpenMetadataDoor(server, renewed).call("POST", "/users/logout", {"token": renewed}, expect=200)
    check_ended(server, om_anonymous, ended, renewed)
    OpenMetadataDoor(server, other["accessToken"]).get("/users/loggedInUser")


def test_disabling_a_user_ends_whatever_he_holds(server, om, om_anonymous, person, fresh_name):
    login = log_in(om_anonymous, person)
    own = OpenMetadataDoor(server, login["accessToken"])
    personal = own.put("/users/security/token", {"tokenName": "t", "JWTTokenExpiry": "30"}, 200)["jwtToken"]
    key = server.cli("key", "create", "--user", person["name"], token=personal)
    signer = server.admin.__class__(
        person["name"], server.account, personal, key["accessKeyId"], key["secretAccessKey"]
    )
    assert datazone_door.raw(server, signer, "GET", "/v2/domains").status_code == 200
    server.cli("user", "disable", person["name"])
    check_ended(server, om_anonymous, login, personal)
    assert datazone_door.raw(server, signer, "GET", "/v2/domains").status_code == 403
    om_anonymous.post("/users/login", {"email": person["email"], "password": encoded(PASSWORD)}, expect=401)
    # Enabled again he comes in with a new password, and with nothing of what he held.
    domain = om.post("/domains", {"name": fresh_name("Any"), "domainType": "Aggregate", "description": "d"})["id"]
    datazone_door.client(server, server.admin).update_user_profile(
        domainIdentifier=datazone_door.domain_id(domain), userIdentifier=person["name"], status="ACTIVATED"
    )
    check_ended(server, om_anonymous, login, personal)
    assert datazone_door.raw(server, signer, "GET", "/v2/domains").status_code == 403
    om_anonymous.post("/users/login", {"email": person["email"], "password": encoded(PASSWORD)}, expect=401)
    new = server.cli("user", "reset-password", person["name"])["password"]
    log_in(om_anonymous, person, new)


def test_a_login_that_is_revoked_is_not_continued(server, om_anonymous, person):
    ended, other = log_in(om_anonymous, person), log_in(om_anonymous, person)
    claims = jwt.decode(ended["accessToken"], options={"verify_signature": False})
    listed = [one["id"] for one in server.cli("token", "list", "--user", person["name"])]
    (session,) = [id for id in listed if id in claims.values()]
    server.cli("token", "revoke", session)
    check_ended(server, om_anonymous, ended, ended["accessToken"])
    OpenMetadataDoor(server, other["accessToken"]).get("/users/loggedInUser")


def test_a_key_and_a_token_end_when_they_are_revoked(server, fresh_name):
    user = server.new_user(fresh_name("holder"))
    assert datazone_door.raw(server, user, "GET", "/v2/domains").status_code == 200
    server.cli("key", "revoke", user.access_key_id)
    assert datazone_door.raw(server, user, "GET", "/v2/domains").status_code == 403
    OpenMetadataDoor(server, user.token).get("/domains")
    listed = server.cli("token", "list", "--user", user.name)
    server.cli("token", "revoke", listed[0]["id"])
    OpenMetadataDoor(server, user.token).get("/domains", expect=401)


def test_one_resets_no_password_with_a_token_alone(server, member):
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": member.token}
    for name in (member.name, "admin"):
        done = run_cli("user", "reset-password", name, check=False, **environment)
        assert done.returncode == 1 and "password" not in done.stdout


def token_create(server: Server, user: str, *flags: str, **checks):
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": server.admin.token}
    return run_cli("token", "create", "--user", user, *flags, "-o", "json", **checks, **environment)


def test_a_token_of_the_command_line_lives_for_ninety_days_or_as_long_as_was_said(server, member):
    for flags, days in (((), 90), (("--expires", "7d"), 7), (("--expires", "never"), None)):
        made = json.loads(token_create(server, member.name, *flags).stdout)
        listed = {held["id"]: held for held in server.cli("token", "list", "--user", member.name)}[made["id"]]
        assert listed["expiresAt"] == made["expiresAt"]
        lasts_ms = None if made["expiresAt"] is None else made["expiresAt"] - listed["createdAt"]
        assert lasts_ms is None and days is None or abs(lasts_ms - days * 86_400_000) < 60_000
        claims = json.loads(base64.urlsafe_b64decode(made["token"].split(".")[1] + "=="))
        assert claims.get("exp") == (made["expiresAt"] and made["expiresAt"] // 1000)
        OpenMetadataDoor(server, made["token"]).get("/users/loggedInUser")
        server.cli("token", "revoke", made["id"])
        OpenMetadataDoor(server, made["token"]).get("/users/loggedInUser", expect=401)


def test_a_token_lives_for_a_sensible_time(server, member):
    for wrong in ("0d", "36501d", "-1d", "90", "d", "forever", "90 d", "1e2d", "99999999999999999999d"):
        done = token_create(server, member.name, f"--expires={wrong}", check=False)
        assert done.returncode == 2 and "--expires" in done.stderr and "never" in done.stderr, done
    url = f"{server.url}/emporion/v1/users/{member.name}/tokens"
    headers = {"Authorization": f"Bearer {server.admin.token}"}
    for wrong in ("0d", 90, ["90d"], True):
        refused = requests.post(url, json={"expires": wrong}, headers=headers, timeout=30)
        assert refused.status_code == 400 and "expires" in refused.json()["error"], wrong


# --- what ends, and what is made with it ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short(server) -> tuple[str, int]:
    """An administrator's token that ends in two days, and when."""
    made = server.cli("token", "create", "--user", "admin", "--expires", "2d")
    return made["token"], made["expiresAt"]


def run_with(server: Server, token: str, *arguments: str):
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": token}
    return run_cli(*arguments, "-o", "json", check=False, **environment)


def test_no_token_of_the_command_line_outlives_the_one_that_asks(server, short, member, fresh_name):
    token, ends = short
    account = fresh_name("short")
    commands = (("token", "create", "--user", "admin"), ("token", "create", "--user", member.name))
    for command in (*commands, ("account", "create", account), ("rotate", "signing")):
        for longer in ("3d", "never"):
            refused = run_with(server, token, *command, "--expires", longer)
            assert refused.returncode == 1 and refused.stdout == "", refused
            assert "expires must not outlive the token that asks for it, which ends at 20" in refused.stderr, refused
    for command in commands:
        assert server.cli(*command, token=token)["expiresAt"] == ends // 1000 * 1000
        assert server.cli(*command, "--expires", "1d", token=token)["expiresAt"] < ends
    made = server.cli("account", "create", account, token=token)
    assert made["adminTokenExpiresAt"] == ends // 1000 * 1000
    held = server.cli("key", "list", "--user", "admin", token=made["adminToken"])
    assert [key["expiresAt"] for key in held] == [ends // 1000 * 1000]
    key = server.cli("key", "create", "--user", member.name, token=token)
    assert key["expiresAt"] == ends // 1000 * 1000
    signer = server.admin.__class__("member", server.account, "", key["accessKeyId"], key["secretAccessKey"])
    assert datazone_door.raw(server, signer, "GET", "/v2/domains").status_code == 200
    assert "expiresAt" not in server.cli("key", "create", "--user", member.name)


def test_no_token_of_openmetadata_outlives_the_one_that_asks(server, short, om, om_anonymous, person, fresh_name):
    own = OpenMetadataDoor(server, short[0])

    def refused(answer: dict) -> None:
        assert "JWTTokenExpiry must not outlive the token that asks for it" in answer["message"], answer

    personal = {"tokenName": "t", "JWTTokenExpiry": "Unlimited"}
    refused(own.put("/users/security/token", personal, expect=400))
    own.put("/users/security/token", personal | {"JWTTokenExpiry": "1"}, 200)
    name = fresh_name("robot")
    body = {"name": name, "email": f"{name}@example.com", "isBot": True}
    jwt = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}
    refused(own.post("/users", body | {"authenticationMechanism": jwt}, expect=400))
    om.get(f"/users/name/{name}", expect=404)
    # Where nothing is said, it lives as long as it may.
    bot = own.post("/users", body | {"authenticationMechanism": {"authType": "JWT"}})["id"]
    config = om.get(f"/users/auth-mechanism/{bot}")["config"]
    assert config["JWTTokenExpiresAt"] == short[1] // 1000 * 1000
    refused(own.put(f"/users/generateToken/{bot}", {"JWTTokenExpiry": "7"}, expect=400))
    made = own.put(f"/users/generateToken/{bot}", {"JWTTokenExpiry": "OneHour"}, 200)
    assert made["JWTTokenExpiresAt"] < short[1]
    # The bot's own token is as short.
    as_bot = OpenMetadataDoor(server, made["JWTToken"])
    refused(as_bot.put(f"/users/generateToken/{bot}", {"JWTTokenExpiry": "1"}, expect=400))
    # A login says who somebody is: what he makes may outlive the session.
    session = OpenMetadataDoor(server, log_in(om_anonymous, person)["accessToken"])
    session.put("/users/security/token", personal, 200)


def test_first_tokens_end_when_they_are_said_to(tmp_path):
    day_ms = 86_400_000
    for flags, days in (((), None), (("--expires", "never"), None), (("--expires", "5d"), 5)):
        store = tmp_path / f"s{len(list(tmp_path.iterdir()))}"
        made = json.loads(run_cli("init", "--store", str(store), *flags, "-o", "json").stdout)
        claims = json.loads(base64.urlsafe_b64decode(made["adminToken"].split(".")[1] + "=="))
        assert ("exp" in claims, "adminTokenExpiresAt" in made) == (days is not None, days is not None)
        assert days is None or abs(made["adminTokenExpiresAt"] - claims["iat"] * 1000 - days * day_ms) < 60_000
    wrong = run_cli("init", "--store", str(tmp_path / "never"), "--expires", "5", check=False)
    assert wrong.returncode == 2 and not (tmp_path / "never").exists()


def test_new_tokens_of_accounts_and_of_an_exchange_end_when_they_are_said_to(own_server):
    day_ms = 86_400_000

    def days(made: dict, member: str) -> float | None:
        ends = made.get(member)
        token = made.get("adminToken") or made["token"]
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        assert claims.get("exp") == (ends and ends // 1000)
        return ends and round((ends - claims["iat"] * 1000) / day_ms)

    for name, flags, lasts in (("a", (), 90), ("b", ("--expires", "7d"), 7), ("c", ("--expires", "never"), None)):
        assert days(own_server.cli("account", "create", name, *flags), "adminTokenExpiresAt") == lasts
    token = own_server.admin.token
    for flags, lasts in ((("--expires", "never"), None), ((), 90), (("--expires", "7d"), 7)):
        made = own_server.cli("rotate", "signing", *flags, token=token)
        assert days(made, "expiresAt") == lasts
        token = made["token"]
    for place in (("--store", str(own_server.store)), ("--url", own_server.url, "--token", token)):
        wrong = run_cli("rotate", "seal", "--expires", "7d", *place, check=False)
        assert wrong.returncode == 2 and "--expires" in wrong.stderr, wrong
