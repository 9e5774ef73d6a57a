"""What lies on the reviewers' desk: a visit that waits, one with its auditor, one that came back corrected.

All of it goes through the product's own door.
"""

from copy import deepcopy
from datetime import UTC, datetime, time, timedelta
from uuid import uuid5

from audits.api.documents import receive_visit
from audits.models import Visit
from audits.review.returns import return_visit
from config.demo import circumstances
from config.demo.chain import ZONE, Chain, SentVisit
from config.demo.drifts import DRIFTS
from config.demo.places import ACCOUNTS, AUDITORS, email_of
from locations.models import User

REGION = ACCOUNTS[0].place
_, RETURNED_TO, CORRECTED_BY = (email_of(name) for name in AUDITORS[REGION])
CLOSED = "The shop closed early for stocktaking; nobody was served while I was there."


def lay(chain: Chain, users: dict[str, User]) -> None:
    """Among the last visits of the region that the tour opens; a chain too small for it has an empty desk."""
    reviewer = users["rob@fernhill.example"]
    back, again = _last_visit(chain, RETURNED_TO), _last_visit(chain, CORRECTED_BY)
    if back is None or again is None:
        return
    _leave_waiting(chain, back, users)
    return_visit(
        visit=Visit.objects.get(pk=back.id),
        by=reviewer,
        comment="Please look at one answer again.",
        items=[_remark(back, "You wrote nothing about this one. What did you see?")],
    )
    return_visit(
        visit=Visit.objects.get(pk=again.id),
        by=reviewer,
        comment="Your closing words and this answer do not fit together.",
        items=[_remark(again, "Is this what happened?")],
    )
    corrected = deepcopy(again.payload) | {"revision": 2}
    corrected["note"] = "Corrected one answer that I had ticked by mistake."
    one = corrected["interactions"][0]["observations"][0]
    one["note"] = "I asked the colleague at the door again: this is how it was."
    receive_visit(visit_id=again.id, auditor=users[CORRECTED_BY], payload=corrected)


def _leave_waiting(chain: Chain, last: SentVisit, users: dict[str, User]) -> None:
    place = chain.stores[last.store]
    came = datetime.combine(chain.today - timedelta(days=1), time(17, 40), ZONE).astimezone(UTC)
    payload = {
        **{name: last.payload[name] for name in ("location", "version")},
        "started_at": came.isoformat(),
        "ended_at": (came + timedelta(minutes=4)).isoformat(),
        "mode": "live",
        "clock_offset_ms": 0,
        "place": circumstances.beside(place, 35) | {"accuracy_m": 20},
        "conflict_of_interest": False,
        "not_completed_reason": CLOSED,
        "interactions": [],
        "observations": [],
    }
    receive_visit(visit_id=uuid5(last.id, "closed early"), auditor=users[RETURNED_TO], payload=payload)


def _last_visit(chain: Chain, auditor: str) -> SentVisit | None:
    """An auditor's newest one in the region; where there is a choice, at a store that tells no story of its own."""
    told = {drift.store for drift in DRIFTS}
    own = [visit for visit in reversed(chain.visits) if visit.auditor == auditor]
    return next((visit for visit in own if chain.stores[visit.store].name not in told), own[0] if own else None)


def _remark(sent: SentVisit, comment: str) -> dict:
    interaction = sent.payload["interactions"][0]
    criterion = interaction["observations"][0]["criterion"]
    return {"criterion": criterion, "interaction": interaction["id"], "comment": comment}
