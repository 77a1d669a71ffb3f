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
from tocsin.sources.engine import made
from tocsin.sources.flagging import BIT, YES

#: A key that more accounts have than this is no person's: `0`, `n/a`, a tax number of everybody without one.
MOST_ACCOUNTS = 50
_SHARED = BIT["shared-mailbox"]


def owners(engine: Any, found: Any, customers: Any, declared: Sequence[CustomerSource]) -> Any | None:
    """(account, owner): of these accounts, and of all that are one person with one of them, whose each is.

    The owner is the least id among them, so that a person keeps hers whichever account is hit. None where no source
    declares how accounts are known to be one person's. Only what can be reached from `found` is looked at.
    """
    links = _links(customers, declared)
    if links is None:
        return None
    seen = found.select("id").distinct()
    while True:
        marks = links.semi_join(seen, "id").select("mark").distinct()
        near = made(engine, links.semi_join(marks, "mark").distinct(), "identity")
        held = made(engine, _holding(near), "identity")
        more = held.select(id=held.member).distinct().anti_join(seen, "id")
        if int(engine.to_pyarrow(more.count()).as_py()) == 0:
            labels = _components(engine, held)
            return labels.select(account=labels.member, owner=labels.label)
        seen = made(engine, ibis.union(seen, more), "identity")


def under_owners(rows: Any, whose: Any | None) -> Any:
    """Rows with `id` as that of the owner, where it is another, and `account` as what `id` was."""
    if whose is None:
        return rows.mutate(account=rows.id)
    rows = rows.rename(own="id").left_join(whose, ibis._.own == whose.account)
    return rows.mutate(id=ibis.coalesce(rows.owner, rows.own), account=rows.own).drop("own", "owner")


def _links(customers: Any, declared: Sequence[CustomerSource]) -> Any | None:
    """(id, mark): two rows with one mark are one person. Marks of a key stand beside their source."""
    keyed = [source.name for source in declared if source.fields.person]
    verified = [source.name for source in declared if source.verified_address_is_person]
    parts = []
    if keyed:
        rows = customers.filter(customers.source.isin(keyed) & customers.person.notnull())
        parts.append(rows.select("id", "source", "person", mark=_key(rows)))
    if verified:
        rows = customers.filter(
            customers.source.isin(verified) & customers.email.notnull() & customers.verified.lower().isin(YES)
        )
        parts.append(rows.select("id", "source", "person", mark="@" + rows.email.lower()))
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _key(rows: Any) -> Any:
    return rows.source + "\x1f" + rows.person


def _holding(links: Any) -> Any:
    """The links by marks that hold: of several accounts, of no crowd, and not of two keys of one source."""
    held = links.group_by("mark").aggregate(n=links.id.nunique())
    held = held.filter(held.n.between(2, MOST_ACCOUNTS))
    keys = links.group_by("mark", "source").aggregate(keys=links.person.nunique())
    contradicted = keys.filter(keys["keys"] > 1)
    sound = links.semi_join(held, "mark").anti_join(contradicted, "mark")
    return sound.select(member=sound.id, mark=sound.mark).distinct()


def _components(engine: Any, links: Any) -> Any:
    """(member, label): the least id that is reached from a member over marks. Labels spread until none changes."""
    members = links.select("member").distinct()
    labels = made(engine, members.mutate(label=members.member), "identity")
    while True:
        spread = made(engine, _spread(links, labels), "identity")
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


def doubtful(
    engine: Any, told: Any, rows: Any, customers: Any, whose: Any | None, declared: Sequence[CustomerSource]
) -> Any:
    """Of these people, by `id`, who reads a mailbox together with others, and who may be one with somebody else.
    `rows` are those of `customers` that are theirs.

    `shared` are the addresses that others have too, one to a line; `uncertain` whether nobody knows that these are
    other people. That is known where somebody says that a mailbox is shared, or where all have keys of one source.
    What no source declares nobody is alike in.
    """
    asked, kinds = _kinds(rows, declared), _kinds(customers, declared)
    alike = [
        _alike(engine, traits, asked[kind].select("trait").distinct(), told, whose).mutate(
            kind=ibis.literal(kind)
        )
        for kind, traits in kinds.items()
    ]
    found = ibis.union(*alike) if len(alike) > 1 else alike[0]
    people = found.group_by("id").aggregate(
        shared=found.trait.group_concat("\n", where=found.kind == "address", order_by=found.trait),
        uncertain=found.uncertain.any(),
    )
    return made(engine, people, "identity")


def _kinds(customers: Any, declared: Sequence[CustomerSource]) -> dict[str, Any]:
    """What people may be alike in, and as what each row has it."""
    kinds = {"address": addresses(customers, declared)}
    if any(source.fields.name and source.fields.birth_date for source in declared):
        kinds["name"] = _traits(customers, customers["name"].lower() + "\x1f" + customers.birth_date)
    if any(source.fields.person for source in declared):
        kinds["key"] = _traits(customers, _key(customers))
    return kinds


def addresses(customers: Any, declared: Sequence[CustomerSource]) -> Any:
    """Every address of every row, in lower case, as `trait`."""
    if not any(source.fields.emails for source in declared):
        return _traits(customers, customers.email.lower())
    alone = customers.filter(customers.emails.isnull())
    several = _traits(customers, customers.emails.lower())
    return ibis.union(
        _traits(alone, alone.email.lower()), several.mutate(trait=several.trait.split("\n").unnest())
    )


def _traits(customers: Any, trait: Any) -> Any:
    return customers.filter(trait.notnull()).select("id", "source", "person", "flags", trait=trait)


def _alike(engine: Any, traits: Any, asked: Any, told: Any, whose: Any | None) -> Any:
    """(id, trait, uncertain) of the told for each of the `asked` traits that somebody else has too."""
    near = under_owners(made(engine, traits.semi_join(asked, "trait"), "identity"), whose)
    near = _beside(near, told)
    # Of others, whose owners nobody looked up, one key is one person.
    near = near.mutate(one=ibis.coalesce(near.told, _key(near), near.id))
    by_trait = near.group_by("trait").aggregate(
        people=near.one.nunique(),
        said=((near.flags & _SHARED) > 0).any(),
        keyless=near.person.isnull().any(),
        own=near.person.nunique(),
        sources=near.source.nunique(),
    )
    alike = by_trait.filter(by_trait.people > 1)
    # A key that a crowd has tells nobody apart.
    keyed = ~alike.keyless & (alike.sources == 1) & (alike.own >= alike.people)
    apart = alike.said | keyed
    hers = near.semi_join(told, "id").select("id", "trait").distinct()
    return hers.join(alike.select("trait", uncertain=~apart), "trait").select("id", "trait", "uncertain")


def _beside(near: Any, told: Any) -> Any:
    ours = told.select(told="id")
    return near.left_join(ours, near.id == ours.told)
