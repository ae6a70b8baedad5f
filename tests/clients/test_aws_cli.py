"""The `aws` command, unmodified: the published page's three command lines, and the story of a product."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datazone_door import REGION
from emporion_server import Principal, Server, clean_environment

AWS = Path(sys.executable).parent / "aws"


class AwsCommand:
    """Runs `aws datazone …` against the server, as the principal."""

    def __init__(self, server: Server, who: Principal):
        self.endpoint = server.url
        self.environment = clean_environment(
            AWS_ACCESS_KEY_ID=who.access_key_id,
            AWS_SECRET_ACCESS_KEY=who.secret_access_key,
            AWS_DEFAULT_REGION=REGION,
            AWS_CONFIG_FILE="/dev/null",
            AWS_SHARED_CREDENTIALS_FILE="/dev/null",
            AWS_EC2_METADATA_DISABLED="true",
            AWS_MAX_ATTEMPTS="1",
            AWS_PAGER="",
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [str(AWS), "datazone", *arguments, "--endpoint-url", self.endpoint, "--output", "json"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment)

    def __call__(self, *arguments: str) -> dict:
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws datazone {' '.join(arguments)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def refused(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode in (254, 255), (done.returncode, done.stdout, done.stderr)
        return done.stderr.strip()


@pytest.fixture(scope="module")
def aws(server, admin) -> AwsCommand:
    return AwsCommand(server, admin)


def test_the_published_command_lines_and_their_answers(aws, workshop, fresh_name):
    name = fresh_name("CustomerInsightsDataProduct")
    line = ["create-data-product", "--domain-identifier", workshop.domain, "--name", name]
    project = ["--owning-project-identifier", workshop.project]

    made = aws(*line, *project)
    assert made.keys() == {
        "createdAt", "createdBy", "domainId", "firstRevisionCreatedAt", "firstRevisionCreatedBy", "formsOutput", "id",
        "name", "owningProjectId", "revision", "status",
    }  # fmt: skip
    assert (made["name"], made["domainId"], made["owningProjectId"]) == (name, workshop.domain, workshop.project)
    assert (made["revision"], made["status"], made["formsOutput"]) == ("1", "CREATED", [])
    assert made["createdAt"] == made["firstRevisionCreatedAt"] and made["createdBy"] == made["firstRevisionCreatedBy"]

    missing = aws.run(*line)
    assert missing.returncode in (2, 252)
    assert "the following arguments are required: --owning-project-identifier" in missing.stderr

    conflict = aws.refused(*line, *project)
    assert "An error occurred (ConflictException)" in conflict
    assert "when calling the CreateDataProduct operation" in conflict
    assert conflict.endswith(f"Conflict with dataProduct {made['id']}")


def test_the_story_from_domain_to_delete(aws, fresh_name):
    domain = aws("create-domain", "--name", fresh_name("cli"))["id"]
    here = ["--domain-identifier", domain]
    project = aws("create-project", *here, "--name", "makers")["id"]
    own = ["--owning-project-identifier", project]
    glossary = aws("create-glossary", *here, *own, "--name", "Words", "--status", "ENABLED")["id"]
    term = aws("create-glossary-term", *here, "--glossary-identifier", glossary, "--name", "Revenue")["id"]
    smithy = json.dumps({"smithy": "structure Note { @required text: String }"})
    form = aws("create-form-type", *here, *own, "--name", "Note", "--model", smithy, "--status", "ENABLED")
    forms = json.dumps({"Note": {"typeIdentifier": "Note", "typeRevision": form["revision"], "required": False}})
    kind = aws("create-asset-type", *here, *own, "--name", "Sheet", "--forms-input", forms)["name"]
    asset = aws("create-asset", *here, *own, "--name", "a.xlsx", "--type-identifier", kind)["id"]
    content = json.dumps(
        [{"formName": "Note", "typeIdentifier": "Note", "typeRevision": "1", "content": json.dumps({"text": "hi"})}]
    )
    product = aws(
        "create-data-product", *here, *own, "--name", "Sales", "--description", "sold", "--glossary-terms", term,
        "--items", json.dumps([{"itemType": "ASSET", "identifier": asset}]), "--forms-input", content,
    )  # fmt: skip
    this = [*here, "--identifier", product["id"]]
    assert aws("get-data-product", *this) == product
    assert aws("create-data-product-revision", *this, "--name", "Sales v2")["revision"] == "2"
    listed = aws("list-data-product-revisions", *this)["items"]
    assert [row["revision"] for row in listed] == ["2", "1"]
    hits = aws("search", *here, "--search-scope", "DATA_PRODUCT")["items"]
    assert [hit["dataProductItem"]["id"] for hit in hits] == [product["id"]]
    assert aws("delete-data-product", *this) == {}
    assert "(ResourceNotFoundException)" in aws.refused("get-data-product", *this)
    assert aws("delete-domain", "--identifier", domain, "--skip-deletion-check")["status"] in ("DELETING", "DELETED")


def test_what_the_command_does_not_check_the_server_does(aws, workshop):
    refused = aws.refused(
        "create-data-product", "--domain-identifier", "BAD", "--name", "n",
        "--owning-project-identifier", workshop.project,
    )  # fmt: skip
    assert "(ValidationException)" in refused and "domainIdentifier" in refused


def test_a_wrong_secret_is_refused(server, admin):
    thief = AwsCommand(server, admin)
    thief.environment["AWS_SECRET_ACCESS_KEY"] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert "(InvalidSignatureException)" in thief.refused("list-domains")
    thief.environment["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE"
    assert "(UnrecognizedClientException)" in thief.refused("list-domains")


def test_a_revoked_key_is_refused_at_once(server, member):
    key = server.cli("key", "create", "--user", member.name)
    aws = AwsCommand(server, Principal(member.name, member.account, "", key["accessKeyId"], key["secretAccessKey"]))
    aws("list-domains")
    server.cli("key", "revoke", key["accessKeyId"])
    assert "(UnrecognizedClientException)" in aws.refused("list-domains")
