"""Which accounts may do which duties, alone and together, under the controls of a day.

An account is not a person: whether one person signs in with two accounts cannot be known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

from api.access.account import Account
from api.access.duties import may_begin, may_do
from api.core.principal import ROLES, Principal, Role
from model.policy.controls import DUTIES, Controls, Duty
from model.profile.dictionary import Text

FindingLevel = Literal["unsafe", "note"]
#: The words of each duty.
DUTY_TEXTS: dict[Duty, Text] = {
    "consent": Text("记录授权", "record consent"),
    "visit": Text("记录走访", "record a visit"),
    "ask": Text("申请", "ask"),
    "rule": Text("审核", "rule"),
    "pay": Text("放款", "pay"),
    "cancel": Text("撤销放款或还款", "cancel"),
    "repay": Text("记录还款", "record a repayment"),
    "settle": Text("处理账目差异", "settle a difference"),
    "erase": Text("删除会员资料", "erase a member"),
}


@dataclass(frozen=True)
class Team:
    """The accounts that may begin the halves of a pair where a place lies.

    Attributes
    ----------
    place : str
        A place that an account of either half names; '' is everywhere.
    one, other : tuple of str
        Accounts by name.
    """

    place: str
    one: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def is_one_account(self) -> bool:
        """Whether the same single account may do either half, so that no case gets both."""
        return len(self.one) == 1 and self.one == self.other


@dataclass(frozen=True)
class Pair:
    """Two duties that one person may not do on one case.

    Attributes
    ----------
    both : tuple of str
        Accounts that may do either, each on other cases.
    by_roles : tuple of str
        Those of `both` of which no single role does: another role joins the two.
    teams : tuple of Team
        Who does the halves together, by place.
    """

    one: Duty
    other: Duty
    both: tuple[str, ...]
    by_roles: tuple[str, ...]
    teams: tuple[Team, ...]


@dataclass(frozen=True)
class Finding:
    """Something to know about how duties are held.

    Attributes
    ----------
    code : str
        Stable, such as ``ROLES_JOIN_DUTIES``.
    accounts : tuple of str
        The accounts that it concerns.
    text : Text
        What was found and, where something can be done, what.
    """

    code: str
    level: FindingLevel
    accounts: tuple[str, ...]
    text: Text


@dataclass(frozen=True)
class DutyHolders:
    """The duties under `controls`, as the enabled ones of `accounts` may do them."""

    controls: Controls
    accounts: Sequence[Account]

    def roles_of(self, duty: Duty) -> list[Role]:
        """Return the roles that do `duty`, or complete it for another."""
        return [role for role in ROLES if may_do(duty, (role,))]

    def names_of(self, duty: Duty) -> tuple[str, ...]:
        """Return the accounts that may do `duty`, or complete it for another, by name."""
        return tuple(each.subject for each in self._holders[duty])

    @cached_property
    def pairs(self) -> list[Pair]:
        """The pairs that the controls keep apart, in the order of the duties."""
        two = combinations(DUTIES, 2)
        return [self._pair(one, other) for one, other in two if self.controls.are_apart(one, other)]

    def findings(self) -> list[Finding]:
        """Return what is to know, unsafe first."""
        found = [*self._of_controls(), *self._of_duties(), *self._of_pairs(), _NOT_KNOWABLE]
        return sorted(found, key=lambda each: each.level != "unsafe")

    @cached_property
    def _holders(self) -> dict[Duty, list[Principal]]:
        enabled = sorted((each for each in self.accounts if each.is_enabled), key=lambda a: a.name)
        return {
            duty: [each.principal for each in enabled if may_do(duty, each.roles)]
            for duty in DUTIES
        }

    def _pair(self, one: Duty, other: Duty) -> Pair:
        ones, others = self._holders[one], self._holders[other]
        both = [each for each in ones if each in others]
        begins_one = [each for each in ones if may_begin(one, each.roles)]
        begins_other = [each for each in others if may_begin(other, each.roles)]
        places = sorted({place for each in (*begins_one, *begins_other) for place in each.places})
        return Pair(
            one,
            other,
            _names(both),
            _names(each for each in both if not _by_one_role(each, one, other)),
            tuple(
                Team(at, _names(_at(at, begins_one)), _names(_at(at, begins_other)))
                for at in places
            ),
        )

    def _of_controls(self) -> Iterator[Finding]:
        if not self.pairs:
            yield _NOTHING_APART

    def _of_duties(self) -> Iterator[Finding]:
        for duty in DUTIES:
            if not self._holders[duty]:
                text = DUTY_TEXTS[duty]
                yield Finding(
                    "NOBODY", "note", (),
                    Text(
                        f"没有启用的账号可以办理“{text.zh}”。",
                        f"No enabled account may {text.en}.",
                    ),
                )  # fmt: skip

    def _of_pairs(self) -> Iterator[Finding]:
        for pair in self.pairs:
            yield from _joined(pair)
        yield from _alone(self.pairs)


def _names(principals: Iterable[Principal]) -> tuple[str, ...]:
    return tuple(each.subject for each in principals)


def _at(place: str, principals: Iterable[Principal]) -> Iterator[Principal]:
    return (each for each in principals if each.reaches(place))


def _by_one_role(principal: Principal, one: Duty, other: Duty) -> bool:
    return any(may_do(one, (role,)) and may_do(other, (role,)) for role in principal.roles)


def _joined(pair: Pair) -> Iterator[Finding]:
    zh, en = _words(pair)
    by_one_role = tuple(name for name in pair.both if name not in pair.by_roles)
    if pair.by_roles:
        yield Finding(
            "ROLES_JOIN_DUTIES", "unsafe", pair.by_roles,
            Text(
                f"这些账号的几个角色合起来可以办理{zh}。同一案件会被拒绝，但仍应收回其中一个角色。",
                f"Several roles together let these accounts {en}. On one case that is refused; take"
                " one of the roles away all the same.",
            ),
        )  # fmt: skip
    if by_one_role:
        yield Finding(
            "ROLE_JOINS_DUTIES", "note", by_one_role,
            Text(
                f"这些账号的一个角色就可以办理{zh}；同一案件办了其一，另一项会被拒绝。",
                f"One role lets these accounts {en}; who did one of them on a case is refused the"
                " other there.",
            ),
        )  # fmt: skip


def _alone(pairs: Iterable[Pair]) -> Iterator[Finding]:
    """Tell each place where pairs rest with one account, which is refused the second halves."""
    alone: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        for team in pair.teams:
            if team.is_one_account:
                alone.setdefault((team.place, team.one[0]), []).append(pair)
    for (place, account), found in sorted(alone.items()):
        words = [_words(each) for each in found]
        zh, en = "；".join(each for each, _ in words), "; ".join(each for _, each in words)
        yield Finding(
            "ONE_ACCOUNT", "unsafe", (account,),
            Text(
                f"{place or '没有其他账号的辖区'}：{zh}只有这一个账号可以办理，"
                "同一案件办了其一，就没有人能办另一项；请再给一人账号。",
                f"{place or 'Places of no other account'}: this account alone may {en}. Once it"
                " did one on a case, nobody can do the other; give another person an account.",
            ),
        )  # fmt: skip


def _words(pair: Pair) -> tuple[str, str]:
    one, other = DUTY_TEXTS[pair.one], DUTY_TEXTS[pair.other]
    return f"“{one.zh}”和“{other.zh}”", f"both {one.en} and {other.en}"


_NOTHING_APART = Finding(
    "NOTHING_APART", "unsafe", (),
    Text(
        "今天生效的管理规定没有把任何两项职责分开：一人可以办完整个案件。",
        "The controls in force today keep no duties apart: one person may do all of a case.",
    ),
)  # fmt: skip
_NOT_KNOWABLE = Finding(
    "ACCOUNTS_ARE_NOT_PERSONS", "note", (),
    Text(
        "这里只认账号：一个人是否有两个账号，系统无法得知，须由发放账号的两位管理员保证。",
        "Only accounts are known here. Whether one person has two of them cannot be known; the two"
        " administrators who give them out answer for it.",
    ),
)  # fmt: skip
