"""Dates in China, from timestamps as the ledger stores them."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import create_engine, literal, select

from api.core.calendar import date_in_china
from api.ledger.chain import format_timestamp
from api.portfolio.totals import year_in_china

ENGINE = create_engine("sqlite://")


@given(st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)))
@example(datetime(2023, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC))
@example(datetime(2023, 12, 31, 16, tzinfo=UTC))
def test_the_year_that_the_database_reads_from_the_text_is_the_year_of_the_date(when):
    with ENGINE.connect() as connection:
        found = connection.execute(select(year_in_china(literal(format_timestamp(when))))).scalar()
    assert found == date_in_china(when).year
