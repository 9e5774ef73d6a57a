"""The word that `audits` sends upward."""

from django.dispatch import Signal

visit_approved = Signal()
"""Sent in the transaction that approved visits. Arguments: `visit_ids`, a list of uuids."""

visit_withdrawn = Signal()
"""Sent in the transaction that took approvals back: returned visits leave all figures until `visit_approved` names
them again, perhaps with other contents. Arguments: `visit_ids`, a list of uuids."""

visit_excluded = Signal()
"""Sent in the transaction that took approved visits out of all figures. Arguments: `visit_ids`, a list of uuids."""
