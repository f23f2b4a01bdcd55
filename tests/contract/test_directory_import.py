"""Importing files of people into the embedded directory (CONTRACT, "Import" and "Source sanity")."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from provisor.connectors.directory.csv_file import CsvFile
from provisor.connectors.directory.importing import ImportOptions, ImportReport, import_people
from provisor.connectors.directory.rows import RowKey
from provisor.model.errors import Reject
from provisor.model.resource import Presence
from provisor.ports.directory import DirectoryUser
from provisor.store.database import Database
from provisor.store.directory import SqlDirectory

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
HEADER = "userPrincipalName,displayName,id,mail,employeeId,department,mobilePhone,accountEnabled"

Import = Callable[..., Awaitable[ImportReport]]


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    """An empty directory."""
    return SqlDirectory(database)


@pytest.fixture
def load(directory: SqlDirectory, tmp_path: Path) -> Import:
    """Import a text as a CSV file; each import is an hour later than the one before."""
    numbers, hours = count(1), count()

    async def run(
        text: str | bytes, *, full: bool = False, key: RowKey = RowKey.AUTO, accept: int | None = None, **options: bool
    ) -> ImportReport:
        path = tmp_path / "people.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return await import_people(
            directory,
            CsvFile(path, key, **options),
            ImportOptions(full=full, key=key, accept_removals=accept),
            now=NOW + timedelta(hours=next(hours)),
            new_id=lambda: f"new-{next(numbers):03d}",
        )

    return run


def people(numbers: range, **cells: str) -> str:
    """A file of numbered people."""
    rows = [
        f"p{n}@contoso.example,Person {n},id-{n:04d},p{n}@contoso.example,E{n},"
        f"{cells.get('department', 'Sales')},+49 170 {n},True"
        for n in numbers
    ]
    return "\n".join([HEADER, *rows]) + "\n"


async def one(directory: SqlDirectory, reference: str) -> DirectoryUser:
    """The only person who answers to the reference."""
    (user,) = await directory.find_users(reference)
    return user


async def test_the_download_creates_people_with_engine_names(directory: SqlDirectory, load: Import) -> None:
    """A first import creates everybody, under the ids of the file and the engine's attribute names."""
    report = await load(people(range(3)))
    assert (report.created, report.bad_rows) == (3, ())
    user = await directory.get_user("id-0001")
    assert user.attributes == {
        "userPrincipalName": "p1@contoso.example",
        "displayName": "Person 1",
        "mail": "p1@contoso.example",
        "employeeId": "E1",
        "department": "Sales",
        "mobile": "+49 170 1",
    }
    assert user.is_enabled


async def test_the_same_file_again_writes_nothing(directory: SqlDirectory, load: Import) -> None:
    """Unchanged rows leave neither a new modification time nor an entry in the feed."""
    await load(people(range(700)))
    before = await directory.last_change()
    report = await load(people(range(700)), full=True)
    assert (report.created, report.updated, report.unchanged) == (0, 0, 700)
    assert await directory.last_change() == before
    assert (await directory.get_user("id-0650")).modified == NOW


async def test_one_changed_cell_changes_one_person(directory: SqlDirectory, load: Import) -> None:
    """Only the person whose cell changed is in the feed."""
    await load(people(range(20)))
    before = await directory.last_change()
    report = await load(people(range(20)).replace("p7@contoso.example,E7,Sales", "p7@contoso.example,E7,Support"))
    assert (report.updated, report.unchanged) == (1, 19)
    page = await directory.read_feed("app", before, 100)
    assert [person.user.id for person in page.people] == ["id-0007"]


async def test_empty_cells_clear_and_absent_columns_keep(directory: SqlDirectory, load: Import) -> None:
    """An empty cell removes the attribute; a column that is not in the file leaves it."""
    await load(people(range(1)))
    await load("id,userPrincipalName,mobilePhone\nid-0000,p0@contoso.example,\n")
    attributes = (await directory.get_user("id-0000")).attributes
    assert "mobile" not in attributes
    assert attributes["department"] == "Sales"


async def test_bad_rows_are_listed_and_good_rows_imported(directory: SqlDirectory, load: Import) -> None:
    """Each bad row is named by line and reason, and nobody else suffers for it."""
    text = (
        "userPrincipalName,displayName,accountEnabled,employeeHireDate\n"
        "ada@contoso.example,Ada,maybe,\n"
        " boris@contoso.example , Boris ,TRUE,2026-01-31\n"
        ",Chen,True,\n"
        "dana@contoso.example,Dana,True,next week\n"
        "BORIS@contoso.example,Boris again,True,\n"
        "eve at contoso,Eve,True,\n"
        '"frank@contoso.example","Fra"nk,True,\n'
        "grace@contoso.example,Grace,True\n"
        "hal@contoso.example,H\x07al,True,\n"
    )
    report = await load(text)
    assert report.created == 1
    assert [line for line, _ in report.bad_rows] == [2, 4, 5, 6, 7, 8, 9, 10]
    reasons = dict(report.bad_rows)
    assert "neither True nor False" in reasons[2]
    assert "already in line 3" in reasons[6]
    assert "3 cells, the header 4" in reasons[9]
    boris = await one(directory, "boris@contoso.example")
    assert boris.attributes["displayName"] == "Boris"
    assert boris.attributes["employeeHireDate"] == "2026-01-31T00:00:00Z"


async def test_an_unknown_column_is_refused_with_a_suggestion(directory: SqlDirectory, load: Import) -> None:
    """Nothing is imported, and the sentence names what was probably meant."""
    text = "userPrincipalName,departmnet\nada@contoso.example,Sales\n"
    with pytest.raises(Reject, match="did you mean department"):
        await load(text)
    assert (await directory.count()).present == 0
    assert (await load(text, ignores_unknown=True)).created == 1


async def test_extension_columns_are_kept(directory: SqlDirectory, load: Import) -> None:
    """Extensions of applications keep their exact names, the fifteen extension attributes their usual case."""
    await load("userPrincipalName,extension_ab12_timeZone,ExtensionAttribute1\nada@contoso.example,Europe/Vienna,x\n")
    attributes = (await one(directory, "ada@contoso.example")).attributes
    assert (attributes["extension_ab12_timeZone"], attributes["extensionAttribute1"]) == ("Europe/Vienna", "x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_encodings_and_delimiters(directory: SqlDirectory, load: Import, encoding: str, delimiter: str) -> None:
    """The file reads the same however a spreadsheet has saved it."""
    row = ["zoe@contoso.example", '"Zoë, the ""first""; really"', "Łódź\u2003"]
    text = delimiter.join(["userPrincipalName", "displayName", "city"]) + "\r\n" + delimiter.join(row) + "\r\n"
    assert (await load(text.encode(encoding))).created == 1
    attributes = (await one(directory, "ZOE@contoso.example")).attributes
    assert (attributes["displayName"], attributes["city"]) == ('Zoë, the "first"; really', "Łódź")


async def test_the_bulk_create_template(directory: SqlDirectory, load: Import) -> None:
    """The template's version line, brackets, example row and inverse sign-in column are understood."""
    report = await load(
        "version:v1.0,,,,\n"
        "Name [displayName] Required,User name [userPrincipalName] Required,Password [passwordProfile] Required,"
        "Block sign in (Yes/No) [accountEnabled] Required,Office [physicalDeliveryOfficeName]\n"
        "Example: Chris Green,chris@contoso.com,secret,No,\n"
        "Ada Lovelace,ada@contoso.example,secret,No,London\n"
        "Chen Wei,chen@contoso.example,secret,Yes,Taipei\n"
    )
    assert report.created == 2
    ada, chen = await one(directory, "ada@contoso.example"), await one(directory, "chen@contoso.example")
    assert (ada.is_enabled, chen.is_enabled) == (True, False)
    assert ada.attributes["physicalDeliveryOfficeName"] == "London"
    assert "secret" not in str(ada.attributes)


async def test_a_manager_may_come_later_and_in_circles(directory: SqlDirectory, load: Import) -> None:
    """Managers are linked by UPN or id whatever the order, also when people manage each other."""
    report = await load(
        "userPrincipalName,id,manager\n"
        "ada@contoso.example,1,FRANK@contoso.example\n"
        "frank@contoso.example,2,3\n"
        "grace@contoso.example,3,frank@contoso.example\n"
    )
    assert (report.created, report.bad_rows, report.waiting_managers) == (3, (), ())
    managers = [(await directory.get_user(one)).manager_id for one in "123"]
    assert managers == ["2", "3", "2"]


async def test_a_manager_of_a_later_file_is_linked_when_he_comes(directory: SqlDirectory, load: Import) -> None:
    """A manager whom nobody answers to is reported, remembered, and linked by the import that brings him."""
    report = await load("userPrincipalName,manager\nada@contoso.example,frank@contoso.example\n")
    assert report.waiting_managers == ((2, "frank@contoso.example"),)
    before = await directory.last_change()
    await load("userPrincipalName\nfrank@contoso.example\n")
    frank = await one(directory, "frank@contoso.example")
    ada = await one(directory, "ada@contoso.example")
    assert (ada.manager_id, ada.manager_wanted) == (frank.id, None)
    assert ada.id in {person.user.id for person in (await directory.read_feed("app", before, 10)).people}


async def test_a_manager_renamed_in_the_same_file_is_found_under_the_old_name(
    directory: SqlDirectory, load: Import
) -> None:
    """A row that names Frank's old UPN is still about Frank, however often the file is read, and is not waiting."""
    text = (
        "id,userPrincipalName,manager\n1,ada@contoso.example,frank@contoso.example\n2,{frank}@contoso.example,\n"
        "3,grace@contoso.example,frank@contoso.example\n"
    )
    await load(text.format(frank="frank").replace("3,grace@contoso.example,frank@contoso.example\n", ""))
    report = await load(text.format(frank="francis"))
    assert (report.created, report.updated, report.unchanged, report.waiting_managers) == (1, 1, 1, ())
    before = await directory.last_change()
    for _ in range(2):
        report = await load(text.format(frank="francis"), full=True)
        assert (report.unchanged, report.waiting_managers, report.removed) == (3, (), 0)
    assert await directory.last_change() == before
    assert [(await directory.get_user(one)).manager_id for one in "123"] == ["2", None, "2"]


async def test_a_name_that_was_handed_on_names_its_new_holder(directory: SqlDirectory, load: Import) -> None:
    """Where the old UPN goes to somebody else in the same file, a row that names it is about that person."""
    await load("id,userPrincipalName,manager\n1,ada@contoso.example,lead@contoso.example\n2,lead@contoso.example,\n")
    await load(
        "id,userPrincipalName,manager\n1,ada@contoso.example,lead@contoso.example\n2,frank@contoso.example,\n"
        "3,lead@contoso.example,\n"
    )
    assert (await directory.get_user("1")).manager_id == "3"


async def test_an_empty_manager_cell_removes_the_manager(directory: SqlDirectory, load: Import) -> None:
    """Taking the manager away counts as an update of the report."""
    text = "userPrincipalName,manager\nada@contoso.example,frank@contoso.example\nfrank@contoso.example,\n"
    await load(text)
    report = await load(text.replace("ada@contoso.example,frank@contoso.example", "ada@contoso.example,"))
    assert (report.updated, report.unchanged) == (1, 1)
    assert (await one(directory, "ada@contoso.example")).manager_id is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("old@contoso.example,7,x@contoso.example", "new@contoso.example,7,y@contoso.example"),
        ("old@contoso.example,,x@contoso.example", "new@contoso.example,,X@contoso.example"),
        ("old@contoso.example,,x@contoso.example", "new@contoso.example,7,x@contoso.example"),
    ],
)
async def test_a_rename_keeps_the_person(directory: SqlDirectory, load: Import, before: str, after: str) -> None:
    """The same employeeId or mail under a new name is the same person, with the same object id, and said so."""
    await load(f"userPrincipalName,employeeId,mail\n{before}\n")
    known = await one(directory, "old@contoso.example")
    report = await load(f"userPrincipalName,employeeId,mail\n{after}\n", full=True)
    assert (report.renamed, report.created, report.removed) == (1, 0, 0)
    assert report.renames == (("old@contoso.example", "new@contoso.example"),)
    assert (await one(directory, "new@contoso.example")).id == known.id


async def test_a_rename_under_a_new_id_is_remembered(directory: SqlDirectory, load: Import) -> None:
    """Somebody who comes under a new id keeps the object id, and the next import of the same file is unchanged."""
    text = "id,userPrincipalName,employeeId\n{id},{name}@contoso.example,7\n"
    await load(text.format(id="a", name="old"))
    assert (await load(text.format(id="b", name="new"), full=True)).renamed == 1
    assert (await load(text.format(id="b", name="new"), full=True)).unchanged == 1
    assert (await one(directory, "new@contoso.example")).id == "a"


async def test_an_address_handed_on_is_no_rename(directory: SqlDirectory, load: Import) -> None:
    """A mail address that went to somebody with another employeeId does not merge two people."""
    header = "userPrincipalName,employeeId,mail\n"
    await load(f"{header}old@contoso.example,7,sales@contoso.example\n")
    report = await load(f"{header}new@contoso.example,8,sales@contoso.example\n", full=True)
    assert (report.created, report.renamed, report.removed) == (1, 0, 1)


async def test_names_can_be_swapped(directory: SqlDirectory, load: Import) -> None:
    """Two people who exchange their names in one file keep their ids."""
    await load("id,userPrincipalName\n1,a@contoso.example\n2,b@contoso.example\n")
    report = await load("id,userPrincipalName\n1,b@contoso.example\n2,a@contoso.example\n")
    assert (report.updated, report.bad_rows) == (2, ())
    assert (await one(directory, "b@contoso.example")).id == "1"


async def test_ids_that_arrive_later_join_by_name(directory: SqlDirectory, load: Import) -> None:
    """A first file without ids and a second with them speak of the same people."""
    await load("userPrincipalName\nada@contoso.example\n")
    report = await load("userPrincipalName,id\nada@contoso.example,77\n", full=True)
    assert (report.created, report.removed, report.renamed) == (0, 0, 0)
    report = await load("userPrincipalName,id\nlovelace@contoso.example,77\n", full=True)
    assert (report.created, report.updated) == (0, 1)


async def test_absent_people_go_to_the_recycle_bin_and_come_back(directory: SqlDirectory, load: Import) -> None:
    """`full` soft-deletes who is missing; the same row later restores the same person."""
    await load(people(range(30)))
    report = await load(people(range(29)), full=True)
    assert (report.removed, report.held, report.examples) == (1, 0, ("p29@contoso.example",))
    assert (await directory.get_user("id-0029")).presence is Presence.SOFT_DELETED
    report = await load(people(range(30)), full=True)
    assert (report.restored, report.unchanged) == (1, 29)
    assert (await directory.get_user("id-0029")).presence is Presence.PRESENT


async def test_without_full_nobody_leaves(directory: SqlDirectory, load: Import) -> None:
    """A part of the people is only a part."""
    await load(people(range(5)))
    report = await load(people(range(1)))
    assert (report.removed, report.verdict) == (0, None)
    assert (await directory.count()).present == 5


HALF = people(range(150))
REFUSED = {
    "half": HALF,
    "header only": HEADER + "\n",
    "empty": "",
    "blank": "\r\n \n",
    "cut in a row": people(range(300))[:-40],
    "cut in a quote": people(range(299)) + '"p299@contoso',
    "another encoding": people(range(300)).replace("Person 7,", "Pérson 7,").encode("latin-1"),
    "a key is missing": people(range(299)) + ",Nobody,,,,,,True\n",
    "a key is mangled": people(range(299)) + "p299 contoso,Nobody,,,,,,True\n",
    "a row has slipped": people(range(299)).replace("Person 5,", "Person, 5,").replace("p5@", "p5 at ")
    .replace("id-0005", "id 5"),
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
async def test_a_doubtful_full_import_removes_nobody(directory: SqlDirectory, load: Import, text: str | bytes) -> None:
    """However a file is broken, nobody is taken for a leaver; the report says how many would have been."""
    await load(people(range(300)))
    report = await load(text, full=True)
    assert report.verdict
    assert not report.verdict.is_accepted
    assert report.verdict.reason
    assert report.removed == 0
    assert report.held == report.verdict.missing
    assert (await directory.count()).present == 300


async def test_a_refused_import_brings_joiners_and_movers(directory: SqlDirectory, load: Import) -> None:
    """Only leavers wait; and exactly the number held lets them go."""
    await load(people(range(300)))
    text = people(range(200, 310), department="Support")
    report = await load(text, full=True)
    assert (report.created, report.updated, report.held) == (10, 100, 200)
    assert (await load(text, full=True, accept=199)).held == 200
    assert (await load(text, full=True, accept=200)).removed == 200


async def test_a_bad_row_counts_as_presence(directory: SqlDirectory, load: Import) -> None:
    """Somebody whose row is bad but names them is not a leaver."""
    await load(people(range(20)))
    text = people(range(20)).replace("+49 170 3,True", "+49 170 3,perhaps").replace("p4@contoso.example,Pers", "x,Pers")
    report = await load(text, full=True)
    assert len(report.bad_rows) == 2
    assert report.verdict
    assert report.verdict.is_accepted
    assert (await directory.count()).present == 20


async def test_a_row_with_a_slipped_cell_still_names_a_known_person(directory: SqlDirectory, load: Import) -> None:
    """A comma too many makes a bad row, but the id that still matches counts as presence."""
    await load(people(range(20)))
    report = await load(people(range(20)).replace("Person 3,", "Person, 3,"), full=True)
    assert [line for line, _ in report.bad_rows] == [5]
    assert (await directory.count()).present == 20


async def test_rows_can_be_known_by_employee_id(directory: SqlDirectory, load: Import) -> None:
    """With `--key employeeId` ids and names may change freely; rows without one are bad."""
    await load(people(range(3)))
    text = people(range(3)).replace("id-", "other-").replace("p1@", "q1@") + "n@contoso.example,N,,,,,,True\n"
    report = await load(text, key=RowKey.EMPLOYEE_ID)
    assert (report.created, report.updated, report.unchanged) == (0, 1, 2)
    assert "employeeId is empty" in dict(report.bad_rows)[5]
    assert (await one(directory, "q1@contoso.example")).id == "id-0001"


async def test_a_key_that_no_column_holds_is_refused(load: Import) -> None:
    """A file that cannot tell people apart, or cannot be told apart from prose, is refused with a sentence."""
    with pytest.raises(Reject, match="employeeId"):
        await load("userPrincipalName\nada@contoso.example\n", key=RowKey.EMPLOYEE_ID)
    with pytest.raises(Reject, match="names no attribute"):
        await load("Dear all,\nplease find attached\n")
    with pytest.raises(Reject, match="Nothing was imported"):
        await load("")
    with pytest.raises(Reject, match="hold the same attribute"):
        await load("userPrincipalName,mobile,mobilePhone\n")


async def test_a_name_that_belongs_to_somebody_else_is_a_bad_row(directory: SqlDirectory, load: Import) -> None:
    """Somebody present who is not in the file keeps the name."""
    await load("id,userPrincipalName\n1,a@contoso.example\n2,b@contoso.example\n")
    report = await load("id,userPrincipalName\n1,b@contoso.example\n")
    assert "belongs to somebody else" in dict(report.bad_rows)[2]
    assert (await directory.get_user("1")).attributes["userPrincipalName"] == "a@contoso.example"


async def test_a_name_of_somebody_deleted_can_be_taken(directory: SqlDirectory, load: Import) -> None:
    """A newcomer may have the name of somebody in the recycle bin, who can no longer be restored by hand then."""
    await load("id,userPrincipalName,employeeId\n1,a@contoso.example,7\n2,b@contoso.example,8\n")
    await load("id,userPrincipalName,employeeId\n2,b@contoso.example,8\n", full=True)
    report = await load("id,userPrincipalName,employeeId\n2,a@contoso.example,8\n")
    assert (report.updated, report.bad_rows) == (1, ())
    assert (await one(directory, "a@contoso.example")).id == "2"


async def test_a_crash_in_the_middle_leaves_nothing(directory: SqlDirectory, tmp_path: Path) -> None:
    """An import is one transaction: what fails on the way has written nobody."""
    path = tmp_path / "people.csv"
    path.write_text(people(range(1200)).replace("id-", "x"))
    ids = count()

    def new_id() -> str:
        if next(ids) > 1000:
            raise MemoryError
        return f"n{next(ids)}"

    path.write_text("userPrincipalName\n" + "".join(f"p{n}@contoso.example\n" for n in range(1200)))
    with pytest.raises(MemoryError):
        await import_people(directory, CsvFile(path), ImportOptions(), now=NOW, new_id=new_id)
    assert (await directory.count()).present == 0
