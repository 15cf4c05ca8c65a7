"""The card as a workbook that a credit committee reads, prints and signs."""

from training.card_workbook.book import write_workbook

__all__ = ["write_workbook"]
