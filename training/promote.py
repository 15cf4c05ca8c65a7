"""Put a card in use: judge and sign it, publish it to the service, register it as champion."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from data.publishing.published_card import (
    CHAMPION,
    PROMOTION,
    ROLLBACK,
    Publication,
    cards_folder,
    judged_card,
    previous_champion,
    publish_card,
    was_promoted,
)
from data.publishing.signing import trusted_keys
from model.card.card_file import CARD, CardFile, read_card
from model.errors import GivenError, PromotionError
from training.gates.evidence import Evidence, has_evidence, read_evidence
from training.gates.judge import judge, write_verdicts
from training.gates.verdict import GATE_LIMITS, GateVerdicts, Verdict
from training.reports.record import evidence_of
from training.run import TrainedRun
from training.tracking.runs import card_of_run, make_champion, run_of_card

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Promotion:
    """The result of a promotion.

    Attributes
    ----------
    run_id, version : str or None
        The tracked run that made the card, and its registered version; None if the store has none.
    verdicts : GateVerdicts or None
        The gates' verdicts; None for a card that was in use before.
    """

    publication: Publication
    run_id: str | None
    version: str | None
    verdicts: GateVerdicts | None = None


@dataclass(frozen=True)
class Candidate:
    """The card that a promotion would put in use.

    Attributes
    ----------
    is_new : bool
        Whether the gates judge it; a card without evidence can only be put back in use.
    """

    digest: str
    is_new: bool


def candidate_of(what: str | None, home: Path, store: str | Path) -> Candidate:
    """Return the card that `promote` of `what` puts in use; of None, `roll_back`.

    Raises
    ------
    TrainingError, CardError
        As these do.
    """
    if what is None:
        return Candidate(read_card(previous_champion(home)).digest, is_new=False)
    with _card_folder(what, store) as folder:
        return Candidate(read_card(folder).digest, is_new=has_evidence(folder))


def promote(
    what: str,
    approved_by: str,
    approved_at: datetime,
    home: Path,
    store: str | Path,
    order: str | None = None,
) -> Promotion:
    """Promote a training run's card, or the card in a folder, if it passes every gate.

    A card that was in use under `home` before, and whose signature is still valid, goes back into
    use without the gates, because they judged it then.

    Parameters
    ----------
    what : str
        A run id of `store`, or a card folder.
    approved_by : str
        Names of the approvers, with commas between them.
    store : str or Path
        A folder, or the URI of a tracking server.
    home : Path
        Where cards and keys are kept; see `data.publishing.published_card`.
    order : str or None
        The order by which it was approved, for the record of promotions.

    Raises
    ------
    GivenError
        If `what` is neither.
    TrainingError
        If no run has that id.
    PromotionError
        If it has no evidence, fails a gate, or is approved by its trainer.
    CardError
        If the card is damaged, or cannot be signed.
    """
    with _card_folder(what, store) as folder:
        digest = read_card(folder).digest
        if has_evidence(folder):
            evidence = read_evidence(folder)
            _refuse_self_approval(evidence.notes.trained_by, approved_by)
            verdicts = _judge(evidence, approved_at.date(), home)
            run_id = what if _RUN_ID.fullmatch(what) else run_of_card(digest, store)
            remarks = _remarks(evidence, verdicts, run_id) | _named(order)
            publication = publish_card(home, folder, approved_by, approved_at, remarks)
            write_verdicts(verdicts, publication.folder)
            return _register(publication, run_id, store, verdicts)
        _refuse_unjudged(folder, digest, home)
        return _put_back(folder, approved_by, approved_at, home, store, order)


def roll_back(
    approved_by: str,
    approved_at: datetime,
    home: Path,
    store: str | Path,
    order: str | None = None,
) -> Promotion:
    """Put the card back in use that the champion replaced.

    Raises
    ------
    CardError
        If there is none, or its signature is no longer valid.
    """
    folder = previous_champion(home)
    read_card(folder, trusted_keys(home))
    return _put_back(folder, approved_by, approved_at, home, store, order)


def judge_run(run: TrainedRun, champion: CardFile | None, day: date) -> TrainedRun:
    """Return `run` with the verdicts of the gates in force on `day`, beside the `champion`."""
    verdicts = judge(evidence_of(run), champion, GATE_LIMITS.on(day))
    return replace(run, gates=verdicts, champion=champion)


def champion_of(home: Path) -> CardFile | None:
    """Return the card in use under `home` as gates measure it, None if no card was ever in use.

    A card that was fitted again to all rows may have seen the rows that a challenger is judged on;
    the fit that was judged has not.

    Raises
    ------
    CardError
        If there is one and it does not verify.
    """
    return judged_card(home) if (cards_folder(home) / CHAMPION).exists() else None


@contextmanager
def _card_folder(what: str, store: str | Path) -> Iterator[Path]:
    if (Path(what) / CARD).is_file():
        yield Path(what)
    elif _RUN_ID.fullmatch(what):
        with card_of_run(what, store) as folder:
            yield folder
    else:
        raise GivenError(
            f"{what!r} is neither a folder with a {CARD} nor a run id of 32 hex digits;"
            " rongzi train prints both"
        )


def _judge(evidence: Evidence, day: date, home: Path) -> GateVerdicts:
    verdicts = judge(evidence, champion_of(home), GATE_LIMITS.on(day))
    if not verdicts.passed:
        failures = "".join(f"\n- {_describe(verdict)}" for verdict in verdicts.failed)
        raise PromotionError(
            f"{len(verdicts.failed)} of {len(verdicts.verdicts)} gates stop the card"
            f" {evidence.digest[:16]}; nothing was published{failures}"
        )
    return verdicts


def _describe(verdict: Verdict) -> str:
    return f"{verdict.gate}: {verdict.finding.en}. {verdict.remedy.en}. {verdict.finding.zh}。"


def _refuse_self_approval(trained_by: str, approved_by: str) -> None:
    if not trained_by:
        raise PromotionError(
            "the evidence does not say who trained the card, so the approver cannot be shown to be"
            " another person; train it again with rongzi train --trained-by NAME"
        )
    approvers = (approved_by, *approved_by.split(","))
    if _normalised(trained_by) in map(_normalised, approvers):
        raise PromotionError(
            f"{approved_by} trained this card and may not approve it; ask another person"
        )


def _normalised(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _remarks(evidence: Evidence, verdicts: GateVerdicts, run_id: str | None) -> dict[str, object]:
    return {
        "kind": PROMOTION,
        "trained_by": evidence.notes.trained_by,
        "run_id": run_id,
        "limits_digest": verdicts.limits_digest,
        "flags": [verdict.gate for verdict in verdicts.flagged],
    }


def _refuse_unjudged(folder: Path, digest: str, home: Path) -> None:
    if not was_promoted(home, digest):
        raise PromotionError(
            f"{folder}: the card has no evidence, so no gate can judge it; promote the"
            " training run by its id, or the folder that rongzi train --out wrote"
        )
    read_card(folder, trusted_keys(home))


def _named(order: str | None) -> dict[str, object]:
    return {"order": order} if order else {}


def _put_back(
    folder: Path,
    approved_by: str,
    approved_at: datetime,
    home: Path,
    store: str | Path,
    order: str | None,
) -> Promotion:
    remarks = {"kind": ROLLBACK} | _named(order)
    publication = publish_card(home, folder, approved_by, approved_at, remarks)
    run_id = run_of_card(publication.card.digest, store)
    return _register(publication, run_id, store, None)


def _register(
    publication: Publication, run_id: str | None, store: str | Path, verdicts: GateVerdicts | None
) -> Promotion:
    version = make_champion(run_id, store, publication.card, verdicts) if run_id else None
    return Promotion(publication, run_id, version, verdicts)
