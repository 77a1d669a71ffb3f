"""A new draft that was approved before the incident is approved at once, by an entry that says by whom and when."""

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.ahead import approved_ahead, holding_digest
from tocsin.domain.kinds import ApprovedAhead, NoticeDrafted


def approve_ahead(app: App, change: Change, body: NoticeDrafted) -> None:
    """Record that a new draft was approved before the incident, where that is so and stands."""
    catalog = app.catalog_of(change.incident)
    if found := approved_ahead(change.incident, catalog, body.notice):
        people, on = tuple(each.by for each in found), tuple(each.on.isoformat() for each in found)
        ahead = holding_digest(catalog)
        change.add(ApprovedAhead(notice=body.notice, digest=body.digest, ahead=ahead, people=people, on=on))
