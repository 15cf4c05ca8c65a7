"""What MLflow shows of a run beside its numbers: words, tags, data sets, and the model's form."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pandas as pd
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.dataset import Dataset
from mlflow.data.meta_dataset import MetaDataset
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from model import __version__
from model.card.bins import Bins
from model.card.reasons import MAX_REASONS
from model.card.scorecard import Card
from training.gates.verdict import GateVerdicts
from training.measures.evaluate import Evaluation
from training.run import DEVELOPMENT, TrainedRun
from training.samples.sample import Sample

_COMMIT = "mlflow.source.git.commit"
#: MLflow refuses a longer tag, and keeps a description as a tag.
_LONGEST = 8_000


def words(run: TrainedRun) -> str:
    """Return the description of `run`, in Markdown."""
    facts = run.origin.source.facts
    title = run.origin.source.title
    data = f"{title} as of {facts['as_of']}" if "as_of" in facts else title
    lines = [
        f"**评分卡 card** `{run.digest[:16]}`: {run.origin.settings.family},"
        f" {len(run.card.attributes)} attributes, seed {run.origin.settings.seed}",
        f"**数据 data** {data}, SHA-256 `{facts['data_digest'][:16]}`",
        *(f"**样本 sample** {_measured(*each)}" for each in run.performance.evaluations.items()),
        *(f"**说明 note** {note}" for note in run.origin.source.notes),
    ]
    if run.trained_by:
        lines.append(f"**建模人 trained by** {run.trained_by}")
    if run.gates is not None:
        lines.append(f"**门槛 gates** {_gates_in_words(run.gates)}")
    return "\n\n".join(lines)[:_LONGEST]


def _measured(name: str, evaluation: Evaluation) -> str:
    auc, ks = (evaluation.measures[measure] for measure in ("auc", "ks"))
    return (
        f"{name}: {evaluation.rows:,} rows, {evaluation.bad_rows:,} bad; AUC {auc.value:.3f}"
        f" ({auc.low:.3f}–{auc.high:.3f}), KS {ks.value:.3f} ({ks.low:.3f}–{ks.high:.3f})"
    )


def _gates_in_words(gates: GateVerdicts) -> str:
    champion = gates.champion_digest[:16] if gates.champion_digest else "none"
    named = "".join(f"; {v.gate}: {v.finding.en}" for v in (*gates.failed, *gates.flagged))
    return (
        f"{len(gates.failed)} failed, {len(gates.flagged)} flagged of {len(gates.verdicts)}"
        f" (champion: {champion}){named}"
    )


def gate_tags(gates: GateVerdicts | None) -> dict[str, str]:
    """Return the verdict of all gates, ``passed``, ``flagged`` or ``failed``, and those named."""
    if gates is None:
        return {}
    verdict = "failed" if gates.failed else "flagged" if gates.flagged else "passed"
    return {
        "gates": verdict,
        "gates_failed": ", ".join(each.gate for each in gates.failed),
        "gates_flagged": ", ".join(each.gate for each in gates.flagged),
    }


def code_version(tags: dict[str, str]) -> str:
    """Return the release, with the commit where MLflow's own `tags` of a run name one."""
    commit = tags.get(_COMMIT)
    return f"{__version__}+{commit[:12]}" if commit else __version__


def datasets(run: TrainedRun) -> list[tuple[Dataset, str, dict[str, str]]]:
    """Return the development and the validation sample, each with its context and its tags."""
    samples = run.samples
    return [
        _dataset(run, DEVELOPMENT, samples.development, "training"),
        _dataset(run, samples.validated_on, samples.validation, "validation"),
    ]


def _dataset(
    run: TrainedRun, name: str, sample: Sample, context: str
) -> tuple[Dataset, str, dict[str, str]]:
    source = run.origin.source
    facts = {**source.facts, **source.file}
    derived = run.learned.derived
    schema = Schema([
        *(ColSpec(DataType.string if values.dtype == object else DataType.double, column,
                  required=False)
          for column, values in sample.columns.items() if column not in derived),
        ColSpec(DataType.boolean, "bad"),
    ])  # fmt: skip
    profile = {"num_rows": len(sample), "num_bad": sample.bads}
    data = described_data(f"{source.title} {name}", facts, schema, profile)
    return data, context, {**facts, **{key: str(count) for key, count in profile.items()}}


def described_data(
    name: str, facts: dict[str, str], schema: Schema | None = None, profile: Any = None
) -> Dataset:
    """Return a data set that MLflow describes and does not copy.

    Its digest is 16 hex digits of the data's SHA-256 (``facts["data_digest"]``), then 8 digits of
    what was taken from it: the same file with another target is another data set.
    """
    taken = json.dumps([name, facts, schema and schema.to_dict(), profile], sort_keys=True)
    digest = f"{facts['data_digest'][:16]}-{hashlib.sha256(taken.encode()).hexdigest()[:8]}"
    return _Described(CodeDatasetSource(facts), name, digest, schema, profile)


class _Described(MetaDataset):  # type: ignore[misc]  # untyped library
    """A data set's name, digest and schema, with its counts."""

    def __init__(
        self, source: CodeDatasetSource, name: str, digest: str, schema: Schema | None, profile: Any
    ) -> None:
        self._counts = profile
        super().__init__(source, name, digest, schema)

    def to_dict(self) -> dict[str, str]:
        """Return what MLflow stores."""
        counts = {"profile": json.dumps(self._counts)} if self._counts else {}
        return {**super().to_dict(), **counts}


def signature(card: Card) -> ModelSignature:
    """Return the columns that the MLflow model of `card` takes and gives."""
    inputs = [
        ColSpec(DataType.string if card.bins[n].levels else DataType.double, n, required=False)
        for n in card.inputs
    ]
    outputs = [
        ColSpec(DataType.long, "points"),
        ColSpec(DataType.double, "pd"),
        ColSpec(DataType.string, "grade"),
        *(ColSpec(DataType.string, f"reason_{i + 1}", required=False) for i in range(MAX_REASONS)),
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def input_example(card: Card) -> pd.DataFrame:
    """Return one row that the model takes, of the card's own bins: no person's values."""
    return pd.DataFrame({name: [_typical(card.bins[name])] for name in card.inputs})


def _typical(bins: Bins) -> float | str:
    if bins.levels:
        return bins.levels[0][0]
    if bins.edges:
        return float(bins.edges[len(bins.edges) // 2])
    return float(min(max(0.0, bins.lowest), bins.highest))
