"""Settings: how the process runs, read once from the environment and the command line.

What is provisioned is not here: applications and rules are data in the store. All faults are reported together.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from provisor.model.errors import Reject

DEFAULT_PORT = 8080
DATA_MODE = 0o700
SCHEMAS_FOLDER = "scim-schemas"
"""Below the data folder; whoever runs the service may fill it before the first start."""
OTHERS = 0o077
"""The rights of everybody but the owner."""
KEY_FILE = "secret.key"
DEFAULT_SENDER = "provisor@localhost"
REQUEST_LOG_DAYS = 30
REQUEST_LOG_DAYS_MAX = 3650
DATABASE_URL_FAULT = (
    "PROVISOR_DATABASE_URL must have the form postgresql://user:password@host:5432/database; what is no letter or"
    " digit in the user name or the password is written as % and two hexadecimal digits (@ is %40)."
)
_HOST = re.compile(r"[A-Za-z0-9._-]*|[0-9A-Fa-f:.%]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where state lives and which key seals secrets. `database_url` moves the tables to PostgreSQL."""

    data: Path
    key_file: Path
    database_url: str | None = field(default=None, repr=False)
    """Holds a password, so it is in no message."""
    allow_private: bool = True
    """Whether private address ranges may be reached; self-hosting mostly needs them."""
    ca_file: Path | None = None
    proxy: str | None = None
    smtp_url: str | None = field(default=None, repr=False)
    """The mail server that notices are handed to; it may hold a password."""
    smtp_from: str = DEFAULT_SENDER
    request_log_days: int = REQUEST_LOG_DAYS
    """How long the SCIM endpoint's request log is kept."""
    request_log_values: bool = True
    """Whether it holds the values of attributes, or only their names."""
    scim_schemas: Path | None = None
    """The folder with SCIM schema files, where it is not in the data folder."""

    @property
    def schema_folder(self) -> Path:
        """Where SCIM schemas and resource types beside the standard ones are defined."""
        return self.scim_schemas or self.data / SCHEMAS_FOLDER

    def service_url(self, service: str) -> str:
        """The database of one service: a file of its own, or the one PostgreSQL database."""
        return self.database_url or f"sqlite:///{self.data / _FILES[service]}"


_FILES = {"engine": "provisor.db", "scim": "scim.db", "emulator": "emulator.db"}


def read_settings(data: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; `data` from the command line wins. Raises `Reject` with all faults."""
    values = os.environ if environment is None else environment
    faults: list[str] = []
    folder = (data or _folder(values)).expanduser().absolute()
    url = values.get("PROVISOR_DATABASE_URL") or None
    if url and not _is_database_url(url):
        faults.append(DATABASE_URL_FAULT)
    allow_private = _is_yes(values, "PROVISOR_ALLOW_PRIVATE_ADDRESSES", faults)
    log_values = _is_yes(values, "PROVISOR_REQUEST_LOG_VALUES", faults)
    days = _number(values, "PROVISOR_REQUEST_LOG_DAYS", REQUEST_LOG_DAYS, 1, REQUEST_LOG_DAYS_MAX, faults)
    ca_file = _file(values, "PROVISOR_CA_FILE", faults)
    smtp_url = values.get("PROVISOR_SMTP_URL") or None
    if smtp_url and not smtp_url.startswith(("smtp://", "smtps://")):
        faults.append("PROVISOR_SMTP_URL must have the form smtp://user:password@mail.example.com:587 or smtps://….")
    key = values.get("PROVISOR_KEY_FILE")
    schemas = values.get("PROVISOR_SCIM_SCHEMAS")
    if schemas and not Path(schemas).expanduser().is_dir():
        faults.append(f"PROVISOR_SCIM_SCHEMAS names {schemas}, and there is no such folder.")
    if faults:
        raise Reject("The settings have faults.", reasons=faults)
    return Settings(
        data=folder,
        key_file=Path(key).expanduser().absolute() if key else folder / KEY_FILE,
        database_url=url,
        allow_private=allow_private,
        ca_file=ca_file,
        proxy=values.get("PROVISOR_PROXY") or None,
        smtp_url=smtp_url,
        smtp_from=values.get("PROVISOR_SMTP_FROM") or DEFAULT_SENDER,
        request_log_days=days,
        request_log_values=log_values,
        scim_schemas=Path(schemas).expanduser().absolute() if schemas else None,
    )


def prepare_data(settings: Settings) -> None:
    """Make the data folder, closed to everybody else. Raises `Reject` when it cannot be used.

    An existing folder is closed only when it is ours: somebody's home, or `/tmp`, is named by mistake sooner or later.
    """
    folder = settings.data
    try:
        folder.mkdir(mode=DATA_MODE, parents=True, exist_ok=True)
        if folder.stat().st_mode & OTHERS:
            names = {path.name for path in folder.iterdir()}
            if names and not names & {*_FILES.values(), KEY_FILE, SCHEMAS_FOLDER}:
                raise Reject(
                    f"The data folder {folder} holds files of others, and is open to other people.",
                    remedy="Name a folder of its own with --data or PROVISOR_DATA.",
                )
            folder.chmod(DATA_MODE)
    except OSError as error:
        cause = "a file has that name" if isinstance(error, FileExistsError) else error.strerror
        raise Reject(
            f"The data folder {folder} cannot be used: {cause}.", remedy="Name another with --data or PROVISOR_DATA."
        ) from error
    is_effective = os.access in os.supports_effective_ids
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=is_effective):
        raise Reject(
            f"The data folder {folder} cannot be read and written by this user.",
            remedy="Give this user the right to, or name another folder with --data or PROVISOR_DATA.",
        )


def _is_database_url(url: str) -> bool:
    """Whether it can be taken apart, and leaves no part of a password in the host's place."""
    if not url.startswith(("postgresql://", "postgres://")):
        return False
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return _HOST.fullmatch(parts.host or "") is not None


def _folder(values: Mapping[str, str]) -> Path:
    if named := values.get("PROVISOR_DATA"):
        return Path(named)
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/provisor")
    return Path(values.get("XDG_DATA_HOME") or "~/.local/share") / "provisor"


def _file(values: Mapping[str, str], name: str, faults: list[str]) -> Path | None:
    text = values.get(name)
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_file():
        faults.append(f"{name} names {text}, and there is no such file.")
    return path


def _number(values: Mapping[str, str], name: str, default: int, least: int, most: int, faults: list[str]) -> int:
    text = values.get(name, "").strip() or str(default)
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    faults.append(f"{name} must be a whole number from {least} to {most}.")
    return default


def _is_yes(values: Mapping[str, str], name: str, faults: list[str]) -> bool:
    """Whether a switch is on; it is where nothing is said."""
    text = values.get(name, "yes").lower()
    if text not in ("yes", "no"):
        faults.append(f"{name} must be yes or no.")
    return text == "yes"
