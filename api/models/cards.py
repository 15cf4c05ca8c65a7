"""Cards that the home knows: promoted ones by their own signature, others from a run's summary."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import rfc8785

from api.editions.in_use import Service
from api.http.problem_kinds import NOT_FOUND
from api.http.problems import ProblemError
from api.models.schemas import AttributeEvidence, RunContent, Standing
from api.models.summaries import summaries
from data.publishing.published_card import published_cards, published_folder
from data.publishing.run_summaries import RunSummary, run_summaries
from model.card.card_file import CardFile
from model.card.card_json import card_from_json
from model.errors import CardError

#: A recalibrated card has the bins, points and evidence of the card that it names here.
_TRAINED = "recalibrated_from"


@dataclass(frozen=True)
class KnownCard:
    """A card with what the run that made it knew of its bins.

    Attributes
    ----------
    file : CardFile
        Without approval if it was never promoted here.
    evidence : mapping of str to AttributeEvidence
        By attribute; empty if no verified summary tells of it.
    runs : list of str
        Ids of the runs that made it.
    """

    file: CardFile
    evidence: dict[str, AttributeEvidence]
    runs: list[str]


def known_card(home: Path, digest: str) -> KnownCard:
    """Return the card with `digest`: as promoted, or as a verified summary holds it.

    Raises
    ------
    ProblemError
        If the home knows no such card.
    """
    file = published_cards(home).get(digest) or next(_of_summaries(home, digest), None)
    if file is None:
        raise ProblemError(NOT_FOUND)
    return _with_evidence(file, _trained(home))


def promoted_cards(home: Path) -> list[KnownCard]:
    """Return every card that was ever promoted here, the latest promotion first."""
    trained = _trained(home)
    return [_with_evidence(file, trained) for file in published_cards(home).values()]


def _trained(home: Path) -> list[tuple[str, RunContent]]:
    """Return the verified trainings with their ids, latest first."""
    return [(head["id"], run) for head, run in summaries(home, "training", RunContent) if run]


def _with_evidence(file: CardFile, trained: list[tuple[str, RunContent]]) -> KnownCard:
    made_from = (file.digest, file.card.provenance.get(_TRAINED))
    made = [(id_, run) for id_, run in trained if run.card_digest in made_from]
    evidence = {each.attribute: each for each in made[0][1].attributes} if made else {}
    return KnownCard(file, evidence, [id_ for id_, _ in made])


def _of_summaries(home: Path, digest: str) -> Iterator[CardFile]:
    for each in run_summaries(home, "training"):
        if each.content.get("card_digest") == digest and (file := _card_of(each)):
            yield file


def _card_of(found: RunSummary) -> CardFile | None:
    """Return the card in a verified summary, if it is the card that the summary names."""
    with contextlib.suppress(CardError, ValueError, KeyError):
        payload = rfc8785.dumps(found.content["card"])
        digest = hashlib.sha256(payload).hexdigest()
        if digest == found.content["card_digest"]:
            return CardFile(card_from_json(payload), digest, None, None)
    return None


def standing_of(service: Service) -> Callable[[str], Standing]:
    """Return a function from a card's digest to where the card stands now."""
    home = service.settings.home
    published = published_cards(home)
    used = None
    with contextlib.suppress(ProblemError):
        used = service.resources().card.digest
    champion = None
    with contextlib.suppress(CardError):
        champion = published_folder(home).name

    def standing(digest: str) -> Standing:
        if digest == used:
            return "IN_USE"
        if digest not in published:
            return "NONE"
        return "NEXT" if digest[:16] == champion else "EARLIER"

    return standing
