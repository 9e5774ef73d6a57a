"""Approved visits -> section scores and tallies."""


def queue_visits(visit_ids) -> None:
    raise NotImplementedError
