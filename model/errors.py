"""Errors: each message says what happened, where, and what to do. A refusal is a value instead."""

import errno

_CAUSES = {
    errno.ENOSPC: "the disk is full; make room and run this again",
    errno.EDQUOT: "the disk quota is used up; make room and run this again",
    errno.EROFS: "the file system is read-only; choose another folder or permit writing",
    errno.EACCES: "permission denied; run this as the owner or choose another folder",
    errno.EPERM: "permission denied; run this as the owner or choose another folder",
    errno.EFBIG: "the file is larger than permitted here; choose another folder",
}


def disk_fault(error: OSError) -> str:
    """Return in one sentence what the operating system refused, and where."""
    cause = _CAUSES.get(error.errno or 0, error.strerror or str(error))
    cause = " ".join(cause.split())
    return f"{error.filename}: {cause}" if error.filename else cause


class RongziError(Exception):
    """Something is broken and the message says what to do; the console prints only the message."""


class BusyError(RongziError):
    """Another run works in the same place; this one can be run after it."""


class GivenError(RongziError):
    """A name, a reason, an option or a place for the output that was given cannot be used."""


class ContractError(RongziError):
    """A declaration shipped with the product (archive, dictionary or policy) contradicts itself."""


class StorageError(RongziError):
    """A file cannot be written: the disk is full or read-only, or the folder is another's."""


class ArchiveError(RongziError):
    """The archive folder is missing, incomplete or damaged."""


class UnreadableFileError(RongziError):
    """An input file cannot be read safely: wrong format, too large, too wide, or a zip bomb."""


class CardError(RongziError):
    """A scorecard file is missing, altered, unsigned or of an unknown version."""


class TrainingError(RongziError):
    """The data cannot support a model: one class, too few bads, or no usable attribute."""


class PromotionError(TrainingError):
    """A card may not be promoted: its gates, its evidence, its trainer or its approver stop it."""


class EditionError(RongziError):
    """A published whitelist edition is missing or damaged."""


class UnknownEditionError(EditionError):
    """No edition of that name is published in the home."""


class SettingError(RongziError):
    """An environment variable has an invalid value."""


class AccessError(RongziError):
    """An account, a key or an access setting is missing or unusable."""


class LedgerError(RongziError):
    """The decision ledger is damaged, incomplete, without its keys, or cannot be reached."""


class RunError(RongziError):
    """A run cannot go on, or be resumed: none was interrupted, or what it read has changed."""


class StaleTableError(RongziError):
    """A table is older than policy allows for a profile."""
