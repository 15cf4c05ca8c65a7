"""A group of commands run in order on one transaction; each is refused or done by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy.exc import DBAPIError

from api.ledger.commands import Answer, Command, IdempotencyScope, Written, are_grouped
from api.ledger.errors import KeyReusedError
from api.ledger.idempotency import StoredAnswer, stored_answers
from api.ledger.transaction import Transaction

Outcome = Answer | Exception


def run_group(transaction: Transaction, commands: Sequence[Command]) -> list[Outcome]:
    """Run `commands` and return each one's answer, or what refused it."""
    scopes = [command.idempotency.scope for command in commands if command.idempotency]
    kept = stored_answers(transaction.connection, scopes)
    outcomes: list[Outcome] = []
    for run in _neighbours(commands, kept):
        outcomes += _retried(run, kept) if _is_retry(run[0], kept) else _run(transaction, run)
    return outcomes


def _neighbours(
    commands: Sequence[Command], kept: dict[str, StoredAnswer]
) -> Iterator[list[Command]]:
    for _, run in groupby(commands, lambda each: (type(each), _is_retry(each, kept))):
        yield list(run)


def _is_retry(command: Command, kept: dict[str, StoredAnswer]) -> bool:
    return command.idempotency is not None and command.idempotency.scope in kept


def _retried(commands: Sequence[Command], kept: dict[str, StoredAnswer]) -> list[Outcome]:
    return [
        _again(kept[idempotency.scope], idempotency)
        for each in commands
        if (idempotency := each.idempotency)
    ]


def _again(kept: StoredAnswer, idempotency: IdempotencyScope) -> Outcome:
    try:
        return kept.for_retry(idempotency)
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
    transaction.append(command.idempotency, made)
    return made.answer
