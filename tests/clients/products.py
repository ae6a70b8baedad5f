"""A data product as each door says it: make, read, change, delete, and what it is without its stamps."""

from botocore.exceptions import ClientError

from bobsled_door import BobsledDoor
from datazone_door import Workshop, plain_id
from openmetadata_door import OpenMetadataDoor

#: What any write may change: stamps, counters, and what is derived from them.
STAMPS = {
    "openmetadata": {"version", "updatedAt", "updatedBy", "changeDescription", "incrementalChangeDescription"},
    "datazone": {"revision", "createdAt", "createdBy", "ResponseMetadata"},
    "bobsled": {"version", "updatedAt"},
}


class OpenMetadataProducts:
    name = "openmetadata"

    def __init__(self, door: OpenMetadataDoor, domain: str):
        self.door, self.domain = door, domain

    def create(self, name: str, **fields) -> str:
        body = {"name": name, "description": "made", "domains": [self.domain]} | fields
        return self.door.post("/dataProducts", body)["id"]

    def create_status(self, name: str) -> tuple[int, str]:
        body = {"name": name, "description": "made", "domains": [self.domain]}
        answer = self.door.call("POST", "/dataProducts", body)
        return answer.status_code, answer.text

    def read(self, product: str) -> dict:
        return self.door.get(f"/dataProducts/{product}", fields="*")

    def text(self, product: str) -> tuple[str, str]:
        found = self.read(product)
        return found["name"], found["description"]

    def change(self, product: str, description: str) -> None:
        operations = [{"op": "replace", "path": "/description", "value": description}]
        self.door.patch(f"/dataProducts/{product}", operations)

    def delete(self, product: str) -> None:
        self.door.delete(f"/dataProducts/{product}")

    def is_gone(self, product: str) -> bool:
        return self.door.call("GET", f"/dataProducts/{product}").status_code == 404

    def whole(self, product: str) -> dict:
        """Everything this door says about a product, without stamps."""
        found = bare(self.name, self.read(product))
        parts = {}
        for part in ("assets", "inputPorts", "outputPorts"):
            rows = self.door.get(f"/dataProducts/{product}/{part}", limit=100)["data"]
            parts[part] = [row["id"] for row in rows]
        return found | parts


class DataZoneProducts:
    name = "datazone"

    def __init__(self, workshop: Workshop):
        self.dz, self.workshop = workshop.dz, workshop
        self.domain = workshop.domain

    def at(self, product: str) -> dict:
        return {"domainIdentifier": self.domain, "identifier": product}

    def create(self, name: str, **fields) -> str:
        return self.workshop.product(name, **({"description": "made"} | fields))["id"]

    def create_status(self, name: str) -> tuple[int, str]:
        try:
            answer = self.workshop.product(name, description="made")
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"], str(error)
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["id"]

    def read(self, product: str) -> dict:
        return self.dz.get_data_product(**self.at(product))

    def text(self, product: str) -> tuple[str, str]:
        found = self.read(product)
        return found["name"], found["description"]

    def change(self, product: str, description: str) -> None:
        found = self.read(product)
        self.revise(product, found | {"description": description})

    def revise(self, product: str, found: dict) -> None:
        """The next revision, with everything that `found` (an answer) says."""
        kept = {key: found[key] for key in ("name", "description", "glossaryTerms", "items") if key in found}
        if found.get("formsOutput"):
            kept["formsInput"] = [
                {"typeIdentifier" if key == "typeName" else key: value for key, value in form.items()}
                for form in found["formsOutput"]
            ]
        self.dz.create_data_product_revision(**self.at(product), **kept)

    def delete(self, product: str) -> None:
        self.dz.delete_data_product(**self.at(product))

    def is_gone(self, product: str) -> bool:
        try:
            self.read(product)
        except ClientError as error:
            return error.response["Error"]["Code"] == "ResourceNotFoundException"
        return False

    def whole(self, product: str) -> dict:
        return bare(self.name, self.read(product))


class BobsledProducts:
    name = "bobsled"

    def __init__(self, door: BobsledDoor, domain_id: str):
        self.door = door
        self.domain = plain_id(domain_id)

    def create(self, name: str, **fields) -> str:
        body = {"description": "made", "domainId": self.domain} | fields
        return self.door.create(name, **body)["id"]

    def create_status(self, name: str) -> tuple[int, str]:
        body = {"name": name, "description": "made", "domainId": self.domain}
        answer = self.door.call("POST", "/data-products", body)
        return answer.status_code, answer.text

    def read(self, product: str) -> dict:
        return self.door.get(f"/data-products/{product}")

    def text(self, product: str) -> tuple[str, str]:
        found = self.read(product)
        return found["name"], found["description"]

    def change(self, product: str, description: str) -> None:
        self.door.patch(f"/data-products/{product}", {"description": description})

    def delete(self, product: str) -> None:
        self.door.delete(f"/data-products/{product}")

    def is_gone(self, product: str) -> bool:
        return self.door.call("GET", f"/data-products/{product}").status_code == 404

    def whole(self, product: str) -> dict:
        assets = self.door.get(f"/data-products/{product}/data-assets", limit=100)["dataAssets"]
        users = self.door.get(f"/data-products/{product}/users", limit=100)["users"]
        stable = [{key: value for key, value in asset.items() if key != "updatedAt"} for asset in assets]
        roles = {user["userId"]: user["role"] for user in users}
        return bare(self.name, self.read(product)) | {"dataAssets": stable, "users": roles}


def bare(door: str, answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key not in STAMPS[door]}
