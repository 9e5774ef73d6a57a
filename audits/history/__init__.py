"""A chain's past, in a folder of CSV files (docs/history.md): read and checked whole, then stored whole."""

from audits.history.folder import HistoryRefused, Imported, import_folder

__all__ = ["HistoryRefused", "Imported", "import_folder"]
