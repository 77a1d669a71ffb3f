"""Papers for authorities: gather what is known, set it, keep it in the vault, say so in the timeline."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import nearest
from tocsin.domain.catalog import Catalog
from tocsin.domain.errors import Refused
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import PaperMade
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.risk import advise
from tocsin.domain.scope import Gap
from tocsin.engine.enclosures import enclosures
from tocsin.engine.jobs import Job
from tocsin.engine.letters import spoken_facts
from tocsin.evidence.vault import keep, put_file, read
from tocsin.record import Recorded, record, refuse_closed
from tocsin.rendering.account import account
from tocsin.rendering.content import paper_content
from tocsin.rendering.form import load_form
from tocsin.rendering.paper import canonical_json, render_page, render_paper
from tocsin.rendering.paperfacts import Filing, Owed, PaperFacts, Telling
from tocsin.storage.texts import read_texts

Format = Literal["pdf", "html", "json"]


@dataclass(frozen=True)
class Paper:
    """A report as bytes, and what it could not say."""

    content: bytes
    unknown: tuple[str, ...]
    supplement: int
    as_of_seq: int
    #: What would settle each of the unknown, and what to do before it is filed: for us, not for the authority.
    questions: dict[str, str]
    notes: tuple[str, ...]


def make(app: App, key: str, duty: str, format_: Format) -> Paper:
    """The report of a duty, from what is known now. Raises Refused for a duty whose regime has no form."""
    incident = app.incident(key)
    state = duty_of(incident, duty)
    folder = app.pack_folder(app.catalog_of(incident)) / "regimes" / state.opened.regime
    if state.opened.recipient != "authority" or not (folder / "authority.yaml").is_file():
        raise Refused(f"{duty} has no form here; write to the recipient, then tocsin filed {key} {duty}")
    form, now = load_form(folder / "authority.yaml"), app.now()
    facts = _paper_facts(app, incident, state, now)
    content = paper_content(form, facts, folder.parent.parent)
    made = _set(content, form.language, folder, now, format_)
    unknown, own = tuple(content["open"]), tuple(content["parts"][-1]["own_notes"])
    return Paper(made, unknown, facts.supplement, incident.head_seq, _asked(content), own)


def _asked(content: dict[str, Any]) -> dict[str, str]:
    """The question behind each thing that is unknown, in the reading copy's language where that lacks it too."""
    asked = {item["need"]: item["question"] for part in content["parts"] for item in part["open"]}
    return {need: asked[need] for need in content["open"]}


def _set(content: dict[str, Any], language: str, folder: Path, now: datetime, format_: Format) -> bytes:
    templates = folder.parent.parent
    if format_ == "json":
        return canonical_json(content)
    if format_ == "html":
        return render_page(content, templates).encode()
    return render_paper(folder / "authority.typ", content, at=now, language=language, root=templates)


def kept(
    app: App,
    key: str,
    duty: str,
    format_: Format,
    paper: Paper,
    *,
    actor: str,
    move: Any = None,
    command: tuple[str, str] | None = None,
) -> Recorded:
    """Keep a paper that was made: sealed in the vault, named in the timeline."""
    sealed = put_file(app, key, paper.content, purpose="record")

    def decide(change: Change) -> None:
        if move is None:
            refuse_closed(change.incident)
        elif not change.incident.open or duty_of(change.incident, duty).papers:
            return
        item = keep(change, sealed, f"{duty.replace('/', '-')}.{format_}", by=actor)
        change.add(
            PaperMade(
                duty=duty,
                item=item,
                format=format_,
                content=sealed.content,
                unknown=paper.unknown,
                supplement=paper.supplement,
            ),
            cause=move.cause if move else None,
            key=move.key if move else None,
        )
        change.answer = {name: getattr(paper, name) for name in ("as_of_seq", "questions", "notes")}

    return record(app, key, decide, actor=actor, command=command)


def kept_before(app: App, done: Recorded) -> Paper:
    """The paper that a command made when it was first said, as it lies in the vault."""
    made = next(entry.body for entry in done.entries if isinstance(entry.body, PaperMade))
    return Paper(
        content=read(app, done.incident.key, made.item),
        unknown=made.unknown,
        supplement=made.supplement,
        as_of_seq=done.answer["as_of_seq"],
        questions=done.answer["questions"],
        notes=tuple(done.answer["notes"]),
    )


def prepare(job: Job) -> bool:
    """The engine makes the paper that nobody has made, a day before it is due."""
    duty = job.move.subject
    paper = make(job.app, job.incident, duty, "pdf")
    return bool(kept(job.app, job.incident, duty, "pdf", paper, actor="engine", move=job.move).entries)


def duty_of(incident: Incident, duty: str) -> DutyState:
    """The duty with this key; Refused with the nearest right one."""
    found = incident.duties.get(duty)
    if found is None:
        raise Refused(f"{incident.key} has no duty {duty!r}{nearest(duty, incident.duties)}")
    return found


def _paper_facts(app: App, incident: Incident, state: DutyState, now: datetime) -> PaperFacts:
    catalog = app.catalog_of(incident)
    contacts, folder = catalog.contacts, app.pack_folder(catalog)
    organisation = contacts.organisation
    facts = spoken_facts(app, incident).with_categories(
        {kind.id: kind.categories for kind in catalog.data_map.kinds}
    )
    authority = next((each for each in contacts.authorities if each.id == state.opened.authority), None)
    officer = incident.roles.get("dpo")
    return PaperFacts(
        incident=incident.key,
        code_name=incident.code_name,
        organisation=organisation,
        dpo=contacts.person(organisation.dpo),
        signatory=contacts.person(organisation.signatory),
        duty=_owed(catalog, state),
        facts=facts,
        as_of=now,
        drill=incident.drill,
        authority=authority,
        case_officer=contacts.person(officer) if officer else None,
        what_happened=account(folder, incident.type, facts, organisation.name, organisation.zone),
        kind_names={kind.id: kind.name for kind in catalog.data_map.kinds},
        gaps=tuple(Gap.model_validate(gap) for gap in incident.scope.gaps) if incident.scope else (),
        supplement=len(state.supplements) + 1 if state.mark == "met" else 0,
        earlier_reference=_text(app, incident, state.reference),
        late=_late(state, now),
        late_because=_text(app, incident, state.late_because),
        telling=_telling(incident),
        filings=_filings(app, incident, state),
        attachments=enclosures(app, incident),
        risk_reasons=tuple(advise(facts).reasons),
    )


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
    notice = incident.notices.get(CUSTOMERS)
    if notice is None:
        return Telling(incident.scope.total)
    handed = sum(notice.counts.get(state, 0) for state in ("handed_over", "delivered"))
    return Telling(incident.scope.total, handed, notice.told_at)


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
    if state.due_at is None or state.mark == "released":
        return False
    return (state.met_at if state.mark == "met" and state.met_at else now) > state.due_at


def _text(app: App, incident: Incident, words: str | None) -> str | None:
    """The text behind a commitment; None for none, and for one that was erased."""
    if words is None:
        return None
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key), [words])
    return texts.get(words)
