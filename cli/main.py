"""The console script ``rongzi``: each command has a file of its own, imported when called."""

from __future__ import annotations

import importlib
import io
import json
import logging
import sys

import click

from cli.chinese import ChineseFormatter, headline, is_chinese, texts, translated
from cli.groups import SuggestingGroup
from cli.json_output import with_json
from cli.options import echo_data
from model import __version__
from model.errors import LedgerError, RongziError, StorageError, disk_fault

#: Command → (module, one line of help), so that ``rongzi --help`` imports no command.
_COMMANDS = {
    "simulate": ("cli.simulate", "Write a simulated member archive, and branch files if asked."),
    "template": ("cli.template", "Write a blank import file with notes and choices."),
    "visits": ("cli.visits", "Write what visits confirmed as branch files for the next import."),
    "import": ("cli.import_", "Check branch files row by row and store them in the archive."),
    "profile": ("cli.profile_", "Build every member's profile as of a date."),
    "dictionary": ("cli.dictionary", "Draft a data dictionary for any flat table."),
    "train": ("cli.train", "Fit, evaluate and track a scorecard."),
    "recalibrate": ("cli.recalibrate", "Move a card's PDs to a long-run bad rate."),
    "promote": ("cli.promote", "Sign a card and publish it to the service."),
    "export-card": ("cli.export_card", "Write a card as SQL, as a workbook, or as JSON."),
    "shadow": ("cli.shadow", "Score by a challenger beside the champion and compare."),
    "monitor": ("cli.monitor", "Report what moved since the card was trained, and what to do."),
    "reconcile": (
        "cli.reconcile",
        "Compare the ledger's payments with the bank's loans of an import.",
    ),
    "whitelist": ("cli.whitelist", "Score the whole archive and publish an edition."),
    "policy": ("cli.policy", "Show, compare, check and adopt the policy and limits of a home."),
    "editions": ("cli.editions", "List, compare, roll back and prune the published editions."),
    "score": ("cli.score", "Add points, PD, grade and reasons to a table."),
    "keys": ("cli.keys", "List, rotate, trust and retire the keys that sign."),
    "init": ("cli.init", "Create the first accounts and show their passwords once."),
    "person": ("cli.person", "Copy or erase a person's own data, and keep what the law keeps."),
    "orders": ("cli.orders", "Order and approve what is signed, by four eyes."),
    "users": ("cli.users", "Add, change, disable and unlock accounts."),
    "replay": ("cli.replay", "Decide again from the ledger and compare field by field."),
    "verify-ledger": ("cli.verify_ledger", "Verify the ledger against its hash chain and seals."),
    "verify-bundle": (
        "cli.verify_bundle",
        "Check an auditor's evidence offline, with public keys.",
    ),
    "upgrade-ledger": ("cli.upgrade_ledger", "Create or upgrade the ledger's tables."),
    "doctor": ("cli.doctor", "Name what is unsafe or stale in this installation."),
    "serve": ("cli.serve", "Run the decision service."),
    "webhooks": ("cli.webhooks", "Manage the endpoints that receive the ledger's events."),
}


class _Commands(SuggestingGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a record travels."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command's module only when it is called."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        command = with_json(command)
        return translated(command, _COMMANDS[cmd_name][1]) if is_chinese() else command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            names = texts()["commands"] if is_chinese() else {}
            rows = [(name, names.get(text, text)) for name, (_, text) in _COMMANDS.items()]
            formatter.write_dl(rows)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rongzi")
def rongzi() -> None:
    """融资E: from raw branch files to a first-tier whitelist and decisions."""


def main() -> None:
    """Run the console; print an error that names its remedy as one message, without traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot print Chinese shows question marks beside the English.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # The driver also logs what it raises; one sentence says it.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    if is_chinese():
        click.Context.formatter_class = ChineseFormatter
    try:
        code = rongzi(prog_name="rongzi", standalone_mode=False)
    except click.ClickException as refused:
        refused.show()
        _print_error(refused.format_message())
        sys.exit(refused.exit_code)
    except click.Abort:
        click.echo("Aborted!", err=True)
        _print_error("aborted")
        sys.exit(1)
    except RongziError as error:
        _fail(str(error), error)
    except Exception as error:
        if not (fault := _fault(error)):
            raise
        _fail(str(fault), fault)
    # A command that only printed a help page returns its exit code.
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, error: RongziError) -> None:
    if is_chinese():
        click.echo(f"出错：{headline(error)}。详情及处理办法：", err=True)
    click.echo(f"rongzi: {message}", err=True)
    _print_error(message)
    sys.exit(1)


def _print_error(message: str) -> None:
    if "--json" in sys.argv:
        echo_data(json.dumps({"error": message}, ensure_ascii=False) + "\n")


def _fault(error: Exception) -> RongziError | None:
    """Return a fault of the disk or the database as an error that says what to do, else None."""
    each: BaseException | None = error
    if not isinstance(error, OSError):
        causes = (error.__cause__, error.__context__)
        each = next((cause for cause in causes if isinstance(cause, OSError)), None)
    if isinstance(each, OSError):
        return StorageError(disk_fault(each))
    message = _database_message(error)
    return LedgerError(message) if message else None


def _database_message(error: Exception) -> str | None:
    """Return what to do about an error of the database; None for any other error."""
    if not type(error).__module__.startswith("sqlalchemy."):
        return None
    kind = type(getattr(error, "orig", None) or error).__qualname__
    if kind == "InsufficientPrivilege":
        return (
            "the database does not let this account do that; run it as the owner of the ledger's"
            " tables (docs/use/deployment.md)"
        )
    return (
        f"the ledger's database reported {kind}; check that it runs, that its address is right, and"
        " that rongzi upgrade-ledger has run"
    )


if __name__ == "__main__":
    main()
