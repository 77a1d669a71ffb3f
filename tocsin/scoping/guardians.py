"""Guardians: who is told in a child's place. Only somebody else may be, who is of age and whom a letter may reach.

Held for a decision is a child whose source names as guardian her own account or address, somebody whom the
investigation looks at (a letter would warn him), somebody who is dead, or another child.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.places import ALIASES, PLACES, UNKNOWN_PLACE
from tocsin.domain.scope.routes import grown_since
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.identity import addresses
from tocsin.sources.flagging import BIT

#: What is known of a guardian beside who it is.
_OF_HIS = ("guardian_email", "guardian_emails", "guardian_locale")
_UNFIT = BIT["suspect"] | BIT["attacker"] | BIT["deceased"]


def with_guardians(
    engine: Any,
    people: Any,
    customers: Any | None,
    declared: Sequence[CustomerSource],
    majority: Mapping[str, int],
    day: date,
    openers: int,
) -> Any:
    """People with `guardian` only where it is an address or a known id, of somebody who may be told in her place.

    Beside it `guardian_email`, `guardian_emails` (one to a line) and `guardian_locale`: where mail to that one goes,
    and in which language. There is no address whose key was taken: `openers` are the bits of the kinds that open a
    mailbox.
    """
    if customers is None or not any(source.fields.guardian for source in declared):
        return people.mutate(**dict.fromkeys(_OF_HIS, ibis.null("string")))
    wards = people.filter(people.guardian.notnull())
    named = wards.select(named="guardian").distinct()
    held = engine.create_table(ibis.util.gen_name("guardians"), _held(named, customers, declared), temp=True)
    fit = named.anti_join(_refused(held, customers, majority, day), "named")
    fit = fit.filter(fit.named.contains("@") | fit.named.isin(held.named))
    hers = wards.select(ward="id", named="guardian", account=_accounts(wards).unnest())
    own = hers.semi_join(held, [hers.named == held.named, hers.account == held.holder])
    own = own.select("ward").distinct()
    both = people.left_join(fit, people.guardian == fit.named)
    both = both.left_join(own, both.id == own.ward)
    kept = ibis.ifelse(both.ward.isnull(), both.named, ibis.null("string"))
    both = both.mutate(guardian=kept).drop("named", "ward")
    mail = _mail(named, held, customers, people, openers)
    both = both.left_join(mail, both.guardian == mail.whose).drop("whose")
    return engine.create_table(ibis.util.gen_name("guarded"), both, temp=True)


def _mail(named: Any, held: Any, customers: Any, people: Any, openers: int) -> Any:
    """(whose, and what is `_OF_HIS`) of each: the address that is named, else that of the account.

    The other addresses of an account are his where it is his alone: two people may share the one that is named.
    """
    rows = held.inner_join(customers.select("id", "email", "emails", "locale"), held.holder == customers.id)
    known = rows.group_by(holding="named").aggregate(
        mail=rows.email.min(),
        mails=ibis.coalesce(rows.emails, rows.email).group_concat("\n", order_by=rows.holder),
        holders=rows.holder.nunique(),
        locale=rows.locale.min(),
    )
    hit = people.filter((people.kinds.fill_null(0) & openers) != 0)
    theirs = hit.select(account=_accounts(hit).unnest())
    taken = held.semi_join(theirs, held.holder == theirs.account)
    both = named.left_join(known, named.named == known.holding).anti_join(taken, "named")
    address = ibis.ifelse(both.named.contains("@"), both.named, both.mail)
    others = ibis.ifelse(both.holders == 1, both.mails, ibis.null("string"))
    return both.select(
        whose="named", guardian_email=address, guardian_emails=others, guardian_locale="locale"
    )


def _held(named: Any, customers: Any, declared: Sequence[CustomerSource]) -> Any:
    """(named, holder): the accounts that a guardian's id or address, as it is named, belongs to."""
    ids = customers.select(holder="id")
    mails = addresses(customers, declared).select("trait", holder="id")
    by_id = named.inner_join(ids, named.named == ids.holder)
    by_mail = named.inner_join(mails, named.named.lower() == mails.trait)
    return ibis.union(by_id.select("named", "holder"), by_mail.select("named", "holder"), distinct=True)


def _accounts(people: Any) -> Any:
    return ibis.coalesce(people.accounts, people.id).split("\n")


def _refused(held: Any, customers: Any, majority: Mapping[str, int], day: date) -> Any:
    """`named` of those who are nobody's guardian: one account of theirs is unfit, or all are children's."""
    rows = customers.semi_join(held, customers.id == held.holder)
    rows = _with_age(rows, majority, day)
    by_account = rows.group_by(account=rows.id).aggregate(
        unfit=((rows.flags & _UNFIT) != 0).any(),
        born=rows.birth_date.max(),
        grown=rows.grown.min(),
        child=(((rows.flags & BIT["minor"]) != 0) | (rows.group == "children")).any(),
    )
    minor = (by_account.born > by_account.grown).fill_null(by_account.child)
    by_account = by_account.mutate(minor=minor)
    known = held.inner_join(by_account, held.holder == by_account.account)
    by_name = known.group_by("named").aggregate(unfit=known.unfit.any(), minor=known.minor.all())
    return by_name.filter(by_name.unfit | by_name.minor).select("named")


def _with_age(rows: Any, majority: Mapping[str, int], day: date) -> Any:
    """Rows with `grown`: who was born on that date or before is of age at the place of the row."""
    places = {code: code for code in PLACES} | ALIASES
    grown = [grown_since(place, majority, day) for place in places.values()]
    table = ibis.memtable(pa.table({"code": list(places), "grown": grown}))
    both = rows.left_join(table, rows.country.upper() == table.code).drop("code")
    return both.mutate(grown=both.grown.fill_null(grown_since(UNKNOWN_PLACE, majority, day)))
