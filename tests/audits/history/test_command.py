"""`manage.py import_history`, and an import that goes out and in again."""

import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audits.models import Interaction
from tests.audits.history.conftest import cells

pytestmark = pytest.mark.django_db


def test_the_command_says_what_it_stored_and_when_nothing_changed(folder):
    out = StringIO()
    call_command("import_history", folder.path, "--standard", "service", "--no-progress", stdout=out)
    assert "2 visits stored" in out.getvalue()
    assert "changed nothing" not in out.getvalue()
    call_command("import_history", folder.path, "--standard", "service", "--no-progress", stdout=out)
    assert "This folder changed nothing: all of it was here already." in out.getvalue()


def test_the_command_refuses_with_every_error_by_file_and_line(folder):
    folder.add("observations", "v9,greet,1")
    err = StringIO()
    with pytest.raises(CommandError, match=r"1 rows are wrong: nothing of .* was stored.\nMend them"):
        call_command("import_history", folder.path, "--no-progress", stderr=err)
    assert "observations.csv:5: visit_id='v9': no sound row of the visits file has this id" in err.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--timezone", "Mars/Base"], "no time zone"), (["--standard", "my key"], "such as 'my-key'")],
)
def test_the_command_refuses_odd_options(folder, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("import_history", folder.path, "--no-progress", *options)


def test_ids_with_signs_that_a_key_cannot_have_are_taken(folder):
    folder.write("criteria", "criterion_id,section", "Q 1 (a),Door", "Q 2,Door")
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,Q 1 (a),1")
    folder.load()
    assert cells() == [("v1", 0, "Q-1-a", 1.0)]
    folder.add("criteria", "Q-2,Door")
    assert "is too like 'Q 2' to get a key of its own" in folder.errors()[0]


def test_an_exact_copy_of_the_rows_comes_back(folder):
    """What was read is what is stored: interactions, criteria, conformity, over several versions."""
    with (folder.path / "observations.csv").open() as file:
        sent = sorted((row["visit_id"], row["criterion_id"], float(row["conforms"])) for row in csv.DictReader(file))
    folder.load()
    assert sorted((visit, key, value) for visit, _number, key, value in cells()) == sent
    assert Interaction.objects.count() == 2
