"""One text out of the body of an entry, taken by the database: no body comes over to be parsed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from api.ledger.tables import entries


class InBody(FunctionElement[str]):
    """The text at a path of names, as ``InBody("answer.valid_until")``; null where there is none.

    An expression of SQL over `api.ledger.tables.entries`, on either database.
    """

    inherit_cache = True
    type = String()

    def __init__(self, path: str) -> None:
        super().__init__(entries.c.body, literal(path))


@compiles(InBody, "sqlite")
def _for_sqlite(element: InBody, compiler: SQLCompiler, **told: Any) -> str:
    body, path = (compiler.process(each, **told) for each in element.clauses)
    return f"json_extract({body}, '$.' || {path})"


@compiles(InBody, "postgresql")
def _for_postgres(element: InBody, compiler: SQLCompiler, **told: Any) -> str:
    body, path = (compiler.process(each, **told) for each in element.clauses)
    return f"(CAST({body} AS JSON) #>> string_to_array({path}, '.'))"
