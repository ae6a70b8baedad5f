"""Regions and session keys as clients of AWS use them: boto3, the `aws` command, and the variables that a shell exports."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import boto3
import botocore.config
import pytest
import requests
from botocore.exceptions import ClientError

import service_model
from datazone_door import SignedBy, fails, raw
from emporion_server import Server, clean_environment, run_cli

AWS = Path(sys.executable).parent / "aws"
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-2"]
INVALID = ("UnrecognizedClientException", 403, "The security token included in the request is invalid")
EXPIRED = ("ExpiredTokenException", 403, "The security token included in the request is expired")


@pytest.fixture(scope="module")
def ada(server):
    return server.new_user("session-ada", "--admin")


def session_key(server, user: str, *flags: str, token: str | None = None) -> dict:
    return server.cli("key", "create", "--user", user, "--session", *flags, token=token)


def client_of(server, key: dict, region: str = "us-east-1", **changed):
    made = boto3.client(
        "datazone",
        region_name=region,
        endpoint_url=server.url,
        aws_access_key_id=key["accessKeyId"],
        aws_secret_access_key=key["secretAccessKey"],
        **({"aws_session_token": key.get("sessionToken")} | changed),
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    service_model.attach(made)
    return made


def exported(server, **variables: str) -> dict[str, str]:
    return clean_environment(
        AWS_CONFIG_FILE="/dev/null",
        AWS_SHARED_CREDENTIALS_FILE="/dev/null",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_MAX_ATTEMPTS="1",
        AWS_PAGER="",
        AWS_ENDPOINT_URL_DATAZONE=server.url,
        **variables,
    )


def aws(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    command = [str(AWS), "datazone", *arguments, "--output", "json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_served_and_what_is_printed_is_there(server, ada, fresh_name, region):
    who = {"accessKeyId": ada.access_key_id, "secretAccessKey": ada.secret_access_key}
    here = client_of(server, who, region)
    made = here.create_domain(name=fresh_name("regional"), domainExecutionRole="arn:aws:iam::123456789012:role/x")
    assert made["arn"].split(":")[3] == region
    for other in REGIONS:
        there = client_of(server, who, other)
        shown = there.get_domain(identifier=made["id"])
        assert shown["arn"] == made["arn"].replace(f":{region}:", f":{other}:")
        # An ARN that another request has seen names the same domain.
        there.tag_resource(resourceArn=made["arn"], tags={"by": other})
        assert here.list_tags_for_resource(resourceArn=shown["arn"])["tags"] == {"by": other}
        listed = {item["id"]: item["arn"] for page in there.get_paginator("list_domains").paginate() for item in page["items"]}
        assert listed[made["id"]] == shown["arn"]


def test_the_service_of_the_scope_is_still_ours_and_no_signature_serves_elsewhere(server, ada):
    assert raw(server, ada, "GET", "/v2/domains", region="eu-central-1").status_code == 200
    for region, service in [("us-east-1", "sts"), ("us-east-1", "s3"), ("US EAST", "datazone"), ("us_east_1", "datazone")]:
        answer = raw(server, ada, "GET", "/v2/domains", region=region, service=service)
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    request = requests.Request("GET", server.url + "/v2/domains", auth=SignedBy(ada, region="eu-central-1")).prepare()
    for elsewhere in ("us-east-1", "eu-central-2"):
        replayed = request.copy()
        replayed.headers["Authorization"] = replayed.headers["Authorization"].replace("eu-central-1", elsewhere)
        answer = requests.Session().send(replayed)
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")


def test_a_setting_narrows_the_regions(tmp_path):
    server = Server(tmp_path, EMPORION_DATAZONE__REGION="eu-central-1").start()
    try:
        who = {"accessKeyId": server.admin.access_key_id, "secretAccessKey": server.admin.secret_access_key}
        assert client_of(server, who, "eu-central-1").list_domains()["items"]
        with fails("InvalidSignatureException", 403, "valid region"):
            client_of(server, who, "us-east-1").list_domains()
    finally:
        assert server.stop() == 0


def test_a_session_key_counts_with_its_own_token_only(server, ada):
    key, other = session_key(server, ada.name), session_key(server, ada.name, "--expires", "15m")
    assert key.keys() == {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"}
    assert key["accessKeyId"].startswith("ASIA") and re.fullmatch(r"[\d-]{10}T[\d:.]+Z", key["expiration"])
    for region in REGIONS:
        assert client_of(server, key, region).list_domains()["items"]
    for changed in (None, "", "made up", other["sessionToken"], key["sessionToken"] + "A", key["sessionToken"][:-1]):
        with fails(*INVALID):
            client_of(server, key, aws_session_token=changed).list_domains()
    # A key that lives on has none.
    lasting = {"accessKeyId": ada.access_key_id, "secretAccessKey": ada.secret_access_key}
    for token in (key["sessionToken"], "made up"):
        with fails(*INVALID):
            client_of(server, lasting, aws_session_token=token).list_domains()
    with fails("InvalidSignatureException", 403):
        client_of(server, key | {"secretAccessKey": other["secretAccessKey"]}).list_domains()
    # Writing goes the same way.
    made = client_of(server, key).create_domain(name=f"by-{key['accessKeyId']}", domainExecutionRole="arn:aws:iam::123456789012:role/x")
    assert made["name"] == f"by-{key['accessKeyId']}"


def test_the_token_is_among_what_is_signed(server, ada):
    key = session_key(server, ada.name)

    class Added(SignedBy):
        def __call__(self, request):
            request = super().__call__(request)
            request.headers["X-Amz-Security-Token"] = key["sessionToken"]
            return request

    from emporion_server import Principal

    who = Principal(name=ada.name, account=ada.account, token="", access_key_id=key["accessKeyId"], secret_access_key=key["secretAccessKey"])
    answer = requests.get(server.url + "/v2/domains", auth=Added(who), timeout=30)
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert "X-Amz-Security-Token".lower() in answer.json()["message"].lower()


def test_the_variables_of_a_shell_and_a_credential_process(server, ada, tmp_path):
    line = ["key", "create", "--user", ada.name, "--session", "--as"]
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": ada.token}
    said = run_cli(*line, "shell", **environment).stdout
    variables = {}
    for words in map(shlex.split, said.splitlines()):
        assert words[0] == "export" and len(words) == 2
        name, value = words[1].split("=", 1)
        variables[name] = value
    assert variables.keys() == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    for region in REGIONS:
        done = aws(exported(server, AWS_DEFAULT_REGION=region, **variables), "list-domains")
        assert done.returncode == 0, done.stderr
        assert all(f":{region}:" in item["arn"] for item in json.loads(done.stdout)["items"])
    for wrong in ({"AWS_SESSION_TOKEN": "made up"}, {"AWS_SESSION_TOKEN": ""}):
        done = aws(exported(server, AWS_DEFAULT_REGION="eu-central-1", **variables | wrong), "list-domains")
        assert done.returncode in (254, 255) and "(UnrecognizedClientException)" in done.stderr, done.stderr

    process = json.loads(run_cli(*line, "process", **environment).stdout)
    assert process["Version"] == 1 and process.keys() == {
        "Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration",
    }  # fmt: skip
    script = tmp_path / "credentials.sh"
    script.write_text(f"#!/bin/sh\necho '{json.dumps(process)}'\n")
    script.chmod(0o700)
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = ap-southeast-2\ncredential_process = {script}\n")
    done = aws(exported(server) | {"AWS_CONFIG_FILE": str(config)}, "list-domains")
    assert done.returncode == 0, done.stderr

    lasting = run_cli("key", "create", "--user", ada.name, "--as", "shell", **environment).stdout
    assert lasting.splitlines()[2] == "unset AWS_SESSION_TOKEN"
    refused = run_cli(*line, "shell", "-o", "json", check=False, **environment)
    assert refused.returncode == 2 and "-o" in refused.stderr


@pytest.mark.parametrize("expires", ["14m", "37h", "1d", "0h", "never", "soon", "-1h", "1.5h", "99999999999999999999h"])
def test_a_lifetime_that_cannot_be_is_refused(server, ada, expires):
    line = ["key", "create", "--user", ada.name, "--session", f"--expires={expires}"]
    done = run_cli(*line, check=False, EMPORION_URL=server.url, EMPORION_TOKEN=ada.token)
    assert done.returncode == 2 and "15m to 36h" in done.stderr, done.stderr
    headers = {"Authorization": f"Bearer {ada.token}"}
    url = f"{server.url}/emporion/v1/users/{ada.name}/keys"
    answer = requests.post(url, json={"session": True, "expires": expires}, headers=headers, timeout=30)
    assert answer.status_code == 400 and "expires" in answer.text
    answer = requests.post(url, json={"expires": "1h"}, headers=headers, timeout=30)
    assert answer.status_code == 400 and "expires" in answer.text, "a key that lives on has no such end"


def test_one_that_is_over_says_so(server, ada):
    """Fifteen minutes are too long to wait for: the end is moved in the store, which is then served again."""
    import sqlite3
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        own = Server(Path(folder)).start()
        key = session_key(own, "admin")
        assert client_of(own, key).list_domains()["items"]
        assert own.stop() == 0
        with sqlite3.connect(own.store / "catalogue.db") as rows:
            rows.execute("UPDATE credentials SET expires_at = created_at + 1 WHERE public = ?", [key["accessKeyId"]])
        rows.close()
        own.start()
        try:
            with fails(*EXPIRED):
                client_of(own, key).list_domains()
            with fails(*INVALID):
                client_of(own, key, aws_session_token="made up").list_domains()
            done = aws(
                exported(
                    own,
                    AWS_DEFAULT_REGION="us-east-1",
                    AWS_ACCESS_KEY_ID=key["accessKeyId"],
                    AWS_SECRET_ACCESS_KEY=key["secretAccessKey"],
                    AWS_SESSION_TOKEN=key["sessionToken"],
                ),
                "list-domains",
            )
            assert done.returncode in (254, 255) and "(ExpiredTokenException)" in done.stderr, done.stderr
            own.cli("key", "revoke", key["accessKeyId"])
            with fails(*INVALID):
                client_of(own, key).list_domains()
        finally:
            assert own.stop() == 0


def test_a_session_key_ends_with_what_made_it_and_with_its_user(server, fresh_name):
    name = fresh_name("passing")
    user = server.new_user(name, "--admin")
    own = server.cli("token", "create", "--user", name)
    by_token = session_key(server, name, token=own["token"])
    revoked, of_disabled = session_key(server, name), session_key(server, name)
    clients = [client_of(server, key) for key in (by_token, revoked, of_disabled)]
    for client in clients:
        client.list_domains()
    listed = {key["id"]: key for key in server.cli("key", "list", "--user", name)}
    assert listed[revoked["accessKeyId"]]["expiresAt"] and not listed[user.access_key_id]["expiresAt"]
    server.cli("token", "revoke", own["id"])
    server.cli("key", "revoke", revoked["accessKeyId"])
    for client in clients[:2]:
        with fails(*INVALID):
            client.list_domains()
    clients[2].list_domains()
    server.cli("user", "disable", name)
    with pytest.raises(ClientError) as caught:
        clients[2].list_domains()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_whoever_has_no_right_over_a_user_makes_no_key_of_his_and_ends_none(server, ada, stranger, other_account):
    key = session_key(server, ada.name)
    line = ["key", "create", "--user", ada.name, "--session"]
    for by in (stranger, other_account):
        environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": by.token}
        assert run_cli(*line, check=False, **environment).returncode == 1
        assert run_cli("key", "revoke", key["accessKeyId"], check=False, **environment).returncode == 1
    assert client_of(server, key).list_domains()["items"]
    # His own he may.
    assert session_key(server, stranger.name, token=stranger.token)["sessionToken"]


def test_no_secret_of_it_lies_open_or_is_logged(server, ada):
    key = session_key(server, ada.name)
    client_of(server, key).list_domains()
    row = server.open_store().execute("SELECT * FROM credentials WHERE public = ?", [key["accessKeyId"]]).fetchone()
    for secret in (key["secretAccessKey"], key["sessionToken"]):
        assert all(secret.encode() not in (value if isinstance(value, bytes) else str(value).encode()) for value in row)
        assert secret not in server.log.read_text(errors="replace")
