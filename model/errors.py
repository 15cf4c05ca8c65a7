"""Errors: each message says what happened, where, and what to do. A refusal is a value instead."""


class RongziError(Exception):
    """Something is broken and the message says what to do; the console prints only the message."""


class ContractError(RongziError):
    """A declaration shipped with the product (archive, dictionary or policy) contradicts itself."""


class ArchiveError(RongziError):
    """The archive folder is missing, incomplete or damaged."""


class UnreadableFileError(RongziError):
    """An input file cannot be read safely: wrong format, too large, too wide, or a zip bomb."""


class CardError(RongziError):
    """A scorecard file is missing, altered, unsigned or of an unknown version."""


class TrainingError(RongziError):
    """The data cannot support a model: one class, too few bads, or no usable attribute."""


class EditionError(RongziError):
    """A published whitelist edition is missing or damaged."""


class SettingError(RongziError):
    """An environment variable has an invalid value."""


class AccessError(RongziError):
    """An account, a key or an access setting is missing or unusable."""


class LedgerError(RongziError):
    """The decision ledger is damaged, incomplete, without its keys, or cannot be reached."""
