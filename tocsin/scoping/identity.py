"""Who is one person. Accounts become one only where that is certain; what merely looks alike is counted.

Certain are rows with one id, with one declared `person` key inside a source, and with one verified address where the
source declares that such an address is one person's. One address or one name and birth date without that is no
identity: parents and children, and whole offices, share both. Two letters to one person are a nuisance, one letter for
two people tells one of them nothing.
"""

from collections.abc import Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.sources import CustomerSource
from tocsin.sources.flagging import BIT, YES

#: A key that more accounts have than this is no person's: `0`, `n/a`, a tax number of everybody without one.
MOST_ACCOUNTS = 50
_SHARED = BIT["shared-mailbox"]


def one_each(engine: Any, customers: Any, declared: Sequence[CustomerSource]) -> Any:
    """The customers with `id` as that of the person, the least of her accounts', and `account` as each row's own.

    Unchanged, without `account`, where no source declares how accounts are known to be one person's.
    """
    links = _links(customers, declared)
    if links is None:
        return customers
    people = _components(engine, _holding(engine, links))
    customers = customers.rename(account="id").left_join(people, ibis._.account == people.member)
    return customers.mutate(id=ibis.coalesce(customers.label, customers.account)).drop("member", "label")


def accounts_of_others(customers: Any) -> Any | None:
    """Accounts that are known under another id, as `account` and `owner`; None where accounts are people."""
    if customers is None or "account" not in customers.columns:
        return None
    merged = customers.filter(customers.account != customers.id)
    return merged.select("account", owner=merged.id).distinct()


def _links(customers: Any, declared: Sequence[CustomerSource]) -> Any | None:
    """(id, mark): two rows with one mark are one person. Marks of a key stand beside their source."""
    keyed = [source.name for source in declared if source.fields.person]
    verified = [source.name for source in declared if source.verified_address_is_person]
    parts = []
    if keyed:
        rows = customers.filter(customers.source.isin(keyed) & customers.person.notnull())
        parts.append(rows.select("id", "source", "person", mark=rows.source + "\x1f" + rows.person))
    if verified:
        rows = customers.filter(
            customers.source.isin(verified) & customers.email.notnull() & customers.verified.lower().isin(YES)
        )
        parts.append(rows.select("id", "source", "person", mark="@" + rows.email.lower()))
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _holding(engine: Any, links: Any) -> Any:
    """The links by marks that hold: of several accounts, of no crowd, and not of two keys of one source."""
    links = engine.create_table(ibis.util.gen_name("links"), links.distinct(), temp=True)
    held = links.group_by("mark").aggregate(n=links.id.nunique())
    held = held.filter(held.n.between(2, MOST_ACCOUNTS))
    keys = links.group_by("mark", "source").aggregate(keys=links.person.nunique())
    contradicted = keys.filter(keys["keys"] > 1)
    sound = links.semi_join(held, "mark").anti_join(contradicted, "mark")
    return engine.create_table(
        ibis.util.gen_name("holding"), sound.select(member=sound.id, mark=sound.mark).distinct(), temp=True
    )


def _components(engine: Any, links: Any) -> Any:
    """(member, label): the least id that is reached from a member over marks. Labels spread until none changes."""
    members = links.select("member").distinct()
    labels = engine.create_table(
        ibis.util.gen_name("labels"), members.mutate(label=members.member), temp=True
    )
    while True:
        spread = engine.create_table(ibis.util.gen_name("labels"), _spread(links, labels), temp=True)
        before = labels.rename(was="label")
        changed = spread.join(before, "member").filter(ibis._.label != ibis._.was).count()
        labels = spread
        if int(engine.to_pyarrow(changed).as_py()) == 0:
            return labels


def _spread(links: Any, labels: Any) -> Any:
    """Each label becomes the least among those of its marks, and then that one's own label: long chains soon end."""
    seen = links.join(labels, "member")
    least = seen.group_by("mark").aggregate(least=seen.label.min())
    near = links.join(least, "mark")
    near = near.group_by("member").aggregate(near=near.least.min())
    far = labels.rename(via="member", far="label")
    both = near.left_join(far, near.near == far.via)
    return both.select("member", label=ibis.least(both.near, ibis.coalesce(both.far, both.near)))


def doubtful(engine: Any, told: Any, customers: Any) -> Any:
    """Of these people, by `id`, who reads a mailbox together with others, and who may be one with somebody else.

    `shared` are the addresses that others have too, one to a line; `uncertain` whether nobody knows that these are
    other people. That is known where somebody says that a mailbox is shared, or where all have keys of one source.
    """
    people = told.select("id")
    by_address = _alike(addresses(customers), people)
    name, key = customers["name"].lower(), customers.source + "\x1f" + customers.person
    others = [
        _alike(_traits(customers, trait), people).mutate(trait=ibis.null("string"))
        for trait in (name + "\x1f" + customers.birth_date, key)
    ]
    found = ibis.union(by_address, *others)
    rows = found.group_by("id").aggregate(
        shared=found.trait.group_concat("\n", order_by=found.trait), uncertain=found.uncertain.any()
    )
    return engine.create_table("doubtful", rows, temp=True)


def addresses(customers: Any) -> Any:
    """Every address of every row, in lower case."""
    known = _traits(customers, customers.emails.lower())
    several = known.filter(known.trait.contains("\n"))
    return ibis.union(
        known.filter(~known.trait.contains("\n")), several.mutate(trait=several.trait.split("\n").unnest())
    )


def _traits(customers: Any, trait: Any) -> Any:
    return customers.filter(trait.notnull()).select("id", "source", "person", "flags", trait=trait)


def _alike(traits: Any, people: Any) -> Any:
    """(id, trait, uncertain) of these people for each trait that somebody else has too."""
    asked = traits.semi_join(people, "id").select("trait").distinct()
    near = traits.semi_join(asked, "trait")
    by_trait = near.group_by("trait").aggregate(
        people=near.id.nunique(),
        said=((near.flags & _SHARED) > 0).any(),
        keyless=near.person.isnull().any(),
        own=near.person.nunique(),
        sources=near.source.nunique(),
    )
    alike = by_trait.filter(by_trait.people > 1)
    # A key that a crowd has tells nobody apart.
    keyed = ~alike.keyless & (alike.sources == 1) & (alike.own >= alike.people)
    apart = alike.said | keyed
    mine = near.semi_join(people, "id").select("id", "trait").distinct()
    return mine.join(alike.select("trait", uncertain=~apart), "trait").select("id", "trait", "uncertain")
