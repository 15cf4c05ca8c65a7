"""What samples, measures and verdicts are called on a page."""

from __future__ import annotations

from training.gates.called import called
from training.reports.parts import NOTHING, Text, say
from training.run import DEVELOPMENT, HELD_OUT, NEW_BORROWERS, OUT_OF_TIME, UNSEEN, TrainedRun

SAMPLES = {
    DEVELOPMENT: say("开发样本（已用于训练）", "development (seen by the card)"),
    UNSEEN: say("交叉验证", "cross-validated"),
    OUT_OF_TIME: say("时间外样本", "out of time"),
    NEW_BORROWERS: say("时间外·新借款人", "out of time, new borrowers"),
    HELD_OUT: say("留出样本", "held out"),
}
MEASURES = {
    "auc": say("AUC"),
    "gini": say("基尼系数", "Gini"),
    "ks": say("KS"),
    "brier": say("Brier 分数", "Brier score"),
    "ece": say("期望校准误差", "expected calibration error"),
    "bad_rate": say("实际不良率", "observed bad rate"),
    "expected_bad_rate": say("预期不良率", "expected bad rate"),
}
#: Measures that are shares of rows, shown in percent.
RATES = {"bad_rate", "expected_bad_rate"}
STATUSES = {
    "pass": say("通过", "pass"),
    "flag": say("提请注意", "flag"),
    "fail": say("未过", "fail"),
    "none": say("不适用", "n/a"),
    "open": say("待人工", "to be done"),
}


FACTS = {
    "source": say("数据来源", "source"),
    "as_of": say("截至日", "as of"),
    "data_digest": say("数据摘要", "digest of the data"),
    "target": say("目标列", "target"),
    "bad_value": say("不良取值", "value that is bad"),
    "family": say("模型类别", "family"),
    "candidate": say("入选候选", "candidate"),
    "dictionary_digest": say("数据字典摘要", "digest of the dictionary"),
    "training_digest": say("训练摘要", "digest of the training"),
    "recalibrated_from": say("重新校准自", "recalibrated from"),
    "recalibrated_on": say("重新校准日", "recalibrated on"),
    "recalibrated_to": say("重新校准到", "recalibrated to"),
    "recalibration_source": say("校准依据", "source of the rate"),
    "recalibration_portfolio": say("校准组合", "portfolio"),
    "recalibration_shift": say("对数几率平移", "shift of the log odds"),
}


def fact_name(name: str) -> Text:
    """Return what a fact of the card's provenance is called on a page."""
    return FACTS.get(name, say(name))


def sample_name(name: str) -> Text:
    """Return what the sample called `name` is called on a page."""
    return SAMPLES.get(name, say(name))


def validation_name(run: TrainedRun) -> Text:
    """Return what the run's validation sample is called on a page."""
    return sample_name(run.samples.validated_on)


def label_of(run: TrainedRun, attribute: str) -> Text:
    """Return the label of an attribute, with its name where the two differ."""
    return called(attribute, run.origin.dictionary[attribute].label)


def is_table(run: TrainedRun) -> bool:
    """Return whether `run` was trained on a flat table, not on an archive."""
    return run.origin.source.facts["source"] != "archive"


def refit_in_words(run: TrainedRun) -> Text:
    """Return that the card was fitted again after it was judged; nothing if it was not."""
    if run.judged is run.card:
        return NOTHING
    rows = len(run.samples.fitted)
    return say(
        f"评估之后，以同样的选择用全部 {rows:,} 行重新拟合得到启用的卡；指标是重新拟合之前的卡的。",
        f"After it was judged, the same choices were fitted again to all {rows:,} rows; that card"
        " is"
        " served, and the figures are of the fit before.",
    )


def bilingual(note: str) -> Text:
    """Return a note that may hold Chinese and English around a middle dot."""
    zh, dot, en = note.partition(" · ")
    return Text(zh, en) if dot else say(note)
