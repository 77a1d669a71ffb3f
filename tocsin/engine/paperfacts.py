"""What a paper is made from: one incident, and perhaps one of its duties, read out of the timeline and the folders."""

from dataclasses import replace
from datetime import datetime

from tocsin.app import App
from tocsin.domain.catalog import Catalog
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.notice import letter_states
from tocsin.domain.risk import advise
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.why import Ground
from tocsin.engine.casefacts import case_facts
from tocsin.engine.enclosures import enclosures
from tocsin.engine.letters import spoken_facts
from tocsin.rendering.account import account
from tocsin.rendering.paperfacts import Filing, Owed, PaperFacts, Telling
from tocsin.storage.texts import read_texts


def paper_facts(app: App, incident: Incident, state: DutyState, now: datetime) -> PaperFacts:
    """Everything that the papers of this duty may draw on, as known to `incident`, at `now`."""
    catalog = app.catalog_of(incident)
    authorities = catalog.contacts.authorities
    return replace(
        breach_facts(app, incident, now),
        duty=_owed(catalog, state),
        authority=next((each for each in authorities if each.id == state.opened.authority), None),
        supplement=len(state.supplements) + 1 if state.mark == "met" else 0,
        earlier_reference=_text(app, incident, state.reference),
        late=_late(state, now),
        late_because=_text(app, incident, state.late_because),
        filings=_filings(app, incident, state),
        attachments=enclosures(app, incident),
    )


def breach_facts(app: App, incident: Incident, now: datetime) -> PaperFacts:
    """What is to be said of the breach itself, whoever is told: for the register, and the ground of every paper."""
    catalog = app.catalog_of(incident)
    contacts, folder = catalog.contacts, app.pack_folder(catalog)
    organisation = contacts.organisation
    facts = spoken_facts(app, incident).with_categories(
        {kind.id: kind.categories for kind in catalog.data_map.kinds}
    )
    officer = incident.roles.get("dpo")
    return PaperFacts(
        incident=incident.key,
        code_name=incident.code_name,
        organisation=organisation,
        dpo=contacts.person(organisation.dpo),
        signatory=contacts.person(organisation.signatory),
        duty=Owed("", "", "primary"),
        facts=facts,
        as_of=now,
        drill=incident.drill,
        case_officer=contacts.person(officer) if officer else None,
        what_happened=account(folder, incident.type, facts, organisation.name, organisation.zone),
        kind_names={kind.id: kind.name for kind in catalog.data_map.kinds},
        gaps=tuple(Gap.model_validate(gap) for gap in incident.scope.gaps) if incident.scope else (),
        grounds=_grounds(incident),
        signed=tuple((catalog.contacts.name_of(each.by), each.at) for each in incident.signed_by),
        held=sum(incident.held.values()),
        telling=_telling(incident),
        risk_reasons=tuple(advise(facts).reasons),
        case=case_facts(app, incident, now),
    )


def _grounds(incident: Incident) -> tuple[Ground, ...]:
    """By what people were found. What a clause is called was not written for an authority."""
    found = incident.scope.grounds if incident.scope else ()
    return tuple(Ground.model_validate({**each, "name": None}) for each in found)


def _owed(catalog: Catalog, state: DutyState) -> Owed:
    opened = state.opened
    return Owed(
        opened.key,
        opened.cite,
        opened.verification,
        state.due_at,
        state.clock_start,
        state.assumed,
        opened.language,
        opened.place,
        _cited(catalog, state),
    )


def _cited(catalog: Catalog, state: DutyState) -> dict[str, str]:
    """How other languages cite the article, unless the duty stands on another one: an exception's, or an older text."""
    regime = catalog.regimes.get(state.opened.regime)
    rule = regime.rule(state.opened.rule) if regime else None
    return rule.cited if rule and rule.cite == state.opened.cite else {}


def _telling(incident: Incident) -> Telling | None:
    if incident.scope is None:
        return None
    letters = letter_states(incident)
    if not letters:
        return Telling(incident.owed_letters)
    handed = sum(each.counts.get(state, 0) for each in letters for state in ("handed_over", "delivered"))
    # Of several letters the first one to end is when people were told first.
    told = min((each.told_at for each in letters if each.told_at), default=None)
    return Telling(incident.owed_letters, handed, told)


def _filings(app: App, incident: Incident, own: DutyState) -> tuple[Filing, ...]:
    names = {each.id: each.short for each in app.catalog.contacts.authorities}
    return tuple(
        Filing(
            names.get(each.opened.authority or "", each.opened.key),
            each.opened.place,
            {"met": "filed", "released": "not-owed"}.get(each.mark, each.mark),
            _text(app, incident, each.reference),
            each.met_at,
            next(((one.number, one.at) for one in reversed(each.supplements)), None),
        )
        for each in incident.duties.values()
        if each.opened.recipient == "authority" and each.opened.key != own.opened.key
    )


def _late(state: DutyState, now: datetime) -> bool:
    """Whether the first paper left, or would leave now, after its hour: a supplement never makes a late filing good."""
    if state.due_at is None or state.mark in ("released", "not-notified"):
        return False
    return (state.met_at if state.mark == "met" and state.met_at else now) > state.due_at


def _text(app: App, incident: Incident, words: str | None) -> str | None:
    """The text behind a commitment; None for none, and for one that was erased."""
    if words is None:
        return None
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key), [words])
    return texts.get(words)
