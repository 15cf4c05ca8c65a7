"""What the limits of publication bound of a change from one edition to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from model.policy.publication import PublicationLimits
from model.profile.dictionary import Text

#: The measure of entries into and exits from the first tier, and how its sentence names them.
TURNOVER, MOVED_EN = "TURNOVER", "members enter or leave the first tier"


@dataclass(frozen=True)
class Change:
    """A change from one edition to the next; a pair holds what was before and after.

    Attributes
    ----------
    members, first : (int, int)
        Members in total, and of the first tier.
    moved : int
        Members who enter or leave the first tier.
    points_shift : float or None
        Mean change of points of members scored in both; None if there are none.
    missing : mapping of str to (float, float)
        Share of members without a value, 0 to 1, by attribute that the card scores.
    """

    members: tuple[int, int]
    first: tuple[int, int]
    moved: int
    points_shift: float | None
    missing: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Excess:
    """One change beyond its limit.

    Attributes
    ----------
    code : str
        Stable, such as ``FIRST_SHARE``.
    text : Text
        The measured value and the limit, in both languages.
    """

    code: str
    text: Text


@dataclass(frozen=True)
class Measure:
    """One measure of a change, and the limit above which a person must let it pass.

    Attributes
    ----------
    change, most : float, int
        How much it changes, and the limit, in the unit of the measure.
    text : Text
        Both in a sentence.
    """

    code: str
    change: float
    most: int
    text: Text

    @property
    def is_beyond(self) -> bool:
        """Whether it is above the limit."""
        return self.change > self.most


def beyond(found: Iterable[Measure]) -> Iterator[Excess]:
    """Yield the measures above their limits."""
    return (Excess(each.code, each.text) for each in found if each.is_beyond)


def measures(change: Change, limits: PublicationLimits) -> Iterator[Measure]:
    """Yield each measure of `change` with its limit; an attribute's only where it moved."""
    yield from _of_counts(change, limits)
    for name, (was, now) in change.missing.items():
        if was != now:
            yield _measure(
                "MISSING", f"{name} 缺失（%）", f"{name} missing (%)",
                round(100 * was, 1), round(100 * now, 1),
                100 * abs(now - was), limits.most_missing_points, "",
            )  # fmt: skip
    if (shift := change.points_shift) is not None:
        most = limits.most_points_shift
        zh = f"会员评分平均变动 {shift:+.1f} 分（至多 {most} 分）"
        en = f"points of the same members move by {shift:+.1f} on average (at most {most})"
        yield Measure("POINTS_SHIFT", abs(shift), most, Text(zh, en))


def _of_counts(change: Change, limits: PublicationLimits) -> Iterator[Measure]:
    (was, now), (first_was, first_now) = change.members, change.first
    yield _measure(
        "MEMBERS", "会员数", "members", was, now,
        100 * abs(now - was) / was, limits.most_members_percent, "%",
    )  # fmt: skip
    share_was, share_now = 100 * first_was / was, 100 * first_now / now
    yield _measure(
        "FIRST_SHARE", "一级占比（%）", "share of the first tier (%)",
        round(share_was, 1), round(share_now, 1),
        abs(share_now - share_was), limits.most_first_share_points, "",
    )  # fmt: skip
    turnover, most = 100 * change.moved / max(first_was, 1), limits.most_turnover_percent
    yield Measure(TURNOVER, turnover, most, turnover_text(change.moved, turnover, most))


def turnover_text(moved: int | None, percent: float | None, most: int) -> Text:
    """Return the sentence on who enters or leaves the first tier; without numbers if hidden."""
    if moved is None or percent is None:
        return Text(
            f"一级名单进出的人数过少，不显示（至多 {most}%）",
            f"too few {MOVED_EN} to show (at most {most}%)",
        )
    return Text(
        f"一级名单进出 {moved:,} 人，为上期的 {percent:.0f}%（至多 {most}%）",
        f"{moved:,} {MOVED_EN}, {percent:.0f}% of those before (at most {most}%)",
    )


def _measure(
    code: str, zh: str, en: str, was: float, now: float, change: float, most: int, unit: str
) -> Measure:
    text = Text(
        f"{zh} {was:,} → {now:,}，变动 {change:.1f}{unit}（至多 {most}{unit}）",
        f"{en} {was:,} → {now:,}, a change of {change:.1f}{unit} (at most {most}{unit})",
    )
    return Measure(code, change, most, text)
