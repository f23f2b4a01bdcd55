"""Import of a file of people into the embedded directory (CONTRACT, "Import" and "Source sanity").

Two passes: the first learns who is in the file, the second applies it, page by page, in one transaction, so that a
crash leaves either all of it or nothing. Managers are linked at the end, because one may come later in the file.
Somebody whose row says nothing new is not written.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from provisor.connectors.directory.applying.pages import Applying
from provisor.connectors.directory.rows import Damage, PeopleFile, PersonRow, RowKey, read_row
from provisor.connectors.directory.survey import Survey, has_readable_key, survey_file
from provisor.model.errors import Reject
from provisor.policy.source_sanity import Verdict, judge_full_read
from provisor.ports.directory import DirectoryStore, DirectoryTransaction

PAGE_ROWS = 500
NAMES_PAGE = 5_000
EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`accept_removals` is the number of leavers that somebody has agreed to."""

    full: bool = False
    key: RowKey = RowKey.AUTO
    accept_removals: int | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in people. Each good row counts in one of the first five.

    `held` people are missing from the file and were not removed, because the verdict refused it. `waiting_managers`
    names managers whom nobody answers to yet; they are linked when they come. `verdict` is None unless full.
    `unreadable_line` is a row that could be anybody's, because of which no number of removals is accepted. `remedy`
    says how to mend a file that was empty, cut off or unreadable.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    restored: int = 0
    renamed: int = 0
    removed: int = 0
    held: int = 0
    bad_rows: tuple[tuple[int, str], ...] = ()
    verdict: Verdict | None = None
    examples: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    waiting_managers: tuple[tuple[int, str], ...] = ()
    unreadable_line: int | None = None
    remedy: str = ""


@dataclass(slots=True)
class _Missing:
    """Who is present in the directory and not in the file."""

    ids: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)


async def import_people(
    directory: DirectoryStore,
    file: PeopleFile,
    options: ImportOptions,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> ImportReport:
    """Bring the people of a file into the directory.

    Raises `Reject`, with nothing written, when the file's columns are not understood, or when it holds nothing and
    is not a full import.
    """
    survey = await asyncio.to_thread(survey_file, file, options.key)
    if survey.damage and not survey.good_rows and not survey.bad and not options.full:
        raise Reject(f"Nothing was imported: {survey.damage.reason}.", remedy=survey.damage.remedy)

    def work(transaction: DirectoryTransaction) -> ImportReport:
        return _apply(transaction, file, survey, options, now=now, new_id=new_id)

    return await directory.transact(work)


def _apply(
    transaction: DirectoryTransaction,
    file: PeopleFile,
    survey: Survey,
    options: ImportOptions,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> ImportReport:
    known = transaction.count().present
    applying = Applying(transaction, survey, options.key, now=now, new_id=new_id)
    uncertain = applying.note_bad_rows(list(survey.bad.values()))
    unreadable = next((row.line for row in uncertain if not has_readable_key(row, options.key)), None)
    rows = _good_rows(file, survey)
    while page := list(islice(rows, PAGE_ROWS)):
        applying.apply_page(page)
    applying.link_managers()
    missing, verdict = _Missing(), None
    if options.full:
        missing = _find_missing(transaction, applying)
        verdict = _judge(known, len(missing.ids), survey, unreadable, options)
        if verdict.is_accepted:
            transaction.soft_delete(missing.ids, now)
    is_removing = verdict is not None and verdict.is_accepted
    counts = applying.counts
    return ImportReport(
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        restored=counts.restored,
        renamed=counts.renamed,
        removed=len(missing.ids) if is_removing else 0,
        held=0 if is_removing else len(missing.ids),
        bad_rows=tuple(sorted((row.line, row.reason) for row in (*survey.bad.values(), *applying.refused))),
        verdict=verdict,
        examples=tuple(missing.examples),
        renames=tuple(applying.renames),
        waiting_managers=tuple(applying.waiting_managers),
        unreadable_line=unreadable,
        remedy=survey.damage.remedy if survey.damage else "",
    )


def _good_rows(file: PeopleFile, survey: Survey) -> Iterator[PersonRow]:
    for raw in file.rows():
        if isinstance(raw, Damage) or raw.line in survey.bad:
            continue
        row = read_row(raw)
        if isinstance(row, PersonRow):
            yield row


def _find_missing(transaction: DirectoryTransaction, applying: Applying) -> _Missing:
    missing = _Missing()
    after = ""
    while names := transaction.list_names(after, NAMES_PAGE):
        after = names[-1][0]
        for user_id, name in names:
            if not applying.is_in_file(user_id):
                missing.ids.append(user_id)
                if len(missing.examples) < EXAMPLES_MAX:
                    missing.examples.append(name or user_id)
    return missing


def _judge(known: int, missing: int, survey: Survey, unreadable: int | None, options: ImportOptions) -> Verdict:
    """A row that could be anybody's is no ground for removing anyone, whatever number was accepted."""
    if unreadable is not None:
        problem = f"it cannot be read whom line {unreadable} is about"
        return judge_full_read(known, missing, problem=problem, accepted=None)
    return judge_full_read(
        known, missing, problem=survey.damage.reason if survey.damage else None, accepted=options.accept_removals
    )
