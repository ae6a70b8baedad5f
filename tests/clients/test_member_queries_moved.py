"""A product whose members follow a query is kept by backups, restored and taken to the other engine, and goes on following there."""

from types import SimpleNamespace

import postgres_engine
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from test_backup import backup, restore
from test_member_queries import Place
from test_migrate import moved, open_address


class Followed(SimpleNamespace):
    """A place as another server over the same catalogue has it."""

    def at(self, server: Server) -> Place:
        place = Place.__new__(Place)
        place.__dict__ |= self.place.__dict__
        place.server, place.om = server, OpenMetadataDoor(server, server.admin.token)
        return place


def followed(server: Server) -> Followed:
    """A product that follows a tag, with one member by hand and two by its query, one of which has left since."""
    om = OpenMetadataDoor(server, server.admin.token)
    count = iter(range(100))
    place = Place(server, om, lambda stem: f"{stem}-{next(count)}")
    place.table("by_hand"), place.table("tagged", place.tag)
    left = place.table("left", place.tag)
    om.put(f"/dataProducts/{place.product['fullyQualifiedName']}/assets/add", {"assets": [{"id": place.table("by_hand")["id"], "type": "table"}]})
    place.give(Browser(server).sign_in(server.admin), f"kind:table tag:{place.tag}")
    place.tagged(left, [])
    assert place.members() == {"by_hand", "tagged"}
    return Followed(place=place)


def goes_on(place: Place, known: set[str], fresh: str) -> set[str]:
    """What was there is there; what begins to match enters with the commit, what no longer does leaves, and the rest stays."""
    assert place.members() == known
    page = Browser(place.server).sign_in(place.server.admin).visit(f"{place.at}?tab=assets")
    assert f"kind:table tag:{place.tag}" in page.text, "the page says what is followed"
    place.table(fresh, place.tag)
    passing = place.table(f"{fresh}_passing", place.tag)
    assert place.members() == known | {fresh, f"{fresh}_passing"}
    place.tagged(passing, [])
    assert place.members() == known | {fresh}
    place.om.delete(f"/tables/{passing['id']}", hardDelete="true")
    versions = place.om.get(f"/dataProducts/{place.product['id']}/versions")["versions"]
    assert versions, "its history came along"
    return known | {fresh}


def test_a_restored_product_goes_on_following(tmp_path):
    first = Server(tmp_path / "first", engine="sqlite").start()
    kept = followed(first)
    for form in ("url", "store"):
        backup(first, tmp_path / f"{form}.tar", form, "--with-keys")
    known = goes_on(kept.at(first), {"by_hand", "tagged"}, "after_the_backup")
    assert first.stop() == 0, first.log_tail()
    for form in ("url", "store"):
        store = tmp_path / f"restored-{form}"
        restore(tmp_path / f"{form}.tar", store)
        over = Server.over(store, first).start()
        # That of the backup, and not what came after it.
        again = goes_on(kept.at(over), {"by_hand", "tagged"}, "after_the_restore")
        assert over.stop() == 0, over.log_tail()
        assert again != known


def test_a_product_goes_on_following_over_the_other_engine_and_back(tmp_path):
    first = Server(tmp_path / "first", engine="sqlite").start()
    kept = followed(first)
    assert first.stop() == 0, first.log_tail()
    address, password = open_address(postgres_engine.fresh_database())
    master = tmp_path / "master.key"
    moved(("--store", str(first.store), "--master-key", str(master)), address, **password)
    over = Server.over(first.store, first)
    database = ("--store", address, "--master-key", str(master))
    over.place, over.secrets = (*database, "--data", str(tmp_path / "node")), password
    over.start()
    known = goes_on(kept.at(over), {"by_hand", "tagged"}, "over_postgresql")
    assert over.stop() == 0, over.log_tail()
    back = tmp_path / "back"
    assert moved(database, str(back), **password)["records"] > 0
    last = Server.over(back, first).start()
    place = kept.at(last)
    known = goes_on(place, known, "home_again")
    # A query that is taken away leaves its members as if they were added by hand, here as well.
    place.give(Browser(last).sign_in(last.admin), "")
    place.table("too_late", place.tag)
    assert place.members() == known
    assert last.stop() == 0, last.log_tail()
