"""The admin of places, people and the numbers that locations report; `unfold` is known only here."""

from locations.admin import people, places, readings

__all__ = ["people", "places", "readings"]
