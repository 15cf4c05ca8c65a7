"""The names of added columns: today's names, or others where the table has them already."""

from data.storage.score_columns import free_names, points_column

NAMES = ["points", "pd"]


def test_without_a_clash_the_names_stay():
    assert free_names(NAMES, ["a", "Points"]) == NAMES


def test_one_clash_gives_every_added_column_an_ending():
    assert free_names(NAMES, ["pd"]) == ["points_card", "pd_card"]
    assert free_names(NAMES, ["pd", "pd_card"]) == ["points_card_2", "pd_card_2"]


def test_the_points_of_a_table_are_those_added_last():
    assert points_column(["a", "points", "pd", "points_card", "pd_card"]) == "points_card"
    assert points_column(["points", "pd", "points_owed"]) == "points"
    assert points_column(["pd"]) is None
