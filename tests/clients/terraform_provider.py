"""Terraform's AWS provider as far as DataZone sees it: the calls of each resource, in its order.

Each resource does what `internal/service/datazone/<resource>.go` does, with boto3 for the SDK: it reads without
asking what the provider reads without asking (a missing member is a `KeyError` here and a crash there), keeps the same
state, and polls as its waiters do.
"""

import uuid

import pytest
from botocore.exceptions import ClientError


class Gone(Exception):
    """What the provider takes for "not found": it drops the resource from its state."""


def token() -> str:
    return uuid.uuid4().hex


def given(**members) -> dict:
    """Members without those that are null, which the SDK does not send."""
    return {name: value for name, value in members.items() if value is not None}


def error_of(error: ClientError) -> tuple[str, str]:
    return error.response["Error"]["Code"], error.response["Error"]["Message"]


class Resource:
    """One resource: `config` is what the user wrote, `state` what Terraform keeps."""

    #: Attributes that the server makes and that a plan takes from the state.
    computed: tuple[str, ...] = ()
    #: Codes that its reads take for "gone".
    missing: tuple[str, ...] = ("ResourceNotFoundException",)

    def __init__(self, dz, **config):
        self.dz = dz
        self.config = config
        self.state: dict = {}

    def found(self, call, **members) -> dict:
        try:
            return call(**members)
        except ClientError as error:
            if self.is_missing(*error_of(error)):
                raise Gone from error
            raise

    def is_missing(self, code: str, _message: str) -> bool:
        return code in self.missing

    def apply(self) -> None:
        self.create()
        for name in self.computed:
            assert self.state[name] is not None, f"{type(self).__name__}.{name} is unknown after apply"

    def plan_is_empty(self) -> None:
        before = dict(self.state)
        self.read()
        assert self.state == before, f"{type(self).__name__} drifts"

    def change(self, **config) -> None:
        self.config |= config
        # What is computed and null in the state is unknown in the plan, and stays so: "invalid result object after apply".
        for name in self.computed:
            assert self.state[name] is not None, name
        self.update()
        self.plan_is_empty()

    def imported(self, *identity: str) -> None:
        """An import knows nothing but the identity."""
        before, self.state = self.state, dict.fromkeys(self.state) | {name: self.state[name] for name in identity}
        self.read()
        unverified = self.not_imported()
        assert {k: v for k, v in self.state.items() if k not in unverified} == {
            k: v for k, v in before.items() if k not in unverified
        }
        self.state = before

    def not_imported(self) -> tuple[str, ...]:
        return ()

    def destroy(self) -> None:
        self.delete()
        with pytest.raises(Gone):
            self.read()


class Domain(Resource):
    computed = ("arn", "id", "portal_url")

    def is_missing(self, code, message):
        return code == "ResourceNotFoundException" or (
            code == "AccessDeniedException" and "is not permitted to perform" in message
        )

    def create(self):
        config = self.config
        out = self.dz.create_domain(
            **given(
                clientToken=token(),
                domainExecutionRole=config["domain_execution_role"],
                name=config["name"],
                description=config.get("description"),
                singleSignOn=config.get("single_sign_on"),
                tags=config.get("tags"),
            )
        )
        self.state = {
            "arn": out["arn"],
            "id": out["id"],
            "portal_url": out["portalUrl"],
            "description": config.get("description"),
            "domain_execution_role": config["domain_execution_role"],
            "kms_key_identifier": None,
            "name": config["name"],
            "single_sign_on": config.get("single_sign_on"),
            "tags": config.get("tags", {}),
        }
        assert self.found(self.dz.get_domain, identifier=out["id"])["status"] == "AVAILABLE", "the waiter's target"

    def read(self):
        out = self.found(self.dz.get_domain, identifier=self.state["id"])
        sign_on = out["singleSignOn"]
        is_unset = sign_on["type"] == "DISABLED" and self.state["single_sign_on"] is None
        self.state |= {
            "arn": out.get("arn"),
            "id": out.get("id"),
            "portal_url": out.get("portalUrl"),
            "description": out.get("description"),
            "domain_execution_role": out.get("domainExecutionRole"),
            "kms_key_identifier": out.get("kmsKeyIdentifier"),
            "name": out.get("name"),
            "single_sign_on": None if is_unset else sign_on,
            "tags": self.dz.list_tags_for_resource(resourceArn=self.state["arn"])["tags"],
        }

    def update(self):
        config = self.config
        out = self.dz.update_domain(
            **given(
                clientToken=token(),
                identifier=self.state["id"],
                description=config.get("description"),
                domainExecutionRole=config["domain_execution_role"],
                name=config["name"],
                singleSignOn=config.get("single_sign_on"),
            )
        )
        old, new = self.state["tags"], config.get("tags", {})
        if gone := [key for key in old if key not in new]:
            self.dz.untag_resource(resourceArn=self.state["arn"], tagKeys=gone)
        if fresh := {key: value for key, value in new.items() if old.get(key) != value}:
            self.dz.tag_resource(resourceArn=self.state["arn"], tags=fresh)
        self.state |= {"id": out["id"], "description": config.get("description"), "tags": new}
        self.state |= {"single_sign_on": config.get("single_sign_on"), "name": config["name"]}

    def delete(self):
        self.dz.delete_domain(
            **given(
                clientToken=token(), identifier=self.state["id"], skipDeletionCheck=self.config.get("skip_deletion_check")
            )
        )
        with pytest.raises(Gone):
            self.found(self.dz.get_domain, identifier=self.state["id"])


class Project(Resource):
    computed = ("id", "created_at", "created_by", "project_status", "last_updated_at")
    missing = ("ResourceNotFoundException", "AccessDeniedException")

    def call(self) -> dict:
        return {"domainIdentifier": self.config["domain"], "identifier": self.state["id"]}

    def flatten(self, out: dict):
        self.state |= {
            "description": out.get("description"),
            "name": out.get("name"),
            "created_by": out.get("createdBy"),
            "id": out.get("id"),
            "created_at": out.get("createdAt"),
            "last_updated_at": out.get("lastUpdatedAt"),
            "project_status": out.get("projectStatus"),
            "glossary_terms": out.get("glossaryTerms"),
        }

    def wanted(self) -> dict:
        config = self.config
        return given(
            name=config["name"], description=config.get("description"), glossaryTerms=config.get("glossary_terms")
        )

    def get(self) -> dict:
        out = self.found(self.dz.get_project, **self.call())
        assert "failureReasons" not in out, "the provider takes even an empty list for a failure"
        return out

    def create(self):
        out = self.dz.create_project(domainIdentifier=self.config["domain"], **self.wanted())
        assert not out.get("failureReasons")
        self.flatten(out)
        for _ in range(10):  # the waiter wants its target ten times in a row
            assert self.get()["projectStatus"] == "ACTIVE"

    def read(self):
        self.flatten(self.get())

    def update(self):
        self.flatten(self.dz.update_project(**self.call(), **self.wanted()) | {"projectStatus": "ACTIVE"})

    def delete(self):
        skip = given(skipDeletionCheck=self.config.get("skip_deletion_check"))
        self.dz.delete_project(**self.call(), **skip)
        with pytest.raises(Gone):
            self.get()


class FormType(Resource):
    computed = ("created_at", "created_by", "origin_domain_id", "origin_project_id", "revision", "status")
    missing = ("ResourceNotFoundException", "AccessDeniedException")

    def create(self):
        config = self.config
        out = self.dz.create_form_type(
            domainIdentifier=config["domain"],
            name=config["name"],
            description=config["description"],
            model={"smithy": config["smithy"]},
            owningProjectIdentifier=config["project"],
            status=config["status"],
        )
        self.state = {"domain": out["domainId"], "name": out["name"], "revision": out["revision"]}
        self.read()

    def read(self):
        state = self.state
        out = self.found(
            self.dz.get_form_type,
            domainIdentifier=state["domain"],
            formTypeIdentifier=state["name"],
            revision=state["revision"],
        )
        self.state |= {
            "created_at": out.get("createdAt"),
            "created_by": out.get("createdBy"),
            "description": out.get("description"),
            "imports": out.get("imports"),
            "name": out["name"],
            "origin_domain_id": out.get("originDomainId"),
            "origin_project_id": out.get("originProjectId"),
            "owning_project_identifier": out["owningProjectId"],
            "revision": out["revision"],
            "status": out.get("status"),
        }

    def delete(self):
        self.dz.delete_form_type(domainIdentifier=self.state["domain"], formTypeIdentifier=self.state["name"])


class AssetType(Resource):
    computed = ("created_at", "created_by", "revision")

    def create(self):
        config = self.config
        self.dz.create_asset_type(
            domainIdentifier=config["domain"],
            name=config["name"],
            description=config["description"],
            formsInput=config.get("forms", {}),
            owningProjectIdentifier=config["project"],
        )
        self.state = {"domain": config["domain"], "name": config["name"]}
        self.read()

    def read(self):
        out = self.found(
            self.dz.get_asset_type, domainIdentifier=self.state["domain"], identifier=self.state["name"]
        )
        self.state |= {
            "created_at": out.get("createdAt"),
            "created_by": out.get("createdBy"),
            "description": out.get("description"),
            "name": out["name"],
            "owning_project_identifier": out["owningProjectId"],
            "revision": out["revision"],
        }

    def delete(self):
        self.dz.delete_asset_type(domainIdentifier=self.state["domain"], identifier=self.state["name"])


class Glossary(Resource):
    computed = ("id",)

    def call(self) -> dict:
        return {"domainIdentifier": self.state["domain_id"], "identifier": self.state["id"]}

    def wanted(self) -> dict:
        config = self.config
        return given(name=config["name"], description=config.get("description"), status=config["status"])

    def flatten(self, out):
        self.state |= {
            "description": out.get("description"),
            "name": out["name"],
            "status": out.get("status"),
            "domain_id": out["domainId"],
            "id": out["id"],
        }

    def create(self):
        config = self.config
        out = self.dz.create_glossary(
            domainIdentifier=config["domain"], owningProjectIdentifier=config["project"], clientToken=token(), **self.wanted()
        )
        self.flatten(out)

    def read(self):
        self.flatten(self.found(self.dz.get_glossary, **self.call()))

    def update(self):
        self.flatten(self.dz.update_glossary(**self.call(), **self.wanted()))

    def delete(self):
        self.dz.update_glossary(**self.call(), **(self.wanted() | {"status": "DISABLED"}))
        self.dz.delete_glossary(**self.call())


class GlossaryTerm(Resource):
    computed = ("id", "created_at", "created_by", "updated_at", "updated_by")

    def call(self) -> dict:
        return {"domainIdentifier": self.config["domain"], "identifier": self.state["id"]}

    def wanted(self) -> dict:
        config = self.config
        return given(
            glossaryIdentifier=config["glossary"],
            name=config["name"],
            shortDescription=config.get("short_description"),
            longDescription=config.get("long_description"),
            status=config["status"],
            termRelations=config.get("term_relations"),
        )

    def flatten(self, out):
        for name, member in (
            ("name", "name"), ("short_description", "shortDescription"), ("long_description", "longDescription"),
            ("status", "status"), ("term_relations", "termRelations"), ("id", "id"), ("created_at", "createdAt"),
            ("created_by", "createdBy"), ("updated_at", "updatedAt"), ("updated_by", "updatedBy"),
        ):  # fmt: skip
            self.state[name] = out.get(member, self.state.get(name) if name.endswith(("_at", "_by")) else None)

    def create(self):
        out = self.dz.create_glossary_term(domainIdentifier=self.config["domain"], **self.wanted())
        self.flatten(out)
        found = self.found(self.dz.get_glossary_term, domainIdentifier=out["domainId"], identifier=out["id"])
        self.flatten(found)

    def read(self):
        self.flatten(self.found(self.dz.get_glossary_term, **self.call()))

    def update(self):
        self.flatten(self.dz.update_glossary_term(**self.call(), **self.wanted()))
        self.read()  # its computed stamps are unknown in the plan; the next refresh reads them

    def delete(self):
        self.dz.update_glossary_term(**self.call(), **(self.wanted() | {"status": "DISABLED"}))
        self.dz.delete_glossary_term(**self.call())


class UserProfile(Resource):
    computed = ("id", "details", "status", "type")

    def call(self) -> dict:
        return {"domainIdentifier": self.config["domain"], "userIdentifier": self.config["user_identifier"]}

    def find(self, type_of_profile):
        return self.found(self.dz.get_user_profile, **self.call(), **given(type=type_of_profile))

    def flatten(self, out):
        self.state |= {"id": out["id"], "status": out["status"], "type": out["type"], "details": out["details"]}

    def create(self):
        out = self.dz.create_user_profile(**self.call(), userType=self.config["user_type"], clientToken=token())
        self.state = {"id": out["id"]}
        self.flatten(self.find(out["type"]))

    def read(self):
        self.flatten(self.find(self.state["type"]))

    def update(self):
        out = self.dz.update_user_profile(**self.call(), status=self.config["status"])
        self.flatten(self.find(out["type"]))

    def delete(self):
        """The provider only forgets it."""
