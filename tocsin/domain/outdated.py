"""Offers that came too late: what a button or a link was about has changed since it was made."""

from tocsin.domain.incident import Incident
from tocsin.domain.offers import Offer

#: Fewest digits of a digest that name a letter, as for `tocsin approve --digest`.
SHORTEST = 8


def outdated(incident: Incident, offer: Offer) -> str:
    """Why an offer can no longer be taken up, as the incident stands; empty where it can."""
    key, subject = incident.key, offer.subject
    match offer.deed:
        case "ack" if subject in incident.answered:
            return f"{incident.roles.get(subject, 'somebody')} has answered for the {subject} already"
        case "confirm" if incident.status != "triage":
            return f"{key} is {incident.status} already"
        case "take" if (holder := incident.roles.get(subject, "")) != offer.stand:
            return f"the {subject} is {holder or 'nobody'} by now; tocsin take {key} {subject} relieves them"
        case "done" if state := incident.steps.get(subject):
            return f"step {subject} was {state.mark} by {state.by} already"
        case "approve" | "countersign" | "reject":
            return _outdated_letter(incident, offer)
    return ""


def _outdated_letter(incident: Incident, offer: Offer) -> str:
    key, notice = incident.key, offer.subject
    state = incident.notices.get(notice)
    if state is None:
        return f"there is no letter {notice}; tocsin show {key} shows what there is"
    if offer.deed != "reject" and len(offer.stand) >= SHORTEST:
        alone = [each for each in state.alone if each.digest.startswith(offer.stand)]
        if any(each.lacking for each in alone):
            return ""  # it is the countersignature
        if alone and (offer.deed == "countersign" or state.mark not in ("in-review", "approved")):
            return f"{notice} is countersigned already; tocsin show {key} shows what can be done"
    if len(offer.stand) < SHORTEST or not state.digest.startswith(offer.stand):
        return (
            f"{notice} was written anew since: its digest is {state.digest[:12]}, not {offer.stand[:12] or 'named'}; "
            f"tocsin preview {key} {notice} shows it"
        )
    if state.mark not in ("in-review", "approved"):
        return f"{notice} is {state.mark}; tocsin show {key} shows what can be done"
    return ""
