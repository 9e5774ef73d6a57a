"""Why a visit can be neither approved nor returned as it stands now."""

from audits.models import Visit


def why_not(visit: Visit) -> str:
    now = Visit.objects.get(pk=visit.pk)
    if now.excluded_at is not None:
        return "This visit is excluded: it counts nowhere, so nothing needs correcting."
    if now.returned_at is not None:
        return "This visit is with its auditor already."
    if now.approved_at is not None and now.revision == visit.revision:
        return "This visit counts already."
    return f"The auditor has sent revision {now.revision} since you read revision {visit.revision}: read that one."
