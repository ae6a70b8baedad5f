"""The strict reader of DataZone answers is itself held to account: what it must refuse, it refuses."""

import json

import boto3
import pytest

import service_model


@pytest.fixture(scope="module")
def operation():
    client = boto3.client("datazone", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return client.meta.service_model.operation_model("CreateDataProduct")


GOOD = {
    "createdAt": 1752602810.307,
    "createdBy": "usr7nx82mkl",
    "domainId": "dzd_53ielnpxktdilj",
    "firstRevisionCreatedAt": 1752602810.307,
    "firstRevisionCreatedBy": "usr7nx82mkl",
    "formsOutput": [],
    "id": "dpd9m3nqx2wkfp",
    "name": "CustomerInsightsDataProduct",
    "owningProjectId": "prj7nx82mkl",
    "revision": "1",
    "status": "CREATED",
}
HEADERS = {"x-amzn-RequestId": "r", "Content-Type": "application/json"}


def check(operation, status, document, **headers):
    service_model.check_answer(operation, status, HEADERS | headers, json.dumps(document).encode())


def test_the_published_sample_passes(operation):
    check(operation, 201, GOOD)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"description": None}, "null"),
        ({"colour": "red"}, "unknown"),
        ({"glossaryTerms": []}, "least"),
        ({"createdAt": 1752602810.30712}, "milliseconds"),
        ({"createdAt": "2026-01-01T00:00:00Z"}, "epoch"),
        ({"status": "READY"}, "none of"),
        ({"domainId": "BAD"}, "match"),
        ({"name": "x" * 65}, "most"),
        ({"revision": 1}, "no string"),
        ({"items": [{"itemType": "ASSET"}]}, "required"),
    ],
)
def test_a_deviation_is_named(operation, change, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check(operation, 201, GOOD | change)


def test_a_missing_member_and_a_wrong_status_are_named(operation):
    with pytest.raises(AssertionError, match="id is required"):
        check(operation, 201, {k: v for k, v in GOOD.items() if k != "id"})
    with pytest.raises(AssertionError, match="the model says 201"):
        check(operation, 200, GOOD)


def test_an_error_must_be_declared_and_have_its_status(operation):
    error = {"message": "Conflict with dataProduct x"}
    check(operation, 409, error, **{"x-amzn-ErrorType": "ConflictException"})
    with pytest.raises(AssertionError, match="belongs to status 409"):
        check(operation, 400, error, **{"x-amzn-ErrorType": "ConflictException"})
    with pytest.raises(AssertionError, match="not declared"):
        check(operation, 409, error, **{"x-amzn-ErrorType": "SurpriseException"})
    with pytest.raises(AssertionError, match="JSON"):
        check(operation, 500, error, **{"Content-Type": "text/html"})
