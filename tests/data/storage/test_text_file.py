"""Text files: one text in every encoding that an office saves."""

import pytest

from data.storage.text_file import read_text_file
from model.errors import UnreadableFileError

TEXT = "年收入:\r\n  zh: 年收入\r\n  en: income\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_text_reads_alike_in_every_encoding(tmp_path, encoding):
    (tmp_path / "d.yaml").write_bytes(TEXT.encode(encoding))
    assert read_text_file(tmp_path / "d.yaml") == TEXT


def test_an_absent_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"none\.yaml: cannot be read as text"):
        read_text_file(tmp_path / "none.yaml")


def test_half_a_character_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "d.yaml").write_bytes(b"\xff\xfea\0b")
    with pytest.raises(UnreadableFileError, match="save it as UTF-8"):
        read_text_file(tmp_path / "d.yaml")
