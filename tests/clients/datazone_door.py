"""boto3 clients of the DataZone door, and the few things that every story in it needs."""

import contextlib
import json

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest
import requests
from botocore.exceptions import ClientError

import service_model
from emporion_server import Principal, Server

REGION = "us-east-1"
SERVICE = "datazone"


def client(server: Server, who: Principal, *, checked: bool = True, local_validation: bool = True):
    """A boto3 client that never retries; with `checked` each answer must fit the service model to the letter."""
    made = boto3.client(
        SERVICE,
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id=who.access_key_id,
        aws_secret_access_key=who.secret_access_key,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, parameter_validation=local_validation, max_pool_connections=64
        ),
    )
    if checked:
        service_model.attach(made)
    return made


@contextlib.contextmanager
def fails(code: str | tuple[str, ...], status: int | None = None, text: str = ""):
    """The block must end in this service error; yields a holder whose `value` is the exception."""
    codes = (code,) if isinstance(code, str) else code
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    assert error["Code"] in codes, caught.value
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status, caught.value
    assert text in error["Message"], caught.value


def plain_id(domain_id: str) -> str:
    """The UUID behind DataZone's spelling of a domain id."""
    digits = domain_id.removeprefix("dzd-")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def domain_id(uuid: str) -> str:
    """DataZone's spelling of the id of a top domain."""
    return "dzd-" + uuid.replace("-", "")


class SignedBy(requests.auth.AuthBase):
    """Signs a request made with `requests`, for what boto3 refuses to send."""

    def __init__(self, who: Principal, *, region: str = REGION, service: str = SERVICE, secret: str | None = None):
        credentials = botocore.credentials.Credentials(who.access_key_id, secret or who.secret_access_key)
        self.signer = botocore.auth.SigV4Auth(credentials, service, region)

    def __call__(self, request):
        signed = botocore.awsrequest.AWSRequest(
            method=request.method,
            url=request.url,
            data=request.body or b"",
            headers={"Content-Type": request.headers["Content-Type"]} if "Content-Type" in request.headers else {},
        )
        self.signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


def raw(server: Server, who: Principal, method: str, path: str, body=None, **kwargs) -> requests.Response:
    """One signed request with any body: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data is not None else {}
    return requests.request(
        method, server.url + path, data=data, headers=headers, auth=SignedBy(who, **kwargs), timeout=30
    )


FORM_MODEL = """
structure {name} {{
  @required
  steward: String
  @documentation("How many days a row may be old")
  freshnessDays: Integer
}}
"""


class Workshop:
    """A domain with a project, a glossary with terms, a form type and an asset type, made on demand."""

    def __init__(self, dz, name: str):
        self.dz = dz
        self.name = name
        self.domain = dz.create_domain(name=name)["id"]
        self.project = dz.create_project(domainIdentifier=self.domain, name=f"{name} makers")["id"]

    def glossary(self, name: str = "Business") -> str:
        made = self.dz.create_glossary(
            domainIdentifier=self.domain, name=name, owningProjectIdentifier=self.project, status="ENABLED"
        )
        return made["id"]

    def term(self, glossary: str, name: str, **more) -> str:
        made = self.dz.create_glossary_term(
            domainIdentifier=self.domain, glossaryIdentifier=glossary, name=name, status="ENABLED", **more
        )
        return made["id"]

    def form_type(self, name: str = "QualityForm") -> dict:
        return self.dz.create_form_type(
            domainIdentifier=self.domain,
            name=name,
            model={"smithy": FORM_MODEL.format(name=name)},
            owningProjectIdentifier=self.project,
            status="ENABLED",
        )

    def asset_type(self, form: dict, name: str = "Spreadsheet") -> dict:
        return self.dz.create_asset_type(
            domainIdentifier=self.domain,
            name=name,
            owningProjectIdentifier=self.project,
            formsInput={
                form["name"]: {"typeIdentifier": form["name"], "typeRevision": form["revision"], "required": False}
            },
        )

    def asset(self, asset_type: dict, name: str, **more) -> dict:
        return self.dz.create_asset(
            domainIdentifier=self.domain,
            name=name,
            typeIdentifier=asset_type["name"],
            owningProjectIdentifier=self.project,
            **more,
        )

    def product(self, name: str, **more) -> dict:
        return self.dz.create_data_product(
            domainIdentifier=self.domain, name=name, owningProjectIdentifier=self.project, **more
        )
