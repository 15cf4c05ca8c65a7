"""Judge the findings of a monitoring run against the limits in force, and say what to do."""

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
    "limits.yaml",
    numbers=(
        "recent_months", "least_recent_loans", "points_psi_watch", "points_psi_act",
        "attribute_psi_watch", "attribute_psi_act", "missing_rise_watch", "out_of_range_watch",
        "fallen_grades_watch", "actual_over_expected_low_watch", "actual_over_expected_watch",
        "actual_over_expected_act", "place_over_expected_watch", "early_over_expected_watch",
    ),
)  # fmt: skip


def alerts(findings: Findings) -> tuple[Alert, ...]:
    """Return an alert for everything that is monitored, the most urgent first."""
    raised = [
        *_shift_alerts(findings),
        _migration_alert(findings),
        _outcome_alert(findings),
        *_area_alerts(findings),
        _early_alert(findings),
    ]
    return tuple(sorted(raised, key=lambda alert: _ORDER[alert.level]))


def _shift_alerts(findings: Findings) -> Iterator[Alert]:
    shift, limits = findings.shift, findings.limits
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
        yield _attribute_alert(findings, each)
        yield from _quality_alerts(findings, each)


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
            "review the attributes below that moved most; if the population changed, review the"
            " cut-offs and plan a new training",
        ),
    )  # fmt: skip


def _attribute_alert(findings: Findings, each: AttributeShift) -> Alert:
    watch, act = findings.limits["attribute_psi_watch"], findings.limits["attribute_psi_act"]
    label = findings.baseline.file.card.wording[each.attribute].label
    bin_text, change = most_moved(findings.baseline, each)
    return Alert(
        "ATTRIBUTE_SHIFT", _above(each.csi, watch, act), each.attribute, each.csi, watch,
        Text(
            f"{label.zh}：CSI {each.csi:.3f}，“{bin_text.zh}”占比变动 {100 * change:+.1f} 个百分点",
            f"{label.en}: CSI {each.csi:.3f}; the share of “{bin_text.en}” moved by"
            f" {100 * change:+.1f} percentage points",
        ),
        Text(
            "核实来源数据与口径是否变化；若确有变化，按其对分数的影响决定",
            "check its source tables for a changed meaning or a late delivery; if the change is"
            " real, decide by its effect on points",
        ),
    )  # fmt: skip


def _quality_alerts(findings: Findings, each: AttributeShift) -> Iterator[Alert]:
    label = findings.baseline.file.card.wording[each.attribute].label
    remedy = Text(
        "请数据导入负责人核实：哪些机构停报或变更了计量单位",
        "ask the import team which branch stopped reporting or changed the unit",
    )
    for code, value, limit, zh, en in (
        ("MISSING_ROSE", each.missing_rise, findings.limits["missing_rise_watch"], "缺失占比上升",
         "the share of missing values rose by"),
        ("OUT_OF_RANGE", each.out_of_range, findings.limits["out_of_range_watch"], "超出范围占比",
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


def _migration_alert(findings: Findings) -> Alert:
    migration, limit = findings.migration, findings.limits["fallen_grades_watch"]
    worst = migration.counties[0] if migration.counties else None
    zh, en = (f"；降分最多的县区代码 {worst.name}（平均 {worst.points:+.1f} 分）",
              f"; the county whose members lost most is {worst.name} ({worst.points:+.1f} points"
              " on average)") if worst else ("", "")  # fmt: skip
    return Alert(
        "GRADES_FELL", "watch" if migration.fallen > limit else "ok", "", migration.fallen, limit,
        Text(
            f"{100 * migration.fallen:.1f} % 的会员自 {findings.since} 起下降两级或以上{zh}",
            f"{100 * migration.fallen:.1f} % of members are two or more grades lower than on"
            f" {findings.since}{en}",
        ),
        Text(
            "按下方指标与县区的分数变化查明原因：经营恶化的，走访；数据有误的，更正",
            "find the cause in the changes by attribute and county below: visit members whose"
            " business declined, correct faulty data",
        ),
    )  # fmt: skip


def _outcome_alert(findings: Findings) -> Alert:
    row, limits = findings.outcomes.fresh, findings.limits
    if row is None:
        return _unmeasured(
            "ACTUAL_AGAINST_EXPECTED",
            Text(
                f"自训练日 {findings.outcomes.trained_as_of} 起尚无新的到期结果",
                "no loan outcome has become known since the training of"
                f" {findings.outcomes.trained_as_of}",
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
            f"of {row.loans:,} loans that ripened since training, {row.bads:,} went bad, expected"
            f" {row.expected:.1f}: ratio {row.ratio:.2f} ({row.low:.2f}–{row.high:.2f})",
        ),
        Text(
            "按季度与县区定位；普遍偏离的，重新校准；局部偏离的，赴当地核查",
            "locate it by quarter and county; recalibrate if it is everywhere, inspect the place if"
            " it is local",
        ),
    )  # fmt: skip


def _area_alerts(findings: Findings) -> Iterator[Alert]:
    limit = findings.limits["place_over_expected_watch"]
    for row in (*findings.outcomes.counties, *findings.outcomes.villages):
        if row.low > limit:
            yield _area_alert(row, limit)


def _area_alert(row: OutcomeRow, limit: float) -> Alert:
    return Alert(
        "PLACE_WORSE", "watch", row.name, row.ratio, limit,
        Text(
            f"{row.name}：{row.loans} 笔中坏 {row.bads} 笔，预期 {row.expected:.1f} 笔；"
            f"收缩后为预期的 {row.ratio:.2f} 倍（{row.low:.2f}–{row.high:.2f}）",
            f"{row.name}: {row.bads} of {row.loans} went bad, expected {row.expected:.1f}; shrunk,"
            f" {row.ratio:.2f} times expected ({row.low:.2f}–{row.high:.2f})",
        ),
        Text(
            "走访当地，核查经办人员与灾情，再决定是否暂停放款",
            "visit the place, check its loan officers and harvest, then decide on a pause",
        ),
    )  # fmt: skip


def _early_alert(findings: Findings) -> Alert:
    limit = findings.limits["early_over_expected_watch"]
    known = [row for row in findings.early if row.expected == row.expected and row.expected > 0]
    if not known:
        return _unmeasured(
            "EARLY_PERFORMANCE",
            Text("没有可预估的未到期贷款", "there are no unripe loans to forecast"),
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
            f"of {loans:,} unripe loans {foreseen:.0f} are forecast to end bad; expected at"
            f" application {expected:.0f}",
        ),
        Text(
            "提前催收逾期 30 天以上的贷款，并复核近期放款的准入",
            "start collection on loans 30 or more days late, and review the latest approvals",
        ),
    )  # fmt: skip


def _above(value: float, watch: float, act: float) -> Level:
    return "act" if value > act else "watch" if value > watch else "ok"


def _unmeasured(code: str, reason: Text) -> Alert:
    return Alert(code, "none", "", None, None, reason, _NOTHING)
