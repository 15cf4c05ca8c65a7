"""A group of commands run in order on one transaction; each is refused or done by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy.exc import DBAPIError

from api.ledger.commands import Answer, Command, Once, Written, are_grouped
from api.ledger.errors import KeyReusedError
from api.ledger.idempotency import Kept, kept_answers
from api.ledger.transaction import Transaction

Outcome = Answer | Exception


def perform(transaction: Transaction, commands: Sequence[Command]) -> list[Outcome]:
    """Run `commands` and return each one's answer, or what refused it."""
    scopes = [command.once.scope for command in commands if command.once]
    kept = kept_answers(transaction.connection, scopes)
    outcomes: list[Outcome] = []
    for run in _neighbours(commands, kept):
        outcomes += _retried(run, kept) if _is_retry(run[0], kept) else _run(transaction, run)
    return outcomes


def _neighbours(commands: Sequence[Command], kept: dict[str, Kept]) -> Iterator[list[Command]]:
    for _, run in groupby(commands, lambda each: (type(each), _is_retry(each, kept))):
        yield list(run)


def _is_retry(command: Command, kept: dict[str, Kept]) -> bool:
    return command.once is not None and command.once.scope in kept


def _retried(commands: Sequence[Command], kept: dict[str, Kept]) -> list[Outcome]:
    return [_again(kept[once.scope], once) for each in commands if (once := each.once)]


def _again(kept: Kept, once: Once) -> Outcome:
    try:
        return kept.for_retry(once)
    except KeyReusedError as refused:
        return refused


def _run(transaction: Transaction, commands: list[Command]) -> list[Outcome]:
    if are_grouped(commands):
        mark = transaction.mark()
        try:
            made = type(commands[0]).run_all(transaction, commands)
        except DBAPIError:
            raise
        except Exception:
            # One of them is broken; alone, the others are not.
            transaction.back_to(mark)
        else:
            return [_taken(transaction, *each) for each in zip(commands, made, strict=True)]
    return [_alone(transaction, command) for command in commands]


def _alone(transaction: Transaction, command: Command) -> Outcome:
    mark = transaction.mark()
    try:
        return _taken(transaction, command, command.run(transaction))
    except DBAPIError:
        raise
    except Exception as refused:
        transaction.back_to(mark)
        return refused


def _taken(transaction: Transaction, command: Command, made: Written | Exception) -> Outcome:
    if isinstance(made, Exception):
        return made
    transaction.append(command.once, made)
    return made.answer
