"""The word that `audits` sends upward."""

from django.dispatch import Signal

visit_approved = Signal()
"""Sent in the transaction that approved visits. Arguments: `visit_ids`, a list of uuids."""
