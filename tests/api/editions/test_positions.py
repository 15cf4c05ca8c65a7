"""Positions of places in an edition: the mean of their stations; none in an older edition."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from api.editions.edition import Edition
from api.editions.sources import place_positions, visible
from data.storage.archive import Archive
from tests.support.recording.home import old_home


def test_the_position_of_a_place_is_the_mean_of_its_stations(
    published_home: Path, simulated_archive: Archive, as_of: date
) -> None:
    stations = visible(simulated_archive, "stations", as_of)
    found = Edition.current(published_home).positions()
    assert found == place_positions(simulated_archive, as_of)
    for code in ("371502", stations["village_code"][0].as_py()[:9]):
        mine = stations.filter(pc.starts_with(stations["village_code"], code))
        assert mine.num_rows > 1
        for name, degrees in zip(("latitude", "longitude"), found[code], strict=True):
            mean = pc.mean(mine[name].cast(pa.float64())).as_py()
            assert degrees == pytest.approx(mean, abs=1e-5)
    assert set(found) >= set(stations["village_code"].to_pylist())


def test_the_simulated_counties_lie_as_in_liaocheng(published_home: Path) -> None:
    at = Edition.current(published_home).positions()
    linqing, guanxian, gaotang, yanggu = (
        at[code] for code in ("371581", "371525", "371526", "371521")
    )
    assert max(at[code][0] for code in at if len(code) == 6) in (linqing[0], gaotang[0])
    assert guanxian[1] < linqing[1] < gaotang[1]
    assert yanggu[0] < guanxian[0] < gaotang[0]


def test_an_edition_of_an_earlier_release_knows_no_position(tmp_path: Path) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    edition = Edition.current(home, allow_unsigned=True)
    assert edition.positions() == {}
