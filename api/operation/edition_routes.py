"""Routes of editions: which there are, which run is held, and what one changes against another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access.dependencies import ResourcesInUse, ServiceInUse, SmallestCell
from api.editions.catalogue import editions, folder_of
from api.editions.difference import difference
from api.editions.held import held_edition
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import DAMAGED_EDITION, NOT_READY, UNKNOWN_EDITION
from api.http.problems import FieldError, ProblemError
from api.operation.schemas import DifferenceShape, EditionShape, EditionsShape, HeldShape
from model.errors import CardError, EditionError, UnknownEditionError
from model.profile.dictionary import Text

router = APIRouter(prefix="/v1/editions", tags=["operation"])

_NAME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}$"
_DAMAGED_ZH = "名单未通过校验；请从备份恢复或重新生成。详情见英文说明"
#: Folders in a message, which only the log and the console of the machine show.
_FOLDERS = re.compile(r"(?<!\w)/(?:[^\s/:;,]+/)+")


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except UnknownEditionError as error:
        raise ProblemError(UNKNOWN_EDITION) from error
    except (EditionError, CardError) as error:
        why = Text(_DAMAGED_ZH, _FOLDERS.sub("", str(error)))
        raise ProblemError(DAMAGED_EDITION, [FieldError("edition", why)]) from error


@router.get(
    "",
    summary="List the editions, and the run that is held",
    responses=refusals(NOT_READY, DAMAGED_EDITION),
)
def get_editions(
    service: ServiceInUse, resources: ResourcesInUse, smallest: SmallestCell
) -> EditionsShape:
    """Return the editions of the home, newest first, with who approved them and why.

    A run that would change more than the limits allow is held until a signing order lets it pass.
    A caller who may not see the persons gets null for moves of few.
    """
    home = service.settings.home
    with _refusing():
        held, listed = held_edition(home), editions(home)
    return EditionsShape(
        held=HeldShape.of(held, smallest) if held else None,
        editions=[EditionShape.of(each, smallest) for each in listed],
    )


@router.get(
    "/{edition}/differences",
    summary="Compare an edition with another",
    responses=refusals(NOT_READY, UNKNOWN_EDITION, DAMAGED_EDITION),
)
def get_edition_differences(
    service: ServiceInUse,
    resources: ResourcesInUse,
    smallest: SmallestCell,
    edition: Annotated[str, Path(pattern=_NAME, description=EXPECTED["edition"].en)],
    against: Annotated[str | None, Query(pattern=_NAME, description=EXPECTED["against"].en)] = None,
) -> DifferenceShape:
    """Return what changes where `edition` follows another, by the limits of publication of today.

    Without `against` the other is the edition in use: what would change by going back to `edition`.
    A caller who may not see the persons gets null for moves of few.
    """
    home, used = service.settings.home, resources.edition.manifest
    before = against or resources.edition.folder.name
    with _refusing():
        after = folder_of(home, edition).name
        day = used.plays_on or service.today()
        found = difference(home, before, after, day, resources.edition)
    return DifferenceShape.of(before, after, found, smallest)
