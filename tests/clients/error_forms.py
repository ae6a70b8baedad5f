"""The error form of each door."""

import json


def check_error_form(door: str, answer) -> str:
    """The error form of a door; answers what it says."""
    headers = {key.lower(): value for key, value in answer.headers.items()}
    assert headers["content-type"].startswith("application/json"), (headers, answer)
    body = answer.json()
    if door == "openmetadata":
        status = getattr(answer, "status_code", None) or answer.status
        assert body["code"] == status and body["message"], body
        return body["message"]
    if door == "datazone":
        assert headers["x-amzn-errortype"] and headers["x-amzn-requestid"] and body["message"], (headers, body)
        return body["message"]
    assert body["ok"] is False and body["error"]["code"] and body["error"]["message"], body
    return json.dumps(body["error"])
