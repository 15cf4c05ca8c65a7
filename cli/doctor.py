"""``rongzi doctor``: name what is unsafe or stale in this installation."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.options import ledger_options, settings_of, use_policy_of
from model.errors import ContractError

#: Exit code: something is unsafe.
UNSAFE = 1
_LEVELS = {"unsafe": "不安全 UNSAFE", "note": "提示 note", "ok": "正常 ok"}


@click.command("doctor")
@ledger_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(home: Path, checkpoints: Path | None, as_json: bool) -> None:
    """Examine account, file modes, keys, outside file, proxy, policy, edition, ledger and clock.

    Run it as the service's account with the service's environment. It reads only. Exit code 0:
    nothing is unsafe. 1: something is; each line says what to do.
    """
    from api.operation.doctor import examine

    settings = settings_of(home)
    settings = replace(settings, checkpoints=checkpoints) if checkpoints else settings
    # The examination names an altered policy.
    with contextlib.suppress(ContractError):
        use_policy_of(home)
    checks = examine(settings, datetime.now(UTC), os.geteuid())
    if as_json:
        rows = [
            {"code": c.code, "level": c.level, "zh": c.text.zh, "en": c.text.en} for c in checks
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for each in checks:
            click.echo(f"{_LEVELS[each.level]} [{each.code}] {each.text.zh} / {each.text.en}")
    sys.exit(UNSAFE if any(each.level == "unsafe" for each in checks) else 0)
