"""Resource types of the embedded SCIM store: the standard ones, and what an administrator's schema files add.

Files end in `.json` and lie in one folder; what may stand in them is in docs/reference/scim-schemas.md. They are read
at start-up, and all faults in all files are told together, so that a service never runs with half of them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from provisor.model.errors import Reject
from provisor.scim.definitions.documents import read_definitions
from provisor.scim.registry import group_type, user_type
from provisor.scim.schema import ResourceType

FILES_MAX = 200
FILE_BYTES_MAX = 1024 * 1024


def load_resource_types(folder: Path) -> Mapping[str, ResourceType]:
    """The resource types by name; a folder that is not there adds none. Raises Reject with every fault."""
    standard = {"User": user_type(), "Group": group_type()}
    if not folder.is_dir():
        return standard
    faults: list[str] = []
    documents = list(_read_files(folder, faults))
    try:
        types = read_definitions(documents, standard)
    except Reject as fault:
        faults += fault.reasons
    if faults:
        raise Reject(
            f"The schema files in {folder} have faults; nothing was started.",
            remedy="Mend them, or move them out of the folder.",
            reasons=faults,
        )
    return types


def _read_files(folder: Path, faults: list[str]) -> Iterator[tuple[str, Any]]:
    files = sorted(each for each in folder.iterdir() if each.suffix.lower() == ".json")
    if len(files) > FILES_MAX:
        faults.append(f"{folder}: there are {len(files)} files. At most {FILES_MAX} are read.")
        return
    for file in files:
        try:
            if file.stat().st_size > FILE_BYTES_MAX:
                faults.append(f"{file.name}: is larger than {FILE_BYTES_MAX} bytes. Split it.")
                continue
            yield file.name, msgspec.json.decode(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        except OSError as error:
            faults.append(f"{file.name}: cannot be read: {error.strerror}.")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            faults.append(f"{file.name}: is not JSON: {error}.")
