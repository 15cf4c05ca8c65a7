"""What must hold of the hand-made members, one test a line of their table.

What they may borrow is in ``test_members_capacity.py``. Amounts are not prescribed.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.service.counter import Counter

#: What a sentence may not say of another member of the household.
OF_ANOTHER = (
    "husband", "wife", "丈夫", "妻子", "past due", "逾期", "blacklist", "黑名单", "court", "法院",
    "20,000", "20000",
)  # fmt: skip

#: What only a grower is told.
OF_FIELDS = ("种植记录", "地块", "种植面积", "亩产", "planting", "plot", "cropped area", "yield")


def codes(answer: dict[str, Any]) -> list[str]:
    """Return the codes of the rules that matched."""
    return [each["code"] for each in answer["knock_outs"]]


def sentences(answer: dict[str, Any]) -> list[str]:
    """Return every sentence of an answer, in both languages."""
    return [
        each[way] for each in (*answer["knock_outs"], *answer["reasons"]) for way in ("zh", "en")
    ]


def sentence(answer: dict[str, Any], code: str) -> tuple[str, str]:
    """Return the sentence of the rule `code`, in Chinese and English."""
    (found,) = [each for each in answer["knock_outs"] if each["code"] == code]
    return found["zh"], found["en"]


def test_d02_a_member_of_17_is_declined_for_the_age_alone(counter: Counter) -> None:
    answer = counter.ask("D02")
    assert (answer["outcome"], answer["tier"]) == ("DECLINE", "NONE")
    assert codes(answer) == ["UNDER_AGE"]
    assert sentence(answer, "UNDER_AGE") == ("未满18周岁", "under 18 years of age")


def test_d03_a_member_who_turned_18_the_day_before_is_an_adult(counter: Counter) -> None:
    answer = counter.ask("D03")
    assert "UNDER_AGE" not in codes(answer)
    assert answer["outcome"] != "DECLINE"


def test_d04_a_member_of_60_may_borrow_for_any_term_of_the_product(counter: Counter) -> None:
    for months in (3, 12, 24):
        answer = counter.ask("D04", 3_000, months)
        assert answer["outcome"] != "DECLINE", months
        assert not any("AGE" in code for code in codes(answer))


def test_d06_a_member_of_65_is_too_old_for_every_term_and_hears_it_once(counter: Counter) -> None:
    answer = counter.ask("D06")
    assert (answer["outcome"], answer["tier"]) == ("DECLINE", "NONE")
    assert codes(answer) == ["AGE_AT_MATURITY"]
    assert sentence(answer, "AGE_AT_MATURITY") == (
        "即使按最短期限，贷款到期时也超过65周岁",
        "older than 65 when even a loan of the shortest term falls due",
    )


def test_d07_a_member_a_day_before_65_is_judged_by_the_day_the_loan_ends(counter: Counter) -> None:
    for months in (3, 12):
        answer = counter.ask("D07", 3_000, months)
        assert answer["outcome"] == "DECLINE"
        assert codes(answer) == ["AGE_AT_MATURITY"]


def test_a_member_too_old_for_the_term_asked_for_hears_the_longest_that_works(
    counter: Counter,
) -> None:
    long = counter.ask("E07")
    assert (long["outcome"], codes(long)) == ("DECLINE", ["AGE_AT_MATURITY_ASKED"])
    assert sentence(long, "AGE_AT_MATURITY_ASKED") == (
        "按申请期限，贷款到期时超过65周岁；最长可借8个月",
        "older than 65 when a loan of the term asked for falls due;"
        " the longest term that works is 8 months",
    )
    assert "AGE_AT_MATURITY_ASKED" not in codes(counter.ask("E07", 3_000, 8))
    assert "AGE_AT_MATURITY_ASKED" in codes(counter.ask("E07", 3_000, 9))


def test_d08_short_residence_without_hukou_is_told_what_is_missing_and_when_it_is_enough(
    counter: Counter,
) -> None:
    answer = counter.ask("D08")
    assert (answer["outcome"], codes(answer)) == ("REFER", ["HUKOU_UNKNOWN"])
    zh, en = sentence(answer, "HUKOU_UNKNOWN")
    assert "请补交户口簿" in zh
    assert "自2024年3月1日起居住满一年" in zh
    assert "bring the hukou booklet" in en
    assert "the year of residence is complete on 1 March 2024" in en


def test_d10_a_cooperatives_head_gets_no_limit_on_its_turnover_and_is_told(
    counter: Counter,
) -> None:
    answer = counter.ask("D10")
    assert answer["outcome"] != "APPROVE"
    assert answer["limit_yuan"] < counter.ask("D24")["limit_yuan"] or not answer["limit_yuan"]
    zh, en = sentence(answer, "COOPERATIVE_HEAD")
    assert "合作社自己的档案" in zh
    assert "the cooperative's own file" in en


def test_d11_a_returned_migrant_is_no_stranger_once_the_hukou_is_on_file(counter: Counter) -> None:
    before = counter.ask("D11")
    assert (before["outcome"], codes(before)) == ("REFER", ["HUKOU_UNKNOWN"])
    after = counter.ask("E11")
    assert after["outcome"] != "DECLINE"
    assert not {"HUKOU_UNKNOWN", "SHORT_RESIDENCE"} & set(codes(after))


def test_with_hukou_elsewhere_seven_months_are_too_short_and_the_day_is_told(
    counter: Counter,
) -> None:
    answer = counter.ask("E08")
    assert (answer["outcome"], codes(answer)) == ("DECLINE", ["SHORT_RESIDENCE"])
    zh, en = sentence(answer, "SHORT_RESIDENCE")
    assert "自2024年3月1日起" in zh
    assert "1 March 2024" in en


def test_d13_of_whom_nothing_is_on_record_gets_no_offer_and_hears_what_is_missing_once(
    counter: Counter,
) -> None:
    answer = counter.ask("D13")
    assert (answer["outcome"], answer["limit_yuan"]) == ("DECLINE", 0)
    assert sentence(answer, "NO_RECORDS") == (
        "档案中没有销售、寄递、账户和种植记录，请先补充",
        "there are no records of sales, parcels, accounts or land; bring them to the branch first",
    )
    told = sentences(answer)
    assert len(set(told)) == len(told)


def test_d16_and_d17_are_one_household_with_one_place_and_each_hears_the_truth(
    counter: Counter,
) -> None:
    husband, wife = counter.ask("D16"), counter.ask("D17")
    assert husband["outcome"] != "DECLINE"
    assert "HOUSEHOLD_BORROWER" not in codes(husband)
    assert (wife["outcome"], codes(wife)) == ("DECLINE", ["HOUSEHOLD_BORROWER"])
    for text in (*sentences(husband), *sentences(wife)):
        assert not any(word in text for word in (*OF_ANOTHER, "D16", "D17", "测"))


def test_d19_whose_consent_was_withdrawn_is_declined_for_it_and_never_scored(
    counter: Counter,
) -> None:
    answer = counter.ask("D19")
    assert (answer["outcome"], answer["tier"], answer["points"]) == ("DECLINE", "NONE", None)
    assert (codes(answer), answer["reasons"]) == (["NO_CONSENT"], [])


def test_d21_sixty_days_late_in_2022_cost_points_and_that_is_said(counter: Counter) -> None:
    answer, on_time = counter.ask("D21"), counter.ask("D01")
    assert answer["points"] < on_time["points"]
    (reason,) = [each for each in answer["reasons"] if each["code"].startswith("WORST_DAYS")]
    assert reason["points_lost"] > 0
    assert "ARREARS_IN_24_MONTHS" in codes(answer)
    assert answer["outcome"] == "REFER"


@pytest.mark.parametrize("member", ["D23", "D25"])
def test_d23_and_d25_without_fields_are_not_told_that_a_growers_fields_are_missing(
    counter: Counter, member: str
) -> None:
    for text in sentences(counter.ask(member)):
        assert not any(word in text for word in OF_FIELDS), text


def test_d27_ninety_days_past_due_is_declined_and_told_his_own_record(counter: Counter) -> None:
    answer = counter.ask("D27")
    assert (answer["outcome"], answer["tier"]) == ("DECLINE", "NONE")
    assert {"OVERDUE_NOW", "DEFAULT_IN_24_MONTHS"} <= set(codes(answer))


def test_d28_is_referred_for_the_household_without_a_word_of_whose_loan(counter: Counter) -> None:
    answer = counter.ask("D28")
    assert (answer["outcome"], codes(answer)) == ("REFER", ["HOUSEHOLD_MATTER"])
    assert sentence(answer, "HOUSEHOLD_MATTER") == (
        "户内有事项需由工作人员核实",
        "a matter of the household must be looked at by a person",
    )
    explained = str(counter.explain("D28"))
    for text in (*sentences(answer), explained):
        assert not any(word in text for word in ("D27", "测27", "丈夫", "husband"))
    for text in sentences(answer):
        assert not any(word in text for word in OF_ANOTHER)


def test_d29_a_default_of_2021_is_told_with_its_day_and_the_day_it_lapses(counter: Counter) -> None:
    answer = counter.ask("D29")
    assert (answer["outcome"], codes(answer)) == ("DECLINE", ["DEFAULT_IN_24_MONTHS"])
    assert sentence(answer, "DEFAULT_IN_24_MONTHS") == (
        "近24个月内曾逾期90天以上，已于2021年11月30日前还清，记录保留至2026年11月30日",
        "90 or more days past due within 24 months, paid by 30 November 2021;"
        " the record lapses on 30 November 2026",
    )


def test_d30_with_a_blank_birth_date_is_as_old_as_the_id_number_says(counter: Counter) -> None:
    answer, like = counter.ask("D30"), counter.ask("D01")
    assert not any("AGE" in code for code in codes(answer))
    assert (answer["outcome"], answer["points"]) == (like["outcome"], like["points"])


def test_d33_without_bills_on_record_never_scores_better_than_with_average_ones(
    counter: Counter,
) -> None:
    assert counter.ask("D33")["points"] <= counter.ask("D01")["points"]
