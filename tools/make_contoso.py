"""Make the sample company Contoso: 300 people, two groups, two assignments (DESIGN §6).

The same every time: the random numbers have a fixed seed, and nothing depends on the day. Writes
`src/provisor/gallery/contoso/`. The people stand in the form of the admin center's *Download users*, with `manager`,
`employeeId`, `preferredLanguage` and, in `extensionAttribute1`, the time zone.
"""

import csv
import json
import random
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SEED = 20261123
PEOPLE = 300
GUESTS = 8
DISABLED = 7
WITHOUT_MAIL = 6
SERVICE_DESK = 12
DOMAIN = "contoso.example"
PARTNER = "fabrikam.example"
FOLDER = Path(__file__).resolve().parent.parent / "src" / "provisor" / "gallery" / "contoso"

_HEADER = (
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,"
    "usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,"
    "alternateEmailAddress,ageGroup,consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,"
    "directorySynced,invitationState,identityIssuer,createdDateTime,manager,employeeId,preferredLanguage,"
    "extensionAttribute1"
)
COLUMNS = _HEADER.split(",")

DEPARTMENTS = {  # department: the title of its head, of its team leads, of its staff
    "Engineering": ("VP Engineering", "Engineering Lead", ("Software Engineer", "Test Engineer", "Site Engineer")),
    "Sales": ("VP Sales", "Sales Lead", ("Account Executive", "Sales Engineer", "Inside Sales")),
    "Customer Support": ("Head of Support", "Support Lead", ("Support Specialist", "Onboarding Specialist")),
    "IT": ("Chief Information Officer", "IT Lead", ("Service Desk Analyst", "Systems Administrator")),
    "Finance": ("Chief Financial Officer", "Controller", ("Accountant", "Payroll Clerk")),
    "Human Resources": ("Head of People", "People Partner", ("Recruiter", "People Specialist")),
    "Marketing": ("VP Marketing", "Marketing Lead", ("Copywriter", "Designer", "Event Planner")),
    "Operations": ("Chief Operating Officer", "Operations Lead", ("Planner", "Logistics Clerk")),
    "Legal": ("General Counsel", "Senior Counsel", ("Counsel", "Paralegal")),
    "Research": ("Head of Research", "Principal Scientist", ("Scientist", "Data Analyst")),
    "Product": ("VP Product", "Product Lead", ("Product Owner", "UX Researcher")),
    "Facilities": ("Head of Facilities", "Site Lead", ("Receptionist", "Caretaker")),
}
LEADS_PER_DEPARTMENT = 3


@dataclass
class Person:
    """One person of the company; `row` is the line of the file."""

    row: dict[str, str]
    groups: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The user principal name."""
        return self.row["userPrincipalName"]


class Company:
    """Contoso while it is being made."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)
        names = json.loads((Path(__file__).parent / "contoso_names.json").read_text(encoding="utf-8"))
        self._regions: list[dict[str, Any]] = names
        self._taken: set[str] = set()
        self.people: list[Person] = []

    def make(self) -> None:
        """Hire everybody, from the top down."""
        director = self._hire("Executive Office", "Chief Executive Officer", "", self._cast("Helena", "Castro", "ES"))
        leads: dict[str, list[Person]] = {}
        for department, (head_title, lead_title, _) in DEPARTMENTS.items():
            head = self._hire(department, head_title, director.name)
            leads[department] = [self._hire(department, lead_title, head.name) for _ in range(LEADS_PER_DEPARTMENT)]
        self._hire_cast(leads)
        departments = list(DEPARTMENTS)
        weights = [60, 45, 30, 25, 18, 14, 18, 22, 8, 16, 14, 12]
        while len(self.people) < PEOPLE - GUESTS:
            department = self._random.choices(departments, weights)[0]
            title = self._random.choice(DEPARTMENTS[department][2])
            self._hire(department, title, self._random.choice(leads[department]).name)
        for _ in range(GUESTS):
            self._invite(self._random.choice(leads["Engineering"] + leads["Legal"]).name)
        self._vary()
        self._form_groups()

    def _hire_cast(self, leads: dict[str, list[Person]]) -> None:
        head_of = {department: people[0].row["manager"] for department, people in leads.items()}
        cast = (
            ("Frank", "O'Brien", "IE", "Engineering", "Engineering Lead", head_of["Engineering"]),
            ("Ada", "Lindqvist", "SE", "Engineering", "Software Engineer", f"frank@{DOMAIN}"),
            ("Boris", "Димитров", "BG", "Sales", "Account Executive", leads["Sales"][0].name),
            ("Chen", "王", "CN", "Finance", "Accountant", leads["Finance"][0].name),
            ("Dana", "Levi", "IL", "Marketing", "Designer", leads["Marketing"][0].name),
            ("Eve", "Lefèvre", "FR", "Research", "Scientist", leads["Research"][0].name),
            ("Grace", "Mwangi", "KE", "IT", "Service Desk Analyst", leads["IT"][0].name),
        )
        for given, surname, code, department, title, manager in cast:
            self._hire(department, title, manager, self._cast(given, surname, code))

    def _cast(self, given: str, surname: str, code: str) -> dict[str, str]:
        region = next(region for region in self._regions if region["code"] == code)
        return {"given": given, "surname": surname, "code": region["code"], "local": given.lower()}

    def _hire(self, department: str, title: str, manager: str, cast: dict[str, str] | None = None) -> Person:
        weights = [region["weight"] for region in self._regions]
        region = self._random.choices(self._regions, weights)[0]
        given, given_latin = self._random.choice(region["given"])
        surname, surname_latin = self._random.choice(region["surnames"])
        local = f"{given_latin}.{surname_latin}"
        if cast:
            region = next(one for one in self._regions if one["code"] == cast["code"])
            given, surname, local = cast["given"], cast["surname"], cast["local"]
        city, office, state, zone = self._random.choice(region["places"])
        number = len(self.people)
        name = self._free_name(local)
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "userPrincipalName": name,
            "displayName": f"{given} {surname}" if cast else _display_name(region["order"], given, surname),
            "surname": surname,
            "givenName": given,
            "mail": name,
            "id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "userType": "Member",
            "jobTitle": title,
            "department": department,
            "accountEnabled": "True",
            "usageLocation": region["code"],
            "streetAddress": f"{self._random.randrange(1, 200)} {office}",
            "state": state,
            "country": region["country"],
            "officeLocation": office,
            "city": city,
            "postalCode": f"{self._random.randrange(10000, 99999)}",
            "telephoneNumber": f"{region['phone']}{number:03d}",
            "mobilePhone": f"{region['phone'].split(' ')[0]} 7005 550{number:03d}",
            "companyName": "Contoso",
            "directorySynced": "False",
            "createdDateTime": f"{2015 + number % 11}-{1 + number % 12:02d}-{1 + number % 28:02d}T08:00:00Z",
            "manager": manager,
            "employeeId": f"E{10001 + number}",
            "preferredLanguage": region["language"],
            "extensionAttribute1": zone,
        }
        person = Person(row)
        self.people.append(person)
        return person

    def _invite(self, manager: str) -> None:
        """A guest: the mail address is elsewhere, and the name says so."""
        row = self._hire("External", "Consultant", manager).row
        local = row["userPrincipalName"].split("@")[0]
        row |= {
            "userPrincipalName": f"{local}_{PARTNER}#EXT#@{DOMAIN}",
            "mail": f"{local}@{PARTNER}",
            "userType": "Guest",
            "employeeId": "",
            "companyName": "Fabrikam",
            "creationType": "Invitation",
            "invitationState": "Accepted",
            "identityIssuer": PARTNER,
        }

    def _vary(self) -> None:
        """Some have no mail, some no mobile phone, some may not sign in; nobody of the cast, and no lead."""
        leads = {person.row["manager"] for person in self.people}
        plain = [
            person
            for person in self.people
            if "." in person.name.split("@")[0] and person.name not in leads and person.row["userType"] == "Member"
        ]
        chosen = self._random.sample(plain, WITHOUT_MAIL + DISABLED + 20)
        for person in chosen[:WITHOUT_MAIL]:
            person.row["mail"] = ""
        for person in chosen[WITHOUT_MAIL : WITHOUT_MAIL + DISABLED]:
            person.row["accountEnabled"] = "False"
        for person in chosen[WITHOUT_MAIL + DISABLED :]:
            person.row["mobilePhone"] = ""

    def _form_groups(self) -> None:
        for person in self.people:
            if person.name != f"eve@{DOMAIN}":
                person.groups.append("All Employees")
        leads = {person.row["manager"] for person in self.people}
        staff = [
            person
            for person in self.people
            if person.row["department"] == "IT" and person.name not in leads and person.row["accountEnabled"] == "True"
        ]
        analysts_first = sorted(staff, key=lambda person: person.row["jobTitle"] != "Service Desk Analyst")
        for person in analysts_first[:SERVICE_DESK]:
            person.groups.append("Service Desk")

    def _free_name(self, local: str) -> str:
        free, number = local, 1
        while free in self._taken:
            number += 1
            free = f"{local}{number}"
        self._taken.add(free)
        return f"{free}@{DOMAIN}"


def _display_name(order: str, given: str, surname: str) -> str:
    if order == "surname":
        return surname + given
    return f"{surname} {given}" if order == "surname spaced" else f"{given} {surname}"


def main() -> None:
    """Write the three files."""
    company = Company()
    company.make()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(person.row for person in company.people)
    groups = [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{DOMAIN}".replace(" ", "-").lower())),
            "displayName": name,
            "description": description,
            "securityEnabled": True,
            "members": [person.name for person in company.people if name in person.groups],
        }
        for name, description in (
            ("All Employees", "Everybody who may ask the service desk for something."),
            ("Service Desk", "Those who answer."),
        )
    ]
    assignments = [{"group": "All Employees", "role": "User"}, {"group": "Service Desk", "role": "Agent"}]
    for name, content in (("groups.json", groups), ("assignments.json", assignments)):
        (FOLDER / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
