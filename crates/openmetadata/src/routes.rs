//! The generic operations as rows, a loop over the nouns; their inputs are made here once, from what each noun accepts.

use std::future::Future;

use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, UUID};

use crate::case::capitalised;
use crate::door::{BULK_BODY_LIMIT, Door};
use crate::errors::OmResult;
use crate::generic::bulk::RESULT;
use crate::generic::{assets, bulk, csv, delete, history, list, marks, patch, read, save, stale, versions};
use crate::members::{self, boolean, choice, text};
use crate::noun::{Direction, FilterBy, Noun};
use crate::operation::{Call, row};
use crate::params::MAX_LIMIT;

const INCLUDE: Member = choice("include", &["non-deleted", "deleted", "all"]).at(Location::Query);
const FIELDS: Member = text("fields").at(Location::Query);
const ID: Member = Member::required("id", UUID).at(Location::Path);
const FQN: Member = Member::required("fqn", TEXT).at(Location::Path);
const ASYNC: Member = boolean("async").at(Location::Query);
const RECURSIVE: Member = boolean("recursive").at(Location::Query);
const HARD: Member = boolean("hardDelete").at(Location::Query);
const IF_MATCH: Member = text("if-match").at(Location::Header);

static PATCH_OPERATION: Struct = Struct {
    name: "JsonPatchOperation",
    open: true,
    members: &[
        Member::required("op", Shape::Enumeration(&["add", "remove", "replace", "move", "copy", "test"])),
        Member::required("path", TEXT),
        text("from"),
        members::json("value"),
    ],
};
static PATCH_OPERATIONS: Shape = Shape::Struct(&PATCH_OPERATION);

static RESTORE: Struct = Struct { name: "RestoreEntity", open: true, members: &[Member::required("id", UUID)] };

static HISTORY: Struct = Struct {
    name: "EntityHistory",
    open: false,
    members: &[Member::required("entityType", TEXT), Member::required("versions", members::TEXTS)],
};

static JOB: Struct = Struct {
    name: "JobAccepted",
    open: true,
    members: &[Member::required("jobId", UUID), Member::required("message", TEXT)],
};

static PAGING: Struct = Struct {
    name: "CursorPaging",
    open: false,
    members: &[Member::required("total", Shape::Integer { min: 0, max: i64::MAX }), text("after"), text("before")],
};

/// Every generic operation of these nouns.
pub fn generic(nouns: &[&'static Noun]) -> Vec<Route<Door>> {
    nouns.iter().flat_map(|noun| Rows::of(noun).all()).collect()
}

/// The rows of one noun.
struct Rows {
    noun: &'static Noun,
    /// `Tables`, `Table`: what the names of operations are made of.
    plural: String,
    singular: String,
    entity: Shape,
}

impl Rows {
    fn of(noun: &'static Noun) -> Rows {
        let last = noun.collection.rsplit('/').next().unwrap_or(noun.collection);
        Rows {
            noun,
            plural: capitalised(last),
            singular: capitalised(noun.entity_type),
            entity: Shape::Struct(noun.entity),
        }
    }

    fn all(&self) -> Vec<Route<Door>> {
        let noun = self.noun;
        let shows =
            |member: &str| noun.reference(member).is_some_and(|reference| reference.direction == Direction::Out);
        let mut rows = self.reading();
        if noun.is_made_here() {
            rows.extend(self.making());
            rows.extend(self.without_csv());
        }
        rows.extend(self.patching());
        rows.extend(self.deleting());
        if shows("followers") {
            rows.extend(self.following());
        }
        if shows("votes") {
            rows.push(self.voting());
        }
        rows.extend(assets::routes(noun));
        rows
    }

    fn reading(&self) -> Vec<Route<Door>> {
        let (one, many) = (&self.singular, &self.plural);
        let mut read = vec![FIELDS];
        if self.noun.soft_delete {
            read.push(INCLUDE);
        }
        let with = |member: Member| [&[member][..], &read].concat();
        let get = |path: &str, label: Member, input: &str, by: &str| Route {
            summary: format!("Get one of the {} by {by}", self.words()).into(),
            input: self.input(input, one, with(label)),
            errors: &[404],
            ..self.row(Method::GET, path, format!("get{one}By{}", by.to_uppercase()), read::read)
        };
        vec![
            Route {
                summary: format!("List {}", self.words()).into(),
                input: self.input("List", many, self.list_members()),
                output: Some(self.list_shape()),
                ..self.row(Method::GET, "", format!("list{many}"), list::list)
            },
            get("/{id}", ID, "Get", "id"),
            get("/name/{fqn}", FQN, "GetByName", "FQN"),
            Route {
                summary: "List the versions of all that came to be in a span of time, newest first".into(),
                input: self.input("History", many, history_members()),
                output: Some(self.list_shape()),
                ..self.row(Method::GET, "/history", format!("list{one}History"), history::of_collection)
            },
            Route {
                summary: "List the versions".into(),
                input: self.input("Versions", one, vec![ID]),
                output: Some(Shape::Struct(&HISTORY)),
                errors: &[404],
                ..self.row(Method::GET, "/{id}/versions", format!("listAll{one}Version"), versions::all)
            },
            Route {
                summary: "Get one version".into(),
                input: self.input("Version", one, vec![ID, Member::required("version", TEXT).at(Location::Path)]),
                errors: &[404],
                ..self.row(Method::GET, "/{id}/versions/{version}", format!("getSpecific{one}Version"), versions::one)
            },
        ]
    }

    fn making(&self) -> Vec<Route<Door>> {
        let one = &self.singular;
        let create: &'static Shape = Box::leak(Box::new(Shape::Struct(self.noun.create)));
        vec![
            Route {
                summary: "Create".into(),
                input: self.noun.create,
                ok: &[201],
                errors: &[404, 409],
                ..self.row(Method::POST, "", format!("create{one}"), save::post)
            },
            Route {
                summary: "Create, or update by name".into(),
                input: self.noun.create,
                ok: &[200, 201],
                errors: &[404, 409],
                ..self.row(Method::PUT, "", format!("createOrUpdate{one}"), save::put)
            },
            Route {
                summary: "Create or update many; each row answers for itself".into(),
                input: self.input(
                    "Bulk",
                    one,
                    vec![ASYNC, boolean("overrideMetadata").at(Location::Query), boolean("dryRun").at(Location::Query)],
                ),
                body: Some(members::list(create)),
                output: Some(Shape::Struct(&RESULT)),
                ok: &[200, 202],
                body_limit: Some(BULK_BODY_LIMIT),
                ..self.row(Method::PUT, "/bulk", format!("bulkCreateOrUpdate{one}"), bulk::bulk)
            },
        ]
    }

    fn without_csv(&self) -> Vec<Route<Door>> {
        let refused = |(method, path): &(&str, &str)| {
            let method = if *method == "PUT" { Method::PUT } else { Method::GET };
            let operation = format!("csv{}{}", self.singular, path.rsplit('/').next().unwrap_or_default());
            Route { summary: "Refused: no CSV".into(), hidden: true, ..self.row(method, path, operation, csv::refuse) }
        };
        csv::PLACES.iter().map(refused).collect()
    }

    fn patching(&self) -> Vec<Route<Door>> {
        let one = &self.singular;
        let patches = Some(Shape::List { of: &PATCH_OPERATIONS, min: 0, max: 10_000 });
        let row = |path: &str, label: Member, input: &str, by: &str, suffix: &str| Route {
            summary: format!("Change by JSON Patch{by}").into(),
            input: self.input(input, one, vec![label, IF_MATCH]),
            body: patches,
            errors: &[404, 412, 415],
            ..self.row(Method::PATCH, path, format!("patch{one}{suffix}"), patch::patch)
        };
        vec![row("/{id}", ID, "Patch", "", ""), row("/name/{fqn}", FQN, "PatchByName", ", addressed by FQN", "ByFQN")]
    }

    fn deleting(&self) -> Vec<Route<Door>> {
        let one = &self.singular;
        let row = |path: &str, label: Member, input: &str, by: &str, suffix: &str| Route {
            summary: format!("Delete{by}").into(),
            input: self.input(input, one, vec![label, RECURSIVE, HARD]),
            errors: &[404],
            ..self.row(Method::DELETE, path, format!("delete{one}{suffix}"), delete::delete)
        };
        let mut rows = vec![
            row("/{id}", ID, "Delete", "", ""),
            row("/name/{fqn}", FQN, "DeleteByName", ", addressed by FQN", "ByFQN"),
            Route {
                summary: "Delete in the background".into(),
                input: self.input("DeleteAsync", one, vec![ID, RECURSIVE, HARD]),
                output: Some(Shape::Struct(&JOB)),
                ok: &[202],
                errors: &[404],
                ..self.row(Method::DELETE, "/async/{id}", format!("delete{one}Async"), delete::in_background)
            },
            Route {
                summary: "Bring back what was deleted".into(),
                input: &RESTORE,
                errors: &[404, 409],
                ..self.row(Method::PUT, "/restore", format!("restore{one}"), delete::restore)
            },
        ];
        if !stale::scopes(self.noun).is_empty() {
            rows.push(Route {
                summary: "Delete what a crawler has not seen in its scope".into(),
                input: &stale::REQUEST,
                output: Some(Shape::Struct(&RESULT)),
                ..self.row(Method::DELETE, "/deleteStale", format!("deleteStale{}", self.plural), stale::delete_stale)
            });
        }
        rows
    }

    fn following(&self) -> Vec<Route<Door>> {
        let one = &self.singular;
        let user = Member::required("userId", UUID).at(Location::Path);
        vec![
            Route {
                summary: "Add a follower".into(),
                input: self.input("Follow", one, vec![ID]),
                body: Some(UUID),
                output: Some(Shape::Struct(&marks::CHANGE_EVENT)),
                errors: &[404],
                ..self.row(Method::PUT, "/{id}/followers", format!("addFollowerTo{one}"), marks::follow)
            },
            Route {
                summary: "Remove a follower".into(),
                input: self.input("Unfollow", one, vec![ID, user]),
                output: Some(Shape::Struct(&marks::CHANGE_EVENT)),
                errors: &[404],
                ..self.row(
                    Method::DELETE,
                    "/{id}/followers/{userId}",
                    format!("removeFollowerFrom{one}"),
                    marks::unfollow,
                )
            },
        ]
    }

    fn voting(&self) -> Route<Door> {
        let one = &self.singular;
        let mut input = vec![ID];
        input.extend(marks::VOTE_REQUEST.members);
        Route {
            summary: "Vote".into(),
            input: self.input("Vote", one, input),
            output: Some(Shape::Struct(&marks::CHANGE_EVENT)),
            errors: &[404],
            ..self.row(Method::PUT, "/{id}/vote", format!("updateVoteFor{one}"), marks::vote)
        }
    }

    fn row<F, R>(&self, method: Method, path: &str, operation: String, run: F) -> Route<Door>
    where
        F: Fn(Call, &'static Noun) -> R + Send + Sync + 'static,
        R: Future<Output = OmResult<Answer>> + Send + 'static,
    {
        let noun = self.noun;
        Route {
            path: format!("/v1/{}{path}", noun.collection).into(),
            operation: operation.into(),
            output: Some(self.entity),
            ..row(method, "", "", noun.tag, move |call| run(call, noun))
        }
    }

    fn list_members(&self) -> Vec<Member> {
        let mut input = vec![
            Member::optional("limit", Shape::Integer { min: 0, max: i64::from(MAX_LIMIT) }).at(Location::Query),
            text("before").at(Location::Query),
            text("after").at(Location::Query),
            FIELDS,
        ];
        if self.noun.soft_delete {
            input.push(INCLUDE);
        }
        input.extend(self.noun.filters.iter().map(|filter| match filter.by {
            FilterBy::Flag(_) => boolean(filter.name).at(Location::Query),
            _ => text(filter.name).at(Location::Query),
        }));
        input
    }

    fn list_shape(&self) -> Shape {
        let item: &'static Shape = Box::leak(Box::new(self.entity));
        let data = Member::required("data", members::list(item));
        let shape = leaked(
            format!("{}List", self.noun.entity.name),
            vec![data, Member::required("paging", Shape::Struct(&PAGING))],
            false,
        );
        Shape::Struct(shape)
    }

    fn input(&self, verb: &str, what: &str, members: Vec<Member>) -> &'static Struct {
        leaked(format!("{verb}{what}Request"), members, true)
    }

    /// The collection in words: `database services`.
    fn words(&self) -> String {
        self.noun.tag.to_lowercase()
    }
}

fn history_members() -> Vec<Member> {
    let most = i64::from(history::MAX_LIMIT);
    vec![
        Member::optional("startTs", members::MILLIS).at(Location::Query),
        Member::optional("endTs", members::MILLIS).at(Location::Query),
        Member::optional("limit", Shape::Integer { min: 0, max: most }).at(Location::Query),
        text("before").at(Location::Query),
        text("after").at(Location::Query),
    ]
}

/// Shapes live as long as the program; a route table is built once or twice in it.
fn leaked(name: String, members: Vec<Member>, open: bool) -> &'static Struct {
    Box::leak(Box::new(Struct { name: name.leak(), members: members.leak(), open }))
}
