"""The API's description is a file that others read: it has to be the one that the code would write."""

from pathlib import Path

from django.core.management import call_command


def test_the_description_of_the_api_is_current(tmp_path):
    written = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(written))
    kept = Path(__file__).parent.parent / "docs" / "openapi.yaml"
    assert kept.read_text() == written.read_text(), "run `make schema` and commit docs/openapi.yaml"
