"""The admin of standards, of the programme and of visits; `unfold` is known only here."""

from audits.admin import criteria, programme, sections, standards, versions, visits

__all__ = ["criteria", "programme", "sections", "standards", "versions", "visits"]
