"""The section on what was tried beside the card: challengers, candidates, pairs, rounding."""

from __future__ import annotations

from training.families.comparison import Candidate, HeldChallenger, PairsBought, RoundingLoss
from training.reports.parts import (
    Column,
    Heading,
    Part,
    Prose,
    Section,
    Table,
    Text,
    Unmeasured,
    say,
)
from training.reports.sections.names import validation_name
from training.run import TrainedRun

_CANDIDATE_COLUMNS = (
    Column(say("模型", "model")),
    Column(say("AUC"), "number", 4),
    Column(say("对数损失", "log loss"), "number", 4),
    Column(say("Brier"), "number", 4),
    Column(say("处理器秒", "processor seconds"), "number", 0),
    Column(say("设置", "settings")),
)


def comparison_section(run: TrainedRun) -> Section:
    """Return the section."""
    return Section(
        "comparison",
        say("与其他模型比较", "Beside other models"),
        (
            *_held(run), *_price(run), *_leaderboard(run), *_pairs(run), *_rounding(run),
            *_cap(run), *_hand_bins(run),
        ),
    )  # fmt: skip


def _held(run: TrainedRun) -> tuple[Part, ...]:
    heading = Heading(say("对照模型：留出样本", "Challengers on the held rows"))
    rows = run.comparison.held_out
    if not rows:
        return heading, Unmeasured(say("本次未拟合提升树对照", "no boosted challenger was fitted"))
    held, measured = validation_name(run), run.performance.evaluations[run.samples.validated_on]
    own = measured.measures
    return (
        heading,
        Prose(say(
            f"{held.zh}上的评分卡：AUC {own['auc'].value:.4f}，Brier {own['brier'].value:.4f}。"
            "提升树用全部开发样本拟合，只作对照，从不用于决策。差值为提升树减评分卡，"
            "按借款人自助法给出 95 % 区间。",
            f"The card on the {held.en} rows: AUC {own['auc'].value:.4f}, Brier"
            f" {own['brier'].value:.4f}. The challengers are fitted on all development rows and are"
            " never served. Differences are challenger less card, with 95 % intervals over"
            " borrowers: AUC gained or Brier score saved is the price of explanation.",
        )),
        _held_table(rows),
    )  # fmt: skip


def _held_table(rows: tuple[HeldChallenger, ...]) -> Table:
    columns = (
        Column(say("模型", "model")),
        Column(say("AUC"), "number", 4),
        Column(say("AUC 差", "AUC gained"), "interval", 4),
        Column(say("Brier"), "number", 4),
        Column(say("Brier 差", "Brier added"), "interval", 4),
    )
    written = tuple((r.name, r.auc, r.auc_gained, r.brier, r.brier_added) for r in rows)
    return Table("challengers_held", say("留出对照", "Challengers, held"), columns, written)


def _price(run: TrainedRun) -> tuple[Part, ...]:
    price = run.comparison.price
    if price is None:
        return ()
    return (
        Heading(say("对照模型：交叉验证", "Challengers out of fold")),
        Prose(say(
            f"在同样的折上，最好的提升树与所选候选相比：AUC {price.auc:+.4f}，Brier"
            f" {-price.brier:+.4f}。",
            "On the same folds, the best challenger less the chosen candidate: AUC"
            f" {price.auc:+.4f}, Brier score {-price.brier:+.4f}.",
        )),
        _candidates("challengers", say("交叉验证对照", "Challengers, folds"), price.challengers),
    )  # fmt: skip


def _leaderboard(run: TrainedRun) -> tuple[Part, ...]:
    rows = run.comparison.leaderboard
    heading = Heading(say("候选模型（交叉验证）", "Candidates, out of fold"))
    if not rows:
        return heading, Unmeasured(say("只试验了一个候选", "only one candidate was tried"))
    own = run.origin.settings.family
    return (
        heading,
        Prose(say(
            f"入选：{own}（交叉验证对数损失最小）。",
            f"Chosen: {own}, by the least log loss out of fold.",
        )),
        _candidates("candidates", say("候选模型", "Candidates"), rows),
    )  # fmt: skip


def _candidates(name: str, title: Text, rows: tuple[Candidate, ...]) -> Table:
    written = tuple((c.name, c.auc, c.log_loss, c.brier, c.seconds, c.note) for c in rows)
    return Table(name, title, _CANDIDATE_COLUMNS, written)


def _pairs(run: TrainedRun) -> tuple[Part, ...]:
    heading = Heading(say("指标组合的增益", "Gain from pairs of attributes"))
    bought = run.comparison.pairs_bought
    if bought is None:
        return heading, Unmeasured(say(
            "评分卡没有指标组合，或未试验无组合的候选",
            "the card has no pairs, or no candidate without pairs was tried",
        ))  # fmt: skip
    pairs = sum(len(term.attributes) == 2 for term in run.card.terms)
    other = bought.single.name
    return (
        heading,
        Prose(say(
            f"评分卡有 {pairs} 个组合。所选候选减去最好的无组合候选（{other}），交叉验证，"
            "按借款人自助法给出 95 % 区间。",
            f"The card has {pairs} pairs. The chosen candidate less the best one without pairs"
            f" ({other}), out of fold, with 95 % intervals over borrowers.",
        )),
        _pairs_table(bought),
    )  # fmt: skip


def _pairs_table(bought: PairsBought) -> Table:
    columns = (Column(say("指标", "measure")), Column(say("差值", "difference"), "interval", 4))
    rows = (
        (say("AUC（增加为好）", "AUC (a gain is better)"), bought.auc),
        (say("对数损失（减少为好）", "log loss (less is better)"), bought.log_loss),
        (say("Brier（减少为好）", "Brier score (less is better)"), bought.brier),
    )
    return Table("pairs_bought", say("组合增益", "Pairs' gain"), columns, rows)


def _rounding(run: TrainedRun) -> tuple[Part, ...]:
    heading = Heading(say("合并分箱与取整的损失", "Loss from merging bins and rounding"))
    lost = run.performance.rounding
    if lost is None:
        return heading, Unmeasured(say("本次未测量该损失", "the loss was not measured in this run"))
    return heading, _rounding_table(lost)


def _cap(run: TrainedRun) -> tuple[Part, ...]:
    """Return what the cap on one attribute's points costs; nothing where none reached it."""
    cap = run.learned.range_cap
    if cap is None:
        return ()
    names = "，".join(f"{name} {share:.0%}" for name, share in cap.before.items())
    said = say(
        f"单项指标至多占分数范围的 {cap.most_share:.0%}（--most-range-share）；不设上限时 {names}。"
        f"代价（交叉验证）：AUC {-cap.auc_lost:+.5f}，对数损失 {cap.log_loss_added:+.5f}。",
        f"One attribute decides at most {cap.most_share:.0%} of the range (--most-range-share);"
        f" without the cap {names.replace('，', ', ')}. With the cap, out of fold: AUC"
        f" {-cap.auc_lost:+.5f}, log loss {cap.log_loss_added:+.5f}.",
    )
    return Heading(say("单项指标分数上限", "Cap on the points of one attribute")), Prose(said)


def _hand_bins(run: TrainedRun) -> tuple[Part, ...]:
    """Return what the analyst's bins cost against the automatic ones; nothing without any."""
    cost = run.learned.hand_bins
    if cost is None:
        return ()
    names = ", ".join(cost.attributes)
    auc, loss = (
        f"{each.value:+.5f} ({each.low:+.5f} – {each.high:+.5f})"
        for each in (cost.auc, cost.log_loss)
    )
    said = say(
        f"分析师规定分箱（{names}），与自动分箱相比（交叉验证）：AUC {auc}，对数损失 {loss}。",
        f"Bins set by the analyst ({names}), against the automatic bins, out of fold: AUC {auc},"
        f" log loss {loss}.",
    )
    return Heading(say("手工分箱的代价", "What the bins by hand cost")), Prose(said)


def _rounding_table(lost: RoundingLoss) -> Table:
    columns = (
        Column(say("步骤", "step")),
        Column(say("AUC 损失", "AUC lost"), "signed", 5),
        Column(say("Brier 增加", "Brier added"), "signed", 5),
    )
    rows = (
        (say("合并分箱", "merging bins"), lost.merging_auc, lost.merging_brier),
        (say("取整", "whole points"), lost.rounding_auc, lost.rounding_brier),
        (say("合计", "in all"), lost.auc, lost.brier),
    )
    return Table("rounding", say("取整损失", "Rounding"), columns, rows)
