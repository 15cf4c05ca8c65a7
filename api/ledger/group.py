"""Runs a group of commands in order on one transaction; each succeeds or is refused by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from sqlalchemy.exc import DBAPIError

from api.ledger.commands import Answer, Command, Written, can_run_together
from api.ledger.errors import KeyReusedError
from api.ledger.idempotency import StoredAnswer, stored_answers
from api.ledger.transaction import Transaction

Outcome = Answer | Exception


def run_group(transaction: Transaction, commands: Sequence[Command]) -> list[Outcome]:
    """Run `commands` and return the answer of each, or the exception that refused it."""
    scopes = [command.idempotency.scope for command in commands if command.idempotency]
    stored = stored_answers(transaction.connection, scopes)
    outcomes: list[Outcome] = []
    neighbours = groupby(commands, lambda each: (type(each), _is_retry(each, stored)))
    for (_, is_retry), run in neighbours:
        if is_retry:
            outcomes += [_answer_retry(each, stored) for each in run]
        else:
            outcomes += _run_neighbours(transaction, list(run))
    return outcomes


def _is_retry(command: Command, stored: Mapping[str, StoredAnswer]) -> bool:
    return command.idempotency is not None and command.idempotency.scope in stored


def _answer_retry(command: Command, stored: Mapping[str, StoredAnswer]) -> Outcome:
    assert command.idempotency
    try:
        return stored[command.idempotency.scope].for_retry(command.idempotency)
    except KeyReusedError as refusal:
        return refusal


def _run_neighbours(transaction: Transaction, commands: list[Command]) -> list[Outcome]:
    if can_run_together(commands):
        savepoint = transaction.savepoint()
        try:
            results = type(commands[0]).run_all(transaction, commands)
        except DBAPIError:
            raise
        except Exception:
            # One command is broken; run one by one, the others succeed.
            transaction.roll_back_to(savepoint)
        else:
            return [_append(transaction, *each) for each in zip(commands, results, strict=True)]
    return [_run_alone(transaction, command) for command in commands]


def _run_alone(transaction: Transaction, command: Command) -> Outcome:
    savepoint = transaction.savepoint()
    try:
        return _append(transaction, command, command.run(transaction))
    except DBAPIError:
        raise
    except Exception as refusal:
        transaction.roll_back_to(savepoint)
        return refusal


def _append(transaction: Transaction, command: Command, result: Written | Exception) -> Outcome:
    if isinstance(result, Exception):
        return result
    transaction.append(command.idempotency, result)
    return result.answer
