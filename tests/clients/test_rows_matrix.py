"""What each person is told of which row, on every way on which rows leave: all bytes of all answers are looked through."""

import re
import time

import pytest

import rows_ways as ways
from emporion_server import REPOSITORY
from mail_receiver import MailReceiver
from marked_world import CALLERS, COLUMNS, MASKS, REGIONS, WORDS, MarkedWorld, found_in
from openmetadata_door import reference
from webhook_receiver import Receiver


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    mail = MailReceiver(tmp_path_factory.mktemp("mail"))
    made = MarkedWorld(tmp_path_factory.mktemp("matrix"), mail)
    made.mail = mail
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    mail.stop()
    assert "panicked" not in made.server.log.read_text(errors="replace")


ALL_COLUMNS = frozenset(COLUMNS)
#: Of which columns questions tell something: whom they are sent to stands for a person, and is no word of the model.
IN_CHAT = ALL_COLUMNS - {"mail"}
#: Of which values were taken over into the model that was generated.
IN_MODEL = frozenset({"seal", "veil", "knot", "stem"})
#: Who holds back personal columns shows samples and profiles without them.
IMPERSONAL = ALL_COLUMNS - {"mail"}
UNMASKED = ALL_COLUMNS - set(MASKS)
#: What a letter of the matrix gives: which rows, and which columns of them.
GIVEN = {
    ".": ((), ()),
    "a": (REGIONS, ALL_COLUMNS),
    "e": ((1, 2), ALL_COLUMNS),
    "u": ((3, 4), ALL_COLUMNS),
    "m": (REGIONS, UNMASKED),
    "b": ((1, 2), UNMASKED),
    "p": (REGIONS, IMPERSONAL),
    "q": (REGIONS, UNMASKED & IMPERSONAL),
    # How old the data are, which those are told who may query all of them.
    "t": ((4,), ("born",)),
}


def cells(columns=ALL_COLUMNS) -> set[tuple[str, int]]:
    return {(column, row) for column in columns for row in REGIONS}


def ranked(*places: int, columns=ALL_COLUMNS) -> set[tuple[str, int]]:
    """Of each column the values at these places of their order."""
    plain = {column: [word.replace("|", "") for word in WORDS[column]] for column in columns}
    return {(column, words.index(sorted(words)[place]) + 1) for column, words in plain.items() for place in places}


#: Each line of the matrix: what is tried, and what whoever may read the whole table is told there of it. What stands before
#: the slash is the way.
LINES = {
    "Query/run-sql": (ways.query, cells()),
    "Query/refused": (ways.failing_query, set()),
    "Query/command": (ways.command_line, cells()),
    "Estimate": (ways.estimate, set()),
    "GeneratedSamples": (ways.generated_samples, cells(IN_MODEL)),
    "ModelSamples": (ways.model_samples, cells(IN_MODEL)),
    "SampleData": (ways.sample_data, cells()),
    "SampleData/datazone": (ways.asset_form, set()),
    "SamplePage": (ways.sample_page, cells()),
    "Profile": (ways.profile, ranked(0, -1)),
    "ProfilePage": (ways.profile_page, ranked(0, -1)),
    "TestResults": (ways.results_of_tests, ranked(0, -1)),
    "RowCount": (ways.row_count, set()),
    "Versions": (ways.versions, set()),
    "QueryText": (ways.query_text, cells()),
    "QueryPage": (ways.query_page, cells()),
    "Chat": (ways.chat, cells(IN_CHAT)),
    "Chat/stream": (ways.chat_stream, cells(IN_CHAT)),
    "Chat/page": (ways.chat_page, cells(IN_CHAT)),
    "Chat/command": (ways.chat_command, cells(IN_CHAT)),
    "Chat/verified": (ways.verified_query, cells()),
    "Threads": (ways.threads, cells(IN_CHAT)),
    "ToolQuery": (ways.tool_query, cells()),
    "ToolChat": (ways.tool_chat, cells(IN_CHAT)),
    "FirstRows": (ways.first_rows, cells()),
    "AnswerFile": (ways.answer_file, cells(IN_CHAT)),
    "ModelPreview": (ways.model_preview, ranked(0, 1, 2, columns=IMPERSONAL)),
    "PostgresDoor/simple": (ways.postgres_simple, cells()),
    "PostgresDoor/extended": (ways.postgres_extended, cells()),
    "PostgresDoor/copy": (ways.postgres_copy, cells()),
    "DataAge": (ways.data_age, {("born", 4)}),
    "FileTrial": (ways.file_trial, cells()),
    # Of masks, with values as whoever sets them reads them.
    "TermsPreview": (ways.terms_preview, ranked(0, 1, 2)),
    "Search": (ways.search, set()),
    "Events": (ways.events, cells()),
    "FollowedQuestion": (ways.followed_question, cells({"pay"})),
    "Files": (ways.files, set()),
    "Backup": (ways.backup, set()),
}

#: Who is told what: see `GIVEN`.
MATRIX = """
                       admin owner editor viewer filtered masked both filtered_part masked_part disabled team in_name composer table_owner part stranger expired outsider anonymous
Query/run-sql          a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Query/refused          .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
Query/command          a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Estimate               .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
GeneratedSamples       a     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
ModelSamples           a     .     .      .      .        .      .    .             m           .        .    .       .        a           a    .        .       .        .
SampleData             a     .     .      .      .        .      .    .             q           .        .    .       .        a           p    .        .       .        .
SampleData/datazone    .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
SamplePage             a     .     .      .      .        .      .    .             q           .        .    .       .        a           p    .        .       .        .
Profile                a     .     .      .      .        .      .    .             q           .        .    .       .        a           p    .        .       .        .
ProfilePage            a     t     t      t      .        .      .    .             q           .        .    .       .        a           p    .        .       .        .
TestResults            a     .     .      .      .        .      .    .             q           .        .    .       .        a           p    .        .       .        .
RowCount               .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
Versions               .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
QueryText              a     .     .      .      .        .      .    .             .           .        .    .       .        a           .    .        .       .        .
QueryPage              a     .     .      .      .        .      .    .             .           .        .    .       .        a           .    .        .       .        .
Chat                   a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Chat/stream            a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Chat/page              a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Chat/command           a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Chat/verified          a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Threads                .     .     .      a      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
ToolQuery              a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
ToolChat               a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
FirstRows              a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
AnswerFile             a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
ModelPreview           a     a     a      .      .        .      b    .             .           .        .    .       .        .           .    .        .       .        .
PostgresDoor/simple    a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
PostgresDoor/extended  a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
PostgresDoor/copy      a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
DataAge                a     a     a      a      .        .      .    .             .           .        .    .       .        a           a    .        .       .        .
FileTrial              a     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
TermsPreview           a     a     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
Search                 .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
Events                 a     .     .      .      .        .      .    .             .           .        .    .       .        a           .    .        .       .        .
FollowedQuestion       a     a     a      a      e        m      b    e             m           .        u    .       .        .           .    .        .       .        .
Files                  .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
Backup                 .     .     .      .      .        .      .    .             .           .        .    .       .        .           .    .        .       .        .
"""


def expected(line: str, caller: str) -> set[tuple[str, int]]:
    head, *rows = [one.split() for one in MATRIX.strip().splitlines()]
    assert tuple(head) == CALLERS and [row[0] for row in rows] == list(LINES)
    rows_given, columns = GIVEN[dict(zip(head, next(row for row in rows if row[0] == line)[1:], strict=True))[caller]]
    return {(column, row) for column, row in LINES[line][1] if row in rows_given and column in columns}


def test_every_way_has_its_line():
    source = (REPOSITORY / "crates/catalog/src/rows.rs").read_text()
    variants = re.search(r"pub enum Way \{(.*?)^\}", source, re.S | re.M).group(1)
    known = re.findall(r"^    (\w+),$", variants, re.M)
    assert known and re.findall(r"^        Way::(\w+),$", source, re.M) == known
    assert list(dict.fromkeys(line.split("/")[0] for line in LINES)) == known


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("line", LINES)
def test_each_is_told_what_was_given_to_him_and_nothing_else(world, line, caller):
    asker = ways.Asker(world, caller)
    LINES[line][0](asker)
    told, given = found_in(*asker.heard), expected(line, caller)
    assert told - given == set(), f"{caller} is told of what was not given to him"
    assert given - told == set(), f"{caller} is not told of what was given to him"


def test_no_event_that_is_sent_tells_of_a_row(world):
    """To somebody who may have events sent, and sees all but rows."""
    allowed = {"name": "hooks", "effect": "allow", "resources": ["eventsubscription"], "operations": ["All"]}
    world.om.post("/policies", {"name": "Hooks", "rules": [allowed], "enabled": True})
    roles = [world.om.post("/roles", {"name": "Hooks", "policies": ["Hooks"]}), world.om.get("/roles/name/DataSteward")]
    change = [{"op": "add", "path": "/roles", "value": [reference(role, "role") for role in roles]}]
    world.om.patch(f"/users/{world.people['steward'].id}", change)
    receiver = Receiver()
    try:
        config = {"endpoint": f"http://127.0.0.1:{receiver.port}/"}
        world.metadata("steward").post("/events/subscriptions", {
            "name": "everything", "alertType": "Notification", "resources": ["all"],
            "destinations": [{"type": "Webhook", "category": "External", "config": config}],
        })  # fmt: skip
        world.observe()
        world.om.patch(f"/queries/{world.ran['id']}", [{"op": "add", "path": "/description", "value": "ran"}])
        world.om.patch(f"/tables/{world.table['id']}", [{"op": "add", "path": "/description", "value": "the last of all"}])
        deadline = time.monotonic() + 20
        while b"the last of all" not in b"".join(one.body for one in receiver.taken):
            assert time.monotonic() < deadline, [one.body for one in receiver.taken]
            time.sleep(0.1)
        assert found_in(*(one.body for one in receiver.seen)) == set()
    finally:
        receiver.close()
