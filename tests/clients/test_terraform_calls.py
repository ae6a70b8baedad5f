"""A Terraform configuration by the provider's own calls: applied, planned again, changed, imported, destroyed.

What Terraform holds is held: after an apply nothing computed is unknown, a plan right after it finds no drift, an import
finds the same state, and after a destroy every read finds nothing.
"""

import datazone_door
from terraform_provider import AssetType, Domain, FormType, Glossary, GlossaryTerm, Project, UserProfile

ROLE = "arn:aws:iam::123456789012:role/execution"
FORM = """
	structure SageMakerModelFormType {
			@required
			@amazon.datazone#searchable
			modelName: String

			@required
			modelArn: String

			@required
			creationTime: String
			}
		"""


def test_a_configuration_is_applied_planned_changed_imported_and_destroyed(dz, server, fresh_name):
    who = server.new_user("terraformed")
    domain = Domain(dz, name=fresh_name("tf"), domain_execution_role=ROLE, tags={"team": "data"})
    domain.apply()
    assert domain.state["portal_url"] == server.url
    here = {"domain": domain.state["id"]}
    project = Project(dz, **here, name="tf project", description="made by a plan")
    project.apply()
    owned = here | {"project": project.state["id"]}
    form = FormType(dz, **owned, name="SageMakerModelFormType", description="desc", smithy=FORM, status="ENABLED")
    form.apply()
    slot = {"typeIdentifier": form.state["name"], "typeRevision": form.state["revision"], "required": True}
    asset_type = AssetType(dz, **owned, name="tf_asset_type", description="desc", forms={"first": slot})
    asset_type.apply()
    bare = AssetType(dz, **owned, name="tf_bare_type", description="desc")
    bare.apply()
    keepers = Project(dz, **here, name="keepers")
    keepers.apply()
    kept = here | {"project": keepers.state["id"]}
    glossary = Glossary(dz, **kept, name="Words", description="desc", status="ENABLED")
    glossary.apply()
    words = here | {"glossary": glossary.state["id"]}
    wide = GlossaryTerm(dz, **words, name="Sales", status="ENABLED")
    wide.apply()
    narrow = GlossaryTerm(
        dz, **words, name="Net sales", status="ENABLED", short_description="s", long_description="l",
        term_relations={"isA": [wide.state["id"]]},
    )  # fmt: skip
    narrow.apply()
    arn = f"arn:aws:iam::{domain.state['arn'].split(':')[4]}:user/{who.name}"
    profile = UserProfile(dz, **here, user_identifier=arn, user_type="IAM_USER")
    profile.apply()
    assert profile.state["details"] == {"iam": {"arn": arn}} and profile.state["status"] == "ACTIVATED"

    everything = [domain, project, form, asset_type, bare, keepers, glossary, wide, narrow, profile]
    for resource in everything:
        resource.plan_is_empty()

    domain.change(description="changed", tags={"owner": "ann"})
    domain.change(single_sign_on={"type": "DISABLED", "userAssignment": "MANUAL"})
    project.change(description="changed", glossary_terms=[wide.state["id"]])
    glossary.change(name="Business words", description="changed")
    narrow.change(short_description="changed", name="Net sales of a day")
    profile.change(status="DEACTIVATED")
    with datazone_door.fails(("AccessDeniedException", "UnrecognizedClientException"), 403):
        datazone_door.client(server, who).list_domains()
    profile.change(status="ACTIVATED")
    datazone_door.client(server, who).list_domains()
    for resource in everything:
        resource.plan_is_empty()

    domain.imported("id", "arn", "single_sign_on")
    project.imported("id")
    form.imported("domain", "name", "revision")
    asset_type.imported("domain", "name")
    glossary.imported("domain_id", "id")
    narrow.imported("id")
    profile.imported("type")

    for resource in (profile, asset_type, bare, form, project, narrow, wide, glossary, keepers, domain):
        if resource is profile:
            resource.delete()
        else:
            resource.destroy()


def test_what_is_gone_already_is_taken_for_destroyed(dz, fresh_name):
    """A destroy whose answer was lost is made again."""
    domain = Domain(dz, name=fresh_name("tf"), domain_execution_role=ROLE, skip_deletion_check=True)
    domain.apply()
    project = Project(dz, domain=domain.state["id"], name="p")
    project.apply()
    project.destroy()
    with datazone_door.fails(Project.missing):
        dz.delete_project(**project.call())
    domain.destroy()
    with datazone_door.fails("AccessDeniedException", 403, "is not permitted to perform"):
        dz.delete_domain(identifier=domain.state["id"])
    with datazone_door.fails(Project.missing):
        dz.get_project(**project.call())


def test_a_domain_is_found_by_its_name(dz, fresh_name):
    """The data source walks all pages and wants one."""
    domain = Domain(dz, name=fresh_name("tf"), domain_execution_role=ROLE, description="d")
    domain.apply()
    pages = dz.get_paginator("list_domains").paginate()
    found = [row for page in pages for row in page["items"] if row["name"] == domain.config["name"]]
    assert [row["id"] for row in found] == [domain.state["id"]]
    for member in ("arn", "createdAt", "description", "domainVersion", "lastUpdatedAt", "managedAccountId", "portalUrl"):
        assert found[0][member], member


def test_user_profiles_are_those_of_users(dz, server, workshop, stranger, fresh_name):
    call = {"domainIdentifier": workshop.domain, "userIdentifier": stranger.id}
    with datazone_door.fails("ResourceNotFoundException", 404):
        dz.create_user_profile(domainIdentifier=workshop.domain, userIdentifier=fresh_name("nobody"))
    for user_type in ("SSO_USER", "IAM_ROLE"):
        with datazone_door.fails("ValidationException", 400, "userType"):
            dz.create_user_profile(**call, userType=user_type)
    for status in ("ASSIGNED", "NOT_ASSIGNED"):
        with datazone_door.fails("ValidationException", 400, "status"):
            dz.update_user_profile(**call, status=status)
    made = dz.create_user_profile(**call)
    assert dz.get_user_profile(**call)["id"] == made["id"] == stranger.id


def test_only_administrators_shut_somebody_out(dz, server, workshop, member, fresh_name):
    """A member of a project of the domain neither makes profiles nor changes them, not even his own."""
    someone = server.new_user(fresh_name("someone"))
    call = {"domainIdentifier": workshop.domain, "userIdentifier": member.id}
    dz.create_project_membership(
        domainIdentifier=workshop.domain, projectIdentifier=workshop.project, designation="PROJECT_OWNER",
        member={"userIdentifier": someone.id},
    )  # fmt: skip
    theirs = datazone_door.client(server, someone)
    assert theirs.get_user_profile(**call)["status"] == "ACTIVATED"
    with datazone_door.fails("AccessDeniedException", 403, "CreateUserProfile"):
        theirs.create_user_profile(**call)
    for user in (member.id, someone.id):
        with datazone_door.fails("AccessDeniedException", 403, "UpdateUserProfile"):
            theirs.update_user_profile(**(call | {"userIdentifier": user}), status="DEACTIVATED")
    assert dz.get_user_profile(**call)["status"] == "ACTIVATED"
