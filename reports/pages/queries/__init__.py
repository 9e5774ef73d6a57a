"""What each page reads, as plain rows, and only what the asking user may see. One module a page."""


class NotVisible(LookupError):
    """There is no such thing, or not for this user: to a stranger both look the same."""
