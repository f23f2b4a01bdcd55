"""People in JSON and LDIF, and the export: every format says the same about a person."""

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from provisor.connectors.directory.exporting import export_people
from provisor.connectors.directory.files import FileFormat, open_people_file
from provisor.connectors.directory.importing import ImportOptions, ImportReport, import_people
from provisor.connectors.directory.sample import load_sample
from provisor.model.errors import Reject
from provisor.ports.directory import DirectoryUser
from provisor.store.database import Database
from provisor.store.directory import SqlDirectory

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
GUID = UUID("8a119b9e-16bc-4732-8f7b-7676d015b0dc")

Import = Callable[..., Awaitable[ImportReport]]


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    """An empty directory."""
    return SqlDirectory(database)


@pytest.fixture
def load(directory: SqlDirectory, tmp_path: Path) -> Import:
    """Import a text from a file with the given suffix."""
    numbers = count(1)

    async def run(text: str | bytes, suffix: str, *, full: bool = False, **options: bool) -> ImportReport:
        path = tmp_path / f"people{suffix}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return await import_people(
            directory,
            open_people_file(path, **options),
            ImportOptions(full=full),
            now=NOW,
            new_id=lambda: f"new-{next(numbers):03d}",
        )

    return run


async def one(directory: SqlDirectory, reference: str) -> DirectoryUser:
    """The only person who answers to the reference."""
    (user,) = await directory.find_users(reference)
    return user


async def test_json_of_graph(directory: SqlDirectory, load: Import) -> None:
    """Graph's names, nesting, lists and nulls are understood; attributes that are left out are kept."""
    ada = {
        "@odata.type": "#microsoft.graph.user",
        "id": "1",
        "userPrincipalName": "ada@contoso.example",
        "mobilePhone": " +46 70 ",
        "businessPhones": ["+46 8"],
        "officeLocation": "Nordhavn",
        "accountEnabled": False,
        "onPremisesExtensionAttributes": {"extensionAttribute1": "Europe/Stockholm", "extensionAttribute2": None},
        "employeeOrgData": {"division": "North"},
        "manager": {"id": "2"},
        "proxyAddresses": ["SMTP:ada@contoso.example", "smtp:a@contoso.example"],
    }
    frank = {"id": "2", "userPrincipalName": "frank@contoso.example"}
    report = await load(json.dumps({"value": [ada, frank]}), ".json")
    assert (report.created, report.bad_rows) == (2, ())
    user = await directory.get_user("1")
    assert (user.is_enabled, user.manager_id) == (False, "2")
    assert user.attributes == {
        "userPrincipalName": "ada@contoso.example",
        "mobile": "+46 70",
        "telephoneNumber": "+46 8",
        "physicalDeliveryOfficeName": "Nordhavn",
        "extensionAttribute1": "Europe/Stockholm",
        "employeeOrgData.division": "North",
        "proxyAddresses": ["SMTP:ada@contoso.example", "smtp:a@contoso.example"],
    }
    report = await load(json.dumps([{"id": "1", "mobilePhone": None}, frank]), ".json")
    assert (report.updated, report.unchanged) == (1, 1)
    user = await directory.get_user("1")
    assert "mobile" not in user.attributes
    assert user.attributes["telephoneNumber"] == "+46 8"


async def test_bad_objects_and_bad_json(directory: SqlDirectory, load: Import) -> None:
    """Objects are judged one by one; a list that is cut off removes nobody; an unknown name is refused."""
    people = [{"userPrincipalName": f"p{n}@contoso.example"} for n in range(12)]
    text = json.dumps(
        [*people, 7, {"userPrincipalName": 5}, {"userPrincipalName": "x@y", "mobile": "1", "mobilePhone": "2"}]
    )
    report = await load(text, ".json")
    assert report.created == 12
    assert [line for line, _ in report.bad_rows] == [13, 14, 15]
    report = await load(text[:-60], ".json", full=True)
    assert report.verdict
    assert (report.verdict.is_accepted, report.held) == (False, 12)
    assert (await load("[]", ".json", full=True)).removed == 0
    with pytest.raises(Reject, match="did you mean department"):
        await load('[{"id": "1", "departement": "x"}]', ".json")
    with pytest.raises(Reject, match="Nothing was imported"):
        await load("{", ".json")
    with pytest.raises(Reject, match="no column id nor userPrincipalName"):
        await load('[{"displayName": "Ada"}]', ".json")


LDIF = f"""version: 1
# the people of the north
dn: ou=People,dc=contoso,dc=example
objectClass: organizationalUnit
ou: People

dn: cn=Ada,ou=People,dc=contoso,dc=example
objectClass: top
objectClass: user
objectGUID:: {b64encode(GUID.bytes_le).decode()}
userPrincipalName: ada@contoso.example
cn: Ada
displayName:: {b64encode("Åda Lindqvist".encode()).decode()}
sn: Lindq
 vist
title: Engineer
mobile: +46 70
telephoneNumber: +46 8
telephoneNumber: +46 9
userAccountControl: 512
manager: CN=Frank,OU=People,DC=contoso,DC=example
memberOf: cn=x

dn: cn=Frank,ou=People,dc=contoso,dc=example
objectClass: user
userPrincipalName: frank@contoso.example
userAccountControl: 514
employeeNumber: E7
"""


async def test_ldif_of_active_directory(directory: SqlDirectory, load: Import) -> None:
    """Folded and base64 values, GUIDs, the account control bits and managers by DN are understood."""
    report = await load(LDIF, ".ldif")
    assert (report.created, report.bad_rows, report.waiting_managers) == (2, (), ())
    ada, frank = await one(directory, "ada@contoso.example"), await one(directory, "frank@contoso.example")
    assert (ada.id, ada.is_enabled, ada.manager_id) == (str(GUID), True, frank.id)
    assert (frank.is_enabled, frank.attributes["employeeId"]) == (False, "E7")
    assert ada.attributes == {
        "userPrincipalName": "ada@contoso.example",
        "displayName": "Åda Lindqvist",
        "surname": "Lindqvist",
        "jobTitle": "Engineer",
        "mobile": "+46 70",
        "telephoneNumber": "+46 8",
    }
    changed = LDIF.replace("mobile: +46 70\n", "")
    report = await load(changed.replace("frank@contoso.example\n", "frank@contoso.example\nmobile: 1\n"), ".ldif")
    assert (report.updated, "mobile" in (await directory.get_user(str(GUID))).attributes) == (2, False)


async def test_ldif_of_people_without_principal_names(directory: SqlDirectory, load: Import) -> None:
    """In inetOrgPerson entries the mail address stands for the user principal name."""
    report = await load(
        "dn: uid=ada,dc=x\nobjectClass: inetOrgPerson\nuid: ada\nmail: ada@contoso.example\ncn: Ada\nsn: L\n"
        "entryUUID: 7\no: Contoso\nou: Sales\nl: Wien\n\ndn: uid=b,dc=x\nuid: b\nsn: B\n",
        ".ldif",
    )
    assert report.created == 1
    assert [line for line, _ in report.bad_rows] == [12]
    attributes = (await directory.get_user("7")).attributes
    assert (attributes["userPrincipalName"], attributes["department"], attributes["city"]) == (
        "ada@contoso.example", "Sales", "Wien",
    )  # fmt: skip


async def test_broken_ldif(directory: SqlDirectory, load: Import) -> None:
    """Change records and malformed lines are bad rows; a file that is cut off removes nobody."""
    report = await load(
        "dn: cn=a\nuserPrincipalName: a@x\nthis is no attribute\n\n"
        "dn: cn=b\nchangetype: modify\nuserPrincipalName: b@x\n\n"
        "dn: cn=c\nuserPrincipalName: c@x\ndisplayName:: %%%\n\n"
        "dn: cn=d\nuserPrincipalName: d@x\nphoto:< file:///etc/passwd\n\n"
        "dn: cn=e\nuserPrincipalName: e@x\n",
        ".ldif",
    )
    assert (report.created, [line for line, _ in report.bad_rows]) == (1, [1, 5, 9, 13])
    report = await load("dn: cn=f\nuserPrincipalName: f@x", ".ldif", full=True)
    assert report.verdict
    assert (report.verdict.is_accepted, report.created, report.held) == (False, 1, 1)
    assert (await load("", ".ldif", full=True)).removed == 0
    with pytest.raises(Reject, match="Unknown column"):
        await load("dn: cn=g\nuserPrincipalName: g@x\nfavouriteDrink: tea\n", ".ldif")


async def test_what_is_exported_can_be_imported(directory: SqlDirectory, load: Import) -> None:
    """Exporting Contoso and importing the file in full changes nothing; no cell starts a formula."""
    numbers = count(1)
    await load_sample(directory, now=NOW, new_id=lambda: str(next(numbers)))
    await load("id,userPrincipalName,displayName,proxyAddresses\nx,x@contoso.example,=1+1,a;b\n", ".csv")
    text = "".join([part async for part in export_people(directory)])
    assert "'=1+1" in text
    assert ",'+" in text
    assert not [line for line in text.splitlines() if ",+" in line or ",=" in line]
    before = await directory.last_change()
    report = await load(text, ".csv", full=True)
    assert (report.unchanged, report.removed, report.bad_rows) == (301, 0, ())
    assert await directory.last_change() == before


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file, a folder, and content in no known format are refused with a sentence; a format may be named."""
    with pytest.raises(Reject, match="There is no file"):
        open_people_file(tmp_path / "people.csv")
    with pytest.raises(Reject, match="is not a file"):
        open_people_file(tmp_path)
    path = tmp_path / "people.dat"
    path.write_text("name\nAda\n")
    with pytest.raises(Reject, match="neither by its name nor by its content"):
        open_people_file(path)
    assert open_people_file(path, FileFormat.CSV)


A_CSV = "userPrincipalName,displayName\nada@contoso.example,Ada\n"
A_TEMPLATE = (
    "version:v1.0\nName [displayName] Required,User name [userPrincipalName] Required\nAda,ada@contoso.example\n"
)
A_JSON = '[{"userPrincipalName": "ada@contoso.example", "displayName": "Ada"}]'
A_GRAPH = '{"@odata.context": "…", "value": [{"userPrincipalName": "ada@contoso.example"}]}'
A_LDIF = "# a search\nversion: 1\n\n# Ada\ndn: uid=ada,dc=contoso\nmail: ada@contoso.example\n"
CONTENTS = {
    "csv": [A_CSV, A_TEMPLATE, f"sep=,\n{A_CSV}"],
    "json": [A_JSON, A_GRAPH],
    "ldif": [A_LDIF, A_LDIF[A_LDIF.index("dn") :]],
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("is_format", CONTENTS)
async def test_content_that_is_another_format_is_said_so(tmp_path: Path, is_format: str, encoding: str) -> None:
    """Whatever a file is called: what it looks like is named with the option to give, and its content is not shown."""
    for content in CONTENTS[is_format]:
        for suffix in CONTENTS:
            path = tmp_path / f"people.{suffix}"
            path.write_bytes(content.encode(encoding))
            if suffix == is_format:
                assert open_people_file(path)
                continue
            with pytest.raises(Reject, match=f"looks like {is_format.upper()}, not {suffix.upper()}") as caught:
                open_people_file(path)
            assert f"--format {is_format}" in caught.value.remedy
            assert "ada@" not in str(caught.value)
            assert open_people_file(path, FileFormat(is_format))
        path = tmp_path / "people"
        path.write_bytes(content.encode(encoding))
        assert open_people_file(path), "told by its content alone"


@pytest.mark.parametrize(
    ("start", "words"), [(b"PK\x03\x04", "Excel workbook"), (b"\x1f\x8b\x08", "compressed"), (b"%PDF-1.7", "PDF")]
)
def test_what_is_no_text_is_named(tmp_path: Path, start: bytes, words: str) -> None:
    """A workbook, an archive or a PDF is called what it is, with the way to a text."""
    path = tmp_path / "people.csv"
    path.write_bytes(start + bytes(range(256)))
    with pytest.raises(Reject, match=words):
        open_people_file(path)


@pytest.mark.parametrize(
    ("suffix", "content", "words"),
    [
        (".csv", "", "the file is empty. Look at how the file was made"),
        (".json", " ", "the file is empty. Look at how"),
        (".json", "[]", "no people in it. Look at how"),
        (".ldif", "", "no entries of people. Look at how"),
        (".csv", A_CSV.splitlines()[0], "no rows below its header. Look at how"),
        (".csv", b"userPrincipalName\n\xff\xfe\xfa", "neither UTF-8 nor UTF-16 throughout. Save it as 'CSV UTF-8'"),
        (".json", A_JSON[:30], "not a whole list of people in JSON"),
        (".csv", 'userPrincipalName,"displayName\nada@contoso.example,Ada"\n', "a quotation mark were not closed"),
    ],
)
async def test_a_file_that_says_nothing(load: Import, suffix: str, content: str | bytes, words: str) -> None:
    """Each fault of a file as a whole has a remedy of its own."""
    with pytest.raises(Reject) as caught:
        await load(content, suffix)
    assert words in str(caught.value)


async def test_unknown_columns_are_shown_in_short(load: Import) -> None:
    """A header in which nothing fits lists ten labels, none longer than a line."""
    header = ",".join(["userPrincipalName", "x" * 5000, *(f"column{n}" for n in range(40))])
    with pytest.raises(Reject) as caught:
        await load(f"{header}\n", ".csv")
    assert " and 31 more." in str(caught.value)
    assert len(str(caught.value)) < 600
