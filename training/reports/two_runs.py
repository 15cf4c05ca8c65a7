"""Two trained cards side by side as one page, from the files that their runs left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.card.card_file import CardFile, read_card
from model.errors import TrainingError
from training.gates.evidence import Evidence, has_evidence, read_evidence
from training.gates.judge import GATES
from training.measures.evaluate import Interval
from training.reports.page import sections_page
from training.reports.parts import (
    Cell,
    Column,
    Part,
    Section,
    Table,
    Text,
    Unmeasured,
    say,
)
from training.reports.sections.beside import Named, beside
from training.reports.sections.names import MEASURES, sample_name

FIGURES = "evaluation.json"
_TITLE = say("两次训练的比较", "Two runs side by side")
_FIRST, _SECOND = say("第一张卡", "the first card"), say("第二张卡", "the second card")


@dataclass(frozen=True)
class RecordedRun:
    """What a run left in a folder.

    Attributes
    ----------
    figures, gates : mapping
        Content of ``evaluation.json`` and ``gates.json``; empty where the folder has none.
    evidence : Evidence or None
        The validation rows with the notes; None where the folder has none.
    """

    file: CardFile
    figures: Mapping[str, Any]
    gates: Mapping[str, Any]
    evidence: Evidence | None


def read_run(folder: Path) -> RecordedRun:
    """Return the run whose card and files lie in `folder`.

    Raises
    ------
    CardError
        If the card is damaged.
    TrainingError
        If a file of the run is damaged.
    """
    evidence = read_evidence(folder) if has_evidence(folder) else None
    return RecordedRun(read_card(folder), _json(folder / FIGURES), _json(folder / GATES), evidence)


def _json(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrainingError(f"{path}: cannot be read ({error}); restore it from the run") from error
    if not isinstance(content, dict):
        raise TrainingError(f"{path}: not the figures of a run; restore it from the run")
    return content


def two_runs_html(first: RecordedRun, second: RecordedRun) -> str:
    """Return the page that sets `first` beside `second`."""
    digests = first.file.digest[:16], second.file.digest[:16]
    subtitle = say(
        f"第一张 {first.file.card.name} {digests[0]}；第二张 {second.file.card.name} {digests[1]}",
        f"first: {first.file.card.name} {digests[0]}; second: {second.file.card.name} {digests[1]}",
    )
    return sections_page(_TITLE, subtitle, two_runs_sections(first, second))


def two_runs_sections(first: RecordedRun, second: RecordedRun) -> list[Section]:
    """Return the cards on the first run's rows, then both runs' figures and gates."""
    return [
        Section("cards", say("两张卡", "The cards"), tuple(_cards(first, second))),
        Section("figures", say("各自的指标", "Figures of each run"), (_figures(first, second),)),
        Section("gates", say("各自的门槛", "Gates of each run"), (_gates(first, second),)),
    ]


def _cards(first: RecordedRun, second: RecordedRun) -> Iterator[Part]:
    own, other = _named(first, _FIRST), _named(second, _SECOND)
    judged = next((run.evidence for run in (first, second) if run.evidence is not None), None)
    if judged is None:
        yield Unmeasured(say(
            "两个文件夹都没有验证样本，只能比较各自记录的数字",
            "neither folder has validation rows: only recorded figures can be compared",
        ))  # fmt: skip
        return
    yield from beside(own, other, judged.rows, judged.notes.cut_off)


def _named(run: RecordedRun, title: Text) -> Named:
    judged = run.evidence.judged if run.evidence is not None else run.file.card
    return Named(run.file.card, judged, run.file.digest, title)


def _pair_of_columns(first: Text, kind: Any, digits: int = 3) -> tuple[Column, ...]:
    return Column(first), Column(_FIRST, kind, digits), Column(_SECOND, kind, digits)


def _figures(first: RecordedRun, second: RecordedRun) -> Table:
    measured = [run.figures.get("evaluations", {}) for run in (first, second)]
    names = dict.fromkeys(name for each in measured for name in each)
    rows: list[tuple[Cell, ...]] = []
    for sample in names:
        title = sample_name(sample)
        counts = (_counts(each.get(sample)) for each in measured)
        rows.append((_of(title, say("行数（不良）", "rows (bads)")), *counts))
        for measure, text in MEASURES.items():
            values = (_interval(each.get(sample), measure) for each in measured)
            rows.append((_of(title, text), *values))
    columns = _pair_of_columns(say("样本与指标", "sample and measure"), "interval", 4)
    return Table("figures", say("指标", "Figures"), columns, tuple(rows))


def _of(sample: Text, measure: Text) -> Text:
    return Text(f"{sample.zh}：{measure.zh}", f"{sample.en}: {measure.en}")


def _counts(evaluation: Mapping[str, Any] | None) -> str:
    return f"{evaluation['rows']:,} ({evaluation['bads']:,})" if evaluation else "—"


def _interval(evaluation: Mapping[str, Any] | None, measure: str) -> Cell:
    if evaluation is None or measure not in evaluation["measures"]:
        return None
    stated = evaluation["measures"][measure]
    return Interval(stated["value"], stated["low"], stated["high"])


def _gates(first: RecordedRun, second: RecordedRun) -> Table:
    verdicts = [
        {verdict["gate"]: verdict for verdict in run.gates.get("verdicts", [])}
        for run in (first, second)
    ]
    columns = (
        Column(say("门槛", "gate"), "code"),
        Column(_FIRST, "status"),
        Column(say("数值", "value"), "number", 4),
        Column(_SECOND, "status"),
        Column(say("数值", "value"), "number", 4),
    )
    names = dict.fromkeys(name for each in verdicts for name in each)
    rows = tuple(
        (name, *_verdict(verdicts[0].get(name)), *_verdict(verdicts[1].get(name))) for name in names
    )
    return Table("gates", say("门槛", "Gates"), columns, rows)


def _verdict(verdict: Mapping[str, Any] | None) -> tuple[Cell, Cell]:
    return (verdict["status"], verdict["value"]) if verdict else (None, None)
