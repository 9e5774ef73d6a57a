"""Locations and regions of an imported past."""

from datetime import date

import pytest

from locations.models import Location

pytestmark = pytest.mark.django_db


def test_a_region_path_makes_a_tree(folder):
    folder.load()
    leeds = Location.objects.get(code="A").region
    assert (leeds.name, leeds.parent.name, leeds.parent.parent) == ("Leeds", "North", None)


def test_regions_can_be_put_below_another(folder):
    folder.load(under="Chain/UK")
    region = Location.objects.get(code="B").region
    assert [region.parent.parent.name, region.parent.name] == ["Chain", "UK"]


def test_a_location_without_a_region_gets_one_that_says_so(folder):
    folder.write("locations", "location_id,region", "A,", "B,South")
    folder.load()
    location = Location.objects.get(code="A")
    assert (location.region.name, location.name) == ("No region", "A")


def test_a_known_location_is_updated_and_a_blank_leaves_what_is_stored(folder):
    folder.load()
    Location.objects.filter(code="A").update(address="1 Alder Road", latitude=53.8, longitude=-1.5)
    folder.write(
        "locations",
        "location_id,name,region,latitude,longitude,opened_on",
        "A,,North/York,,,2020-01-01",
        "B,,South,,,",
    )
    result = folder.load()
    location = Location.objects.get(code="A")
    assert (location.name, location.region.name, location.latitude) == ("Alder Road", "York", 53.8)
    assert location.opened_on == date(2020, 1, 1)
    assert (result.locations.updated, result.locations.unchanged) == (1, 1)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (",X,North,,,,,", "locations.csv:4: location_id='': is needed"),
        ("A,X,North,,,,,", "locations.csv:4: location_id='A': repeats line 2"),
        ("C,X,North,1/2/20,,,,", "locations.csv:4: opened_on='1/2/20': is no date: write it as YYYY-MM-DD"),
        ("C,X,North,2020-02-01,2020-01-01,,,", "closed_on='2020-01-01': lies before the opening on 2020-02-01"),
        ("C,X,North,,,95,0,", "latitude='95': must lie between -90 and 90"),
        ("C,X,North,,,51,,", "longitude='': give both coordinates or none"),
        ("C,X,North,,,,,Mars/Base", "timezone='Mars/Base': is no time zone"),
        ("C,X", "locations.csv:4: has 2 values, the header names 8"),
        ("C," + "x" * 161 + ",North,,,,,", "is longer than 160 characters"),
    ],
)
def test_a_wrong_location_is_named_by_file_line_column_and_value(folder, row, error):
    folder.write(
        "locations",
        "location_id,name,region,opened_on,closed_on,latitude,longitude,timezone",
        "A,Alder Road,North,,,,,",
        "B,Birch Lane,South,,,,,",
        row,
    )
    assert error in folder.errors()[0]
