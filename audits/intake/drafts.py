"""What a phone typed so far, kept on the server: one draft per visit, newer only by who knew the newest."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from audits.intake.content import as_text, content_digest, n_bytes_of
from audits.models import Draft, Visit
from audits.models.limits import MOST_DRAFT_BYTES


class DraftTooLarge(ValueError):
    """More than MOST_DRAFT_BYTES."""


class DraftConflict(Exception):
    """Somebody saved another content first; `stored` is it, so that the two can be merged."""

    def __init__(self, stored: Draft):
        sentence = _("Saved meanwhile from elsewhere, as revision {revision}: merge and send again.")
        super().__init__(sentence.format(revision=stored.revision))
        self.stored = stored


class DraftNotYours(Exception):
    """The id belongs to somebody else's draft or visit."""


class VisitReceived(Exception):
    """The visit has arrived and was not returned: there is nothing left to draft."""


@dataclass(frozen=True)
class Saved:
    draft: Draft
    created: bool


def save_draft(*, visit_id: UUID, owner, content: dict[str, Any], base_revision: int) -> Saved:
    """Keep what the phone typed so far, as the revision after `base_revision`, from which it was made.

    The content that is stored already is stored: the same again changes nothing, whatever its base. Where the server
    holds none, or emptied it as abandoned, it begins after the phone's base. Raises DraftConflict when
    `base_revision` is not the stored one; then nothing was changed. Raises DraftTooLarge, content.NotKeepable,
    DraftNotYours, VisitReceived.
    """
    text, digest, n_bytes = as_text(content), content_digest(content), n_bytes_of(content)
    if n_bytes > MOST_DRAFT_BYTES:
        most, sent = (number_format(n, force_grouping=True) for n in (MOST_DRAFT_BYTES, n_bytes))
        raise DraftTooLarge(_("A draft has at most {most} bytes; this one has {sent}.").format(most=most, sent=sent))
    _check_visit(visit_id, owner)
    fresh = {
        "revision": base_revision + 1,
        "text": text,
        "digest": digest,
        "n_bytes": n_bytes,
        "saved_at": timezone.now(),
        "expired_at": None,
    }
    known = Q(revision=base_revision) | Q(expired_at__isnull=False)
    # One statement decides who was first.
    won = Draft.objects.filter(known, pk=visit_id, owner=owner).exclude(digest=digest).update(**fresh)
    if won:
        return Saved(Draft(id=visit_id, owner=owner, **fresh), created=False)
    draft, created = Draft.objects.get_or_create(pk=visit_id, defaults={"owner": owner, **fresh})
    if draft.owner_id != owner.pk:
        raise DraftNotYours(f"The draft {visit_id} belongs to somebody else.")
    if not created and draft.digest != digest:
        raise DraftConflict(draft)
    return Saved(draft, created=created)


def discard_draft(*, visit_id: UUID, owner, base_revision: int | None = None) -> None:
    """Throw one's draft away; with `base_revision`, only if that is the newest.

    Raises Draft.DoesNotExist when there is none of this owner, DraftConflict when it was changed meanwhile.
    """
    mine = Draft.objects.visible_to(owner).filter(pk=visit_id)
    doomed = mine if base_revision is None else mine.filter(revision=base_revision)
    if not doomed.delete()[0]:
        raise DraftConflict(mine.get())


def _check_visit(visit_id: UUID, owner) -> None:
    visit = Visit.objects.filter(pk=visit_id).only("auditor_id", "returned_at").first()
    if visit is None:
        return
    if visit.auditor_id != owner.pk:
        raise DraftNotYours(f"The visit {visit_id} is somebody else's.")
    if visit.returned_at is None:
        raise VisitReceived(_("This visit has been received: its draft is no longer needed."))
