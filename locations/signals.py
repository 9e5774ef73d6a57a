"""The word that `locations` sends upward."""

from django.dispatch import Signal

readings_changed = Signal()
"""Sent in the transaction that stored readings. Arguments: `location_ids`, a set."""
