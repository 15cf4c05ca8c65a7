"""The section on the settings that shaped this card, who trained it, when, and with what."""

from __future__ import annotations

from collections.abc import Callable

from training.reports.parts import Cell, Column, Heading, Section, Table, Text, facts, say
from training.reports.sections.names import is_table
from training.reports.versions import versions
from training.run import TrainedRun
from training.settings import Settings

Applies = Callable[[TrainedRun], bool]


def _always(run: TrainedRun) -> bool:
    return True


def _of_archive(run: TrainedRun) -> bool:
    return not is_table(run)


def _of_family(*families: str) -> Applies:
    return lambda run: run.origin.settings.family in families


def _of_rejects(run: TrainedRun) -> bool:
    return run.origin.settings.reject_inference != "none"


def _of_weighting(run: TrainedRun) -> bool:
    return run.origin.settings.reject_inference == "ipw"


_BOOSTED = _of_family("boosted", "boosted_single", "blend")
_WOE = _of_family("woe", "blend")
#: What a setting means, and the runs that it shapes. One that is not listed is always shown.
_MEANING: dict[str, tuple[Text, Applies]] = {
    "seed": (say("随机种子", "seed of every random choice"), _always),
    "family": (say("模型类别", "family of models"), _always),
    "folds": (say("交叉验证折数", "folds of the cross-validation"), _always),
    "least_bads": (say("开发样本最少不良", "bads the development sample needs"), _always),
    "least_held_bads": (say("验证样本最少不良", "bads the validation sample needs"), _always),
    "most_bins": (say("每项指标最多分箱", "ordinary bins an attribute may have"), _WOE),
    "least_bin_share": (say("分箱最小占比", "share of values an ordinary bin needs"), _WOE),
    "prior_rows": (
        say("每箱附加的平均行数（收缩）", "rows at the base rate added to every bin (shrinkage)"),
        _always,
    ),
    "least_iv": (say("最低信息值", "information value an attribute needs"), _WOE),
    "turned_errors": (
        say("关系反转的判定（标准误倍数）", "standard errors at which a relation counts as turned"),
        _of_archive,
    ),
    "most_unknown_share": (say("无取值的行最多占比", "share of unknown values at most"), _always),
    "most_correlation": (say("最大相关系数", "correlation of two attributes at most"), _WOE),
    "most_derived": (say("最多派生指标", "derived attributes at most"), _BOOSTED),
    "least_points": (say("最小分差", "points an attribute must move"), _of_family("woe")),
    "penalties": (say("试验的岭参数 C", "inverse strengths C of the ridge tried"), _WOE),
    "least_level_rows": (say("文字取值最少行数", "rows a spelling needs for its own bin"), _WOE),
    "resamples": (say("自助法次数", "bootstrap resamples behind each interval"), _always),
    "out_of_time_share": (say("时间外样本占比", "share of loans held out by vintage"), _of_archive),
    "hold_out_share": (say("留出样本占比", "share of rows held out at random"), is_table),
    "refit": (say("评估后用全部行重新拟合", "fitted again to all rows once judged"), _always),
    "without": (say("分析师剔除的指标", "attributes kept out by the analyst"), _always),
    "directions": (say("分析师规定的方向", "directions set by the analyst"), _always),
    "most_range_share": (
        say("单项指标最多占分数范围", "share of the range one attribute decides at most"),
        _always,
    ),
    "bins": (say("分析师规定的分箱点", "bins set by the analyst"), _always),
    "window_months": (say("表现期（月）", "performance window, months on book"), _of_archive),
    "bullet_window_months": (
        say("收获后还款贷款的表现期（月）", "window of harvest-bullet loans, months from maturity"),
        _of_archive,
    ),
    "bad_days": (say("不良：逾期天数", "days past due that make a loan bad"), _of_archive),
    "indeterminate_days": (say("不定：逾期天数", "days past due: undecided"), _of_archive),
    "run_in_months": (say("档案预热月数", "months of archive a loan needs before it"), _of_archive),
    "calibration": (say("分数到违约概率的曲线", "curve from points to PD"), _always),
    "reject_inference": (say("拒绝推断方法", "method of reject inference"), _always),
    "unobserved": (say("推断对象", "whose outcomes are inferred"), _of_rejects),
    "most_unobserved": (say("最多推断人数", "members drawn for inference at most"), _of_rejects),
    "reject_prudence": (say("推断违约概率的系数", "factor on the inferred PD"), _of_rejects),
    "most_weight_quantile": (say("权重截断分位", "quantile of the cut weights"), _of_weighting),
    "scaling": (say("刻度", "scale of the points"), _always),
    "grades": (say("等级上限", "ceilings of the grades"), _always),
}  # fmt: skip


def settings_section(run: TrainedRun) -> Section:
    """Return the section."""
    return Section(
        "settings",
        say("设置与版本", "Settings and versions"),
        (
            _training(run),
            Heading(say("影响此卡的设置", "Settings that shaped this card")),
            _settings(run),
            Heading(say("软件版本", "Versions")),
            facts(
                "versions", say("版本", "Versions"), [(say(n), v) for n, v in versions().items()]
            ),
        ),
    )


def _training(run: TrainedRun) -> Table:
    at = run.trained_at.isoformat(sep=" ", timespec="seconds") if run.trained_at else ""
    unknown = say("未记录", "not recorded")
    rows: list[tuple[Text, Cell]] = [
        (say("建模人", "trained by"), run.trained_by or unknown),
        (say("训练时间（含时区）", "trained at, with zone"), at or unknown),
        (say("入选候选", "chosen candidate"), run.learned.candidate),
        (say("学习所用的行", "rows the card learned from"), f"{len(run.samples.fitted):,}"),
        (say("评分卡摘要", "digest of the card"), run.digest),
    ]
    return facts("training", say("训练", "Training"), rows)


def _settings(run: TrainedRun) -> Table:
    columns = (
        Column(say("设置", "setting"), "code"),
        Column(say("含义", "meaning")),
        Column(say("值", "value")),
    )
    stated = run.origin.settings
    rows = []
    for name in stated.as_parameters():
        meaning, applies = _MEANING.get(name, (say(""), _always))
        if applies(run):
            rows.append((name, meaning, _value(name, stated)))
    return Table("settings", say("设置", "Settings"), columns, tuple(rows))


def _value(name: str, stated: Settings) -> str:
    value = getattr(stated, name)
    if name == "grades":
        return ", ".join(f"{grade.grade} ≤ {grade.pd_at_most:.2%}" for grade in value)
    if name == "scaling":
        return f"{value.anchor_points} = {value.anchor_odds:g}:1; PDO {value.pdo}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
