"""What flags and charts call the parts of a standard: by keys, which outlive its versions."""

from audits.models import Section, Standard
from reports.detection.data.matrices import DIMENSIONS


def section_titles(standard: Standard) -> dict[str, str]:
    """By key, in the words of the newest version that has the section."""
    sections = Section.objects.filter(version__standard=standard).order_by("version__number")
    return dict(sections.values_list("key", "title"))


def channel_name(channel: str, sections) -> str:
    """`section:0` of the arrays as `section:<key>`, `dimension:1` as `dimension:delivery`."""
    kind, _, index = channel.partition(":")
    if kind == "section":
        return f"section:{sections[int(index)]}"
    return f"dimension:{DIMENSIONS[int(index)]}" if kind == "dimension" else channel
