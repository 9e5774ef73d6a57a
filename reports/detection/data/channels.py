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


def channel_of(name: str, sections) -> str | None:
    """The other way round; None where these arrays hold no such section."""
    kind, _, key = name.partition(":")
    if kind == "section":
        found = [index for index, section in enumerate(sections) if section == key]
        return f"section:{found[0]}" if found else None
    return f"dimension:{DIMENSIONS.index(key)}" if kind == "dimension" else name
