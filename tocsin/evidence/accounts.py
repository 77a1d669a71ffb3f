"""Accounts that are no person's own row, against each revision of the scope: whose each is, and what was seen of it.

Whose an account is stands under pseudonyms, and is proven before erasure and after it. What was seen of an account
that nobody owns is sealed, and goes when it is erased.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, func, select

from tocsin.domain.errors import Refused
from tocsin.domain.scope.people import pseudonym
from tocsin.evidence.case import Bad, Case, Check
from tocsin.storage import accounts as stored
from tocsin.storage import affected
from tocsin.storage.tables import account as table


def accounts(case: Case) -> Check:
    """Every revision of the scope, and that no row is of a revision that no entry speaks of."""
    for seq, said in case.story.scopes:
        _of_the_same(case, seq, said)
        if not case.story.erased_seq:
            _as_seen(case, seq, said)
    _refuse_strays(case)
    _refuse_filled(case)
    total = case.connection.scalar(_count(table.c.incident == case.key)) or 0
    if case.story.erased_seq:
        return Check("accounts", total, f"{total:,} further accounts as pseudonyms, erased")
    return Check("accounts", total, f"{total:,} further accounts as they were found")


def _of_the_same(case: Case, seq: int, said: Mapping[str, Any]) -> None:
    """Each account is the same person's, or nobody's, as when it was found."""
    wanted = said["accounts_digest"]
    if wanted and stored.rows_digest(case.connection, case.key, said["revision"]) != wanted:
        what = (
            _differing(case, said["revision"]) or "an account was added, removed or given to another person"
        )
        raise Bad(f"{case.key} entry {seq}: revision {said['revision']}: {what}", seq)


def _differing(case: Case, revision: int) -> str | None:
    """The first account that is another one's than the people say, who were proven before; None where none is."""
    if case.story.erased_seq:
        return None
    key = case.app.people_key(case.key)
    hers = {
        pseudonym(key, other): hidden
        for hidden, person in affected.people(case.connection, case.key, revision, key)
        for other in person.accounts
    }
    there = {row.account: row.person for row in stored.rows(case.connection, case.key, revision)}
    for account in sorted(hers.keys() | there.keys()):
        if account not in there:
            return f"account {account[:12]} of person {hers[account][:12]} was removed"
        if there[account] != hers.get(account):
            return f"account {account[:12]} is not the one of the person whom it names"
    return None


def _as_seen(case: Case, seq: int, said: Mapping[str, Any]) -> None:
    """What was seen of the accounts that nobody owns is what was found."""
    key, wanted = case.app.people_key(case.key), said["unowned_digest"]
    if not wanted:
        return
    try:
        found = stored.unowned_digest(case.connection, case.key, said["revision"], key, said["files"])
    except Refused as fault:
        raise Bad(f"{case.key} entry {seq}: {fault}", seq) from None
    if found != wanted:
        raise Bad(f"{case.key} entry {seq}: what was seen of accounts that nobody owns was changed", seq)


def _refuse_strays(case: Case) -> None:
    # A measurement that was interrupted leaves rows of the revision that comes next.
    known = range(1, len(case.story.scopes) + 2)
    stray = select(func.min(table.c.account)).where(
        table.c.incident == case.key, table.c.revision.not_in(known)
    )
    if found := case.connection.scalar(stray):
        raise Bad(f"{case.key}: account {found[:12]} is of a revision that no entry speaks of")


def _refuse_filled(case: Case) -> None:
    """Something is sealed in the row of an account that nobody owns, and in no other; after erasure in none."""
    seq, filled = case.story.erased_seq, and_(table.c.incident == case.key, func.length(table.c.sealed) > 0)
    if seq and (left := case.connection.scalar(_count(filled))):
        raise Bad(
            f"{case.key} entry {seq}: it erased the affected people, and {left} accounts are filled", seq
        )
    owned = select(func.min(table.c.account)).where(filled, table.c.person.is_not(None))
    if found := case.connection.scalar(owned):
        raise Bad(f"{case.key}: account {found[:12]} leads to a person, and is filled")


def _count(which: Any) -> Any:
    return select(func.count()).select_from(table).where(which)
