"""The calendar of the loans, from moments as the ledger stores them."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from api.china_time import date_in_china, year_in_china
from api.ledger.chain import moment


@given(st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)))
@example(datetime(2023, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC))
@example(datetime(2023, 12, 31, 16, tzinfo=UTC))
def test_the_year_read_from_the_text_is_the_year_of_the_date(when):
    assert year_in_china(moment(when)) == date_in_china(when).year
