"""Papers for authorities: gather what is known, set it, keep it in the vault, say so in the timeline."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import PaperMade
from tocsin.engine.jobs import Job
from tocsin.engine.paperfacts import paper_facts
from tocsin.evidence.vault import keep, put_file, read
from tocsin.record import Recorded, record, refuse_closed
from tocsin.rendering.content import paper_content
from tocsin.rendering.form import load_form, papers_of
from tocsin.rendering.paper import canonical_json, render_page, render_paper

Format = Literal["pdf", "html", "json"]
#: The paper that meets a duty; a law may have others beside it.
REPORT = "authority"


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


def make(app: App, key: str, duty: str, format_: Format, paper: str = REPORT) -> Paper:
    """The report of a duty, or another paper of its law such as minutes, from what is known now.

    Raises Refused for a duty whose regime has no such paper.
    """
    incident = app.incident(key)
    state = duty_of(incident, duty)
    folder = _folder(app, incident, duty)
    _refuse_no_paper(key, state, folder, paper)
    form, now = load_form(folder / f"{paper}.yaml"), app.now()
    facts = paper_facts(app, incident, state, now)
    if paper != REPORT:
        # Only reports are supplemented; other papers are drawn up anew.
        facts = replace(facts, supplement=0)
    content = paper_content(form, facts, folder.parent.parent)
    made = _set(content, form.language, folder / f"{paper}.typ", now, format_)
    unknown, own = tuple(content["open"]), tuple(content["parts"][-1]["own_notes"])
    return Paper(made, unknown, facts.supplement, incident.head_seq, _asked(content), own)


def has_form(app: App, incident: Incident, duty: str) -> bool:
    """Whether the law of this duty has a form for its report, which `make` fills in."""
    return _has_form(duty_of(incident, duty), _folder(app, incident, duty))


def _folder(app: App, incident: Incident, duty: str) -> Path:
    regime = duty_of(incident, duty).opened.regime
    return app.pack_folder(app.catalog_of(incident)) / "regimes" / regime


def _has_form(state: DutyState, folder: Path) -> bool:
    return state.opened.recipient == "authority" and REPORT in papers_of(folder)


def _refuse_no_paper(key: str, state: DutyState, folder: Path, paper: str) -> None:
    duty, known = state.opened.key, papers_of(folder)
    if not _has_form(state, folder):
        raise Refused(
            f"{duty} has no form here; write to the recipient, then tocsin filed {key} {duty} --reference NO"
        )
    if paper not in known:
        raise Refused(f"{state.opened.regime} has no paper {paper!r}{nearest(paper, known)}")


def _asked(content: dict[str, Any]) -> dict[str, str]:
    """The question behind each thing that is unknown, in the reading copy's language where that lacks it too."""
    asked = {item["need"]: item["question"] for part in content["parts"] for item in part["open"]}
    return {need: asked[need] for need in content["open"]}


def _set(content: dict[str, Any], language: str, template: Path, now: datetime, format_: Format) -> bytes:
    templates = template.parents[2]
    if format_ == "json":
        return canonical_json(content)
    if format_ == "html":
        return render_page(content, templates).encode()
    return render_paper(template, content, at=now, language=language, root=templates)


def kept(
    app: App,
    key: str,
    duty: str,
    format_: Format,
    paper: Paper,
    *,
    actor: str,
    name: str = REPORT,
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
        other = "" if name == REPORT else f"-{name}"
        item = keep(change, sealed, f"{duty.replace('/', '-')}{other}.{format_}", by=actor)
        change.add(
            PaperMade(
                duty=duty,
                item=item,
                format=format_,
                content=sealed.content,
                unknown=paper.unknown,
                supplement=paper.supplement,
                paper=name,
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
