"""Findings against the limits in force: what moved, where, and what to do about it.

The limits of monitoring in force on a day, from ``limits.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.profile.dictionary import Text
from training.monitoring.findings import Alert, Findings, Level
from training.monitoring.outcomes import OutcomeRow
from training.monitoring.shift import AttributeShift, Shift, most_moved
from training.samples.limits import Limits, LimitsFile

_ORDER = {"act": 0, "watch": 1, "none": 2, "ok": 3}
_NOTHING = Text("无需处理", "nothing to do")

MONITORING_LIMITS = LimitsFile(
    "training.monitoring",
    "limits.yaml",
    numbers=(
        "recent_months", "least_recent_loans", "points_psi_watch", "points_psi_act",
        "attribute_psi_watch", "attribute_psi_act", "missing_rise_watch", "out_of_range_watch",
        "fallen_grades_watch", "actual_over_expected_low_watch", "actual_over_expected_watch",
        "actual_over_expected_act", "place_over_expected_watch", "early_over_expected_watch",
    ),
)  # fmt: skip


def alerts(found: Findings) -> tuple[Alert, ...]:
    """Return every watched thing, the most pressing first."""
    raised = [
        *_shift_alerts(found),
        _migration_alert(found),
        _outcome_alert(found),
        *_place_alerts(found),
        _early_alert(found),
    ]
    return tuple(sorted(raised, key=lambda alert: _ORDER[alert.level]))


def _shift_alerts(found: Findings) -> Iterator[Alert]:
    shift, limits = found.shift, found.limits
    least, months = int(limits["least_recent_loans"]), int(limits["recent_months"])
    if shift is None or shift.rows < least:
        rows = 0 if shift is None else shift.rows
        yield _unmeasured(
            "POINTS_SHIFT",
            Text(
                f"近 {months} 个月仅 {rows} 笔放款，不足 {least} 笔，无法判断客群是否变化",
                f"only {rows} loans in the last {months} months, and {least} are needed to tell"
                " whether applicants have moved",
            ),
        )
        return
    yield _points_alert(shift, limits)
    for each in shift.attributes:
        yield _attribute_alert(found, each)
        yield from _quality_alerts(found, each)


def _points_alert(shift: Shift, limits: Limits) -> Alert:
    watch, act = limits["points_psi_watch"], limits["points_psi_act"]
    return Alert(
        "POINTS_SHIFT", _above(shift.psi, watch, act), "", shift.psi, watch,
        Text(
            f"近期 {shift.rows:,} 位借款人的总分分布与开发样本相比 PSI 为 {shift.psi:.3f}",
            f"points of {shift.rows:,} recent borrowers against development: PSI {shift.psi:.3f}",
        ),
        Text(
            "查看下方变动最大的指标；若为客群变化，复核准入分数线并计划重新训练",
            "look at the attributes that moved most below; if the clientele changed, review the"
            " cut-offs and plan a new training",
        ),
    )  # fmt: skip


def _attribute_alert(found: Findings, each: AttributeShift) -> Alert:
    watch, act = found.limits["attribute_psi_watch"], found.limits["attribute_psi_act"]
    label = found.baseline.file.card.wording[each.attribute].label
    zh, en, moved = most_moved(found.baseline, each)
    return Alert(
        "ATTRIBUTE_SHIFT", _above(each.csi, watch, act), each.attribute, each.csi, watch,
        Text(
            f"{label.zh}：CSI {each.csi:.3f}，“{zh}”占比变动 {100 * moved:+.1f} 个百分点",
            f"{label.en}: CSI {each.csi:.3f}; the share of “{en}” moved by {100 * moved:+.1f}"
            " percentage points",
        ),
        Text(
            "核对其来源数据与口径是否变化；若为真实变化，看分数影响再决定",
            "check its source tables for a changed meaning or a late delivery; if the change is"
            " real, decide by its effect on points",
        ),
    )  # fmt: skip


def _quality_alerts(found: Findings, each: AttributeShift) -> Iterator[Alert]:
    label = found.baseline.file.card.wording[each.attribute].label
    remedy = Text(
        "联系导入负责人：哪些机构停报或改了单位",
        "ask whoever imports: which branch stopped or changed unit",
    )
    for code, value, limit, zh, en in (
        ("MISSING_ROSE", each.missing_rise, found.limits["missing_rise_watch"], "缺失占比上升",
         "the share of missing values rose by"),
        ("OUT_OF_RANGE", each.out_of_range, found.limits["out_of_range_watch"], "超出范围占比",
         "the share out of range is"),
    ):  # fmt: skip
        if value > limit:
            yield Alert(
                code, "watch", each.attribute, value, limit,
                Text(
                    f"{label.zh}：{zh} {100 * value:.1f} %",
                    f"{label.en}: {en} {100 * value:.1f} %",
                ),
                remedy,
            )  # fmt: skip


def _migration_alert(found: Findings) -> Alert:
    moved, limit = found.migration, found.limits["fallen_grades_watch"]
    worst = moved.counties[0] if moved.counties else None
    zh, en = (f"；降分最多的县区代码 {worst.name}（平均 {worst.points:+.1f} 分）",
              f"; the county whose members lost most is {worst.name} ({worst.points:+.1f} points"
              " on average)") if worst else ("", "")  # fmt: skip
    return Alert(
        "GRADES_FELL", "watch" if moved.fallen > limit else "ok", "", moved.fallen, limit,
        Text(
            f"{100 * moved.fallen:.1f} % 的会员自 {found.since} 起下降两级或以上{zh}",
            f"{100 * moved.fallen:.1f} % of members are two or more grades lower than on"
            f" {found.since}{en}",
        ),
        Text(
            "按下方指标与县区的分数变化查原因；属经营恶化则走访，属数据则修数据",
            "find the cause by the changes by attribute and county below: visit where business"
            " fell, mend where data did",
        ),
    )  # fmt: skip


def _outcome_alert(found: Findings) -> Alert:
    row, limits = found.outcomes.fresh, found.limits
    if row is None:
        return _unmeasured(
            "ACTUAL_AGAINST_EXPECTED",
            Text(
                f"自训练日 {found.outcomes.trained_as_of} 起尚无新到期结果",
                f"no outcome has ripened since the training of {found.outcomes.trained_as_of}",
            ),
        )
    level: Level = "ok"
    if row.low > 1 and row.ratio > limits["actual_over_expected_watch"]:
        level = "act" if row.ratio > limits["actual_over_expected_act"] else "watch"
    elif row.high < 1 and row.ratio < limits["actual_over_expected_low_watch"]:
        level = "watch"
    return Alert(
        "ACTUAL_AGAINST_EXPECTED", level, "", row.ratio, limits["actual_over_expected_watch"],
        Text(
            f"训练后到期的 {row.loans:,} 笔中坏 {row.bads:,} 笔，预期 {row.expected:.1f} 笔，"
            f"比值 {row.ratio:.2f}（{row.low:.2f}–{row.high:.2f}）",
            f"of {row.loans:,} loans that ripened since training {row.bads:,} went bad, expected"
            f" {row.expected:.1f}: ratio {row.ratio:.2f} ({row.low:.2f}–{row.high:.2f})",
        ),
        Text(
            "按季度与县区定位；普遍偏离则重新校准，局部偏离则查当地",
            "locate it by quarter and county; recalibrate if it is everywhere, look on the spot if"
            " it is local",
        ),
    )  # fmt: skip


def _place_alerts(found: Findings) -> Iterator[Alert]:
    limit = found.limits["place_over_expected_watch"]
    for row in (*found.outcomes.counties, *found.outcomes.villages):
        if row.low > limit:
            yield _place_alert(row, limit)


def _place_alert(row: OutcomeRow, limit: float) -> Alert:
    return Alert(
        "PLACE_WORSE", "watch", row.name, row.ratio, limit,
        Text(
            f"{row.name}：{row.loans} 笔中坏 {row.bads} 笔，预期 {row.expected:.1f} 笔；"
            f"收缩后为预期的 {row.ratio:.2f} 倍（{row.low:.2f}–{row.high:.2f}）",
            f"{row.name}: {row.bads} of {row.loans} went bad, expected {row.expected:.1f}; shrunk,"
            f" {row.ratio:.2f} times expected ({row.low:.2f}–{row.high:.2f})",
        ),
        Text(
            "走访当地并核对经办与灾情，再决定是否暂缓",
            "visit, and look at officers and harvest, before deciding on a pause",
        ),
    )  # fmt: skip


def _early_alert(found: Findings) -> Alert:
    limit = found.limits["early_over_expected_watch"]
    known = [row for row in found.early if row.expected == row.expected and row.expected > 0]
    if not known:
        return _unmeasured(
            "EARLY_PERFORMANCE",
            Text("没有未到期贷款可预估", "no loan is unripe, so none is foreseen"),
        )
    foreseen, low, expected = (
        sum(getattr(row, f) for row in known) for f in ("foreseen", "low", "expected")
    )
    ratio = foreseen / expected
    level: Level = "watch" if ratio > limit and low > expected else "ok"
    loans = sum(row.loans for row in known)
    return Alert(
        "EARLY_PERFORMANCE", level, "", ratio, limit,
        Text(
            f"未到期 {loans:,} 笔预估将有 {foreseen:.0f} 笔变坏，申请时预期 {expected:.0f} 笔",
            f"of {loans:,} loans not ripe yet {foreseen:.0f} are foreseen to end bad; expected at"
            f" application {expected:.0f}",
        ),
        Text(
            "提前催收 30 天以上逾期，并复核最近放款的准入",
            "collect early from those 30 or more days late, and review the latest approvals",
        ),
    )  # fmt: skip


def _above(value: float, watch: float, act: float) -> Level:
    return "act" if value > act else "watch" if value > watch else "ok"


def _unmeasured(code: str, told: Text) -> Alert:
    return Alert(code, "none", "", None, None, told, _NOTHING)
