"""The editions of a home: each signed by a trusted key, and every file as it was published."""

from __future__ import annotations

from pathlib import Path

from api.editions.manifest import (
    editions_folder,
    is_edition_name,
    manifest_payload,
    parse_manifest,
    verify_files,
)
from api.editions.signature import verify_signature
from api.ledger.findings import Report
from data.publishing.signing import trusted_keys
from model.errors import CardError, EditionError


def verify_editions(home: Path, report: Report) -> None:
    """Add a finding for each edition that was altered, or that no trusted key signed.

    An edition without a signature is of an earlier release, or somebody removed it: the service
    refuses it unless a setting names it, and the report says so. A machine without editions, such
    as an auditor's, verifies none.
    """
    root = editions_folder(home)
    if not root.is_dir():
        return
    for folder in sorted(path for path in root.iterdir() if is_edition_name(path.name)):
        try:
            _verify(home, folder, report)
        except (EditionError, CardError) as error:
            report.add("edition", None, f"edition {folder.name}: {error}")


def _verify(home: Path, folder: Path, report: Report) -> None:
    payload = manifest_payload(folder)
    keys = trusted_keys(home, "edition")
    if verify_signature(folder, payload, keys, allow_unsigned=True) is None:
        report.notices.append(
            f"edition {folder.name} is not signed: it is of an earlier release, or its signature"
            " was removed; publish again and prune it"
        )
    manifest = parse_manifest(folder, payload)
    verify_files(folder, manifest, tuple(manifest.files))
