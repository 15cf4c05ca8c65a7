"""Finding people: by what they say of themselves, by household, by change of tier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api.editions.directory import Directory
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources
from api.editions.manifest import as_of_folder
from api.http.fields import EXPECTED
from api.http.problem_kinds import INVALID_BODY, INVALID_PARAMETER, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import FieldError, Kind, ProblemError
from api.members.schemas import (
    ChangesPage,
    FoundMember,
    HouseholdShape,
    IdentityShape,
    PlaceShape,
    SearchPage,
    SearchRequest,
    TierChange,
)
from model.decision.whitelist import HOUSEHOLD_BORROWER
from model.decision.whitelist_changes import reason_text
from model.profile.dictionary import Text

#: A search finds the one person at the counter; more rows are a list, which the whitelist gives.
PAGE_SIZE = 20
_VILLAGE_DIGITS = 12
#: Villages of one name, as there are in every county; more are not looked through.
_MAX_VILLAGES = 200

_NO_DIRECTORY = FieldError(
    "edition",
    Text(
        "本期名单不支持查找会员，请重新生成名单（rongzi whitelist）",
        "the edition in use has no directory to search; publish it again (rongzi whitelist)",
    ),
)
_NOTHING_GIVEN = FieldError(
    "body",
    Text(
        "至少一项：id_number、phone、name、village",
        "at least one of id_number, phone, name, village",
    ),
)
_BORROWER = {
    "THIS_MEMBER": Text("本户由该会员借款", "this member is the household's borrower"),
    "ANOTHER_MEMBER": Text(
        "本户已由其他成员作为借款人", "another member of the household is its borrower"
    ),
    "NOBODY": Text("本户目前无人可以借款", "at present nobody of the household may borrow"),
}
_NOT_TOLD = Text(
    "会员授权未生效，不显示本户由谁借款",
    "the member's consent is not in force, so it is not shown who may borrow",
)


@dataclass(frozen=True)
class Search:
    """A search in the directory in use, within the caller's places.

    Raises
    ------
    ProblemError
        Where a method needs a directory and the edition has none.
    """

    resources: Resources
    within: tuple[str, ...]

    def people(self, wanted: SearchRequest) -> SearchPage:
        """Return one page of the people who match every field that is given."""
        if not wanted.of_person and wanted.village is None:
            raise ProblemError(INVALID_BODY, [_NOTHING_GIVEN])
        directory = self._directory()
        if not directory.can_search:
            raise ProblemError(NOT_READY, [_NO_DIRECTORY])
        villages = None if wanted.village is None else self._villages(wanted.village)
        after = self._after(wanted.cursor, INVALID_BODY)
        place = PlaceFilter(within=self.within)
        found = directory.find(wanted.of_person, villages, place, after, PAGE_SIZE + 1)
        rows = [self._found(member_id) for member_id in found[:PAGE_SIZE]]
        has_more = len(found) > PAGE_SIZE
        return SearchPage(
            as_of=self.resources.edition.manifest.day,
            rows=rows,
            next_cursor=rows[-1].member_id if has_more else None,
        )

    def without_values(self, page: SearchPage, hidden: Collection[str]) -> SearchPage:
        """Return `page` without the standing of who may not be shown."""
        standing = {"tier": "NONE", "limit_yuan": 0, "has_consent": False}
        rows = [
            row.model_copy(update=standing) if row.member_id in hidden else row for row in page.rows
        ]
        return page.model_copy(update={"rows": rows})

    def household(self, member_id: str, *, has_consent: bool = True) -> HouseholdShape:
        """Return the member's place in the household, without the data of the others."""
        edition = self.resources.edition
        columns = edition.columns(member_id)
        if columns is None:
            raise ProblemError(UNKNOWN_MEMBER)
        place = {1.0: "THIS_MEMBER", 0.0: "ANOTHER_MEMBER"}
        borrower = place.get(columns[HOUSEHOLD_BORROWER].item(), "NOBODY")
        text = _BORROWER[borrower] if has_consent else _NOT_TOLD
        return HouseholdShape.model_validate(
            {
                "member_id": member_id,
                "as_of": edition.manifest.day,
                "members_in_archive": self._directory().household_of(member_id),
                "borrower": borrower if has_consent else None,
                "zh": text.zh,
                "en": text.en,
            }
        )

    def changes(
        self, place: PlaceFilter, kinds: Sequence[str], cursor: str | None, size: int
    ) -> ChangesPage:
        """Return one page of the members whose tier changed, with their points before and after."""
        after = self._after_move(cursor)
        rows = self._directory().moves(place, kinds, after, size + 1)
        manifest = self.resources.edition.manifest
        last = rows[size - 1] if len(rows) > size else None
        return ChangesPage(
            as_of=manifest.day,
            since=as_of_folder(manifest.previous) if manifest.previous else None,
            rows=[self._change(row) for row in rows[:size]],
            next_cursor=f"{last['village_code']}-{last['member_id']}" if last else None,
        )

    def _directory(self) -> Directory:
        if self.resources.directory is None:
            raise ProblemError(NOT_READY, [_NO_DIRECTORY])
        return self.resources.directory

    def _villages(self, village: str) -> list[str]:
        is_code = village.isascii() and village.isdigit() and len(village) == _VILLAGE_DIGITS
        if is_code:
            return [village]
        return self.resources.edition.villages_named(village.strip(), _MAX_VILLAGES)

    def _after(self, cursor: str | None, kind: Kind) -> tuple[str, str] | None:
        if cursor is None:
            return None
        village = self.resources.edition.village_of(cursor)
        if village is None or not village.startswith(self.within):
            raise ProblemError(kind, [FieldError("cursor", EXPECTED["cursor"])])
        return village, cursor

    def _after_move(self, cursor: str | None) -> tuple[str, str] | None:
        if cursor is None:
            return None
        village, _, member_id = cursor.partition("-")
        if len(village) != _VILLAGE_DIGITS or not member_id:
            raise ProblemError(INVALID_PARAMETER, [FieldError("cursor", EXPECTED["cursor"])])
        return village, member_id

    def _found(self, member_id: str) -> FoundMember:
        edition = self.resources.edition
        row, person = edition.row(member_id) or {}, edition.person(member_id) or {}
        identity = IdentityShape(**{name: person.pop(name) for name in IdentityShape.model_fields})
        standing = {name: row[name] for name in ("tier", "limit_yuan")}
        standing["has_consent"] = "NO_CONSENT" not in str(row["knock_outs"]).split()
        return FoundMember(
            member_id=member_id, identity=identity, place=PlaceShape(**person), **standing
        )

    def _change(self, row: dict[str, object]) -> TierChange:
        person = self.resources.edition.person(str(row["member_id"])) or {}
        text = reason_text(str(row["reason"]), self.resources.policy)
        return TierChange.model_validate(
            {
                **row,
                "name": person.get("name"),
                "phone": person.get("phone"),
                "zh": text.zh,
                "en": text.en,
            }
        )
