"""Reading CSV files that people hand in."""

import gzip
import io

import pytest

from locations.imports.tables import Faults, Table, TableError


def read(data: bytes, **options):
    """(rows, faults, table) of a file with the columns a and b needed, c optional."""
    faults = Faults(keep=options.pop("keep", 100))
    table = Table(io.BytesIO(data), name="t.csv", faults=faults, needed=["a", "b"], optional=["c"], **options)
    return list(table), faults, table


def test_columns_come_in_any_order_and_absent_ones_are_blank():
    rows, faults, _ = read(b"b,a\n2,1\n")
    assert rows == [(2, ("1", "2", ""))]
    assert faults.n == 0


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    rows, _, _ = read("\ufeffa,b\n1,2\n".encode())
    assert rows == [(2, ("1", "2", ""))]


def test_gzip_is_known_by_its_first_bytes():
    rows, _, _ = read(gzip.compress(b"a,b\n1,2\n"))
    assert rows == [(2, ("1", "2", ""))]


def test_unknown_columns_are_named_and_ignored():
    rows, _, table = read(b"a,x,b\n1,9,2\n")
    assert rows == [(2, ("1", "2", ""))]
    assert table.ignored == ["x"]


def test_a_quoted_value_over_two_lines_keeps_the_line_numbers_true():
    rows, _, _ = read(b'a,b\n"1\n1",2\n3,4\n')
    assert rows == [(2, ("1\n1", "2", "")), (4, ("3", "4", ""))]


def test_a_row_of_another_width_is_a_fault_on_its_line_and_the_others_are_read():
    rows, faults, _ = read(b"a,b\n1\n3,4\n")
    assert rows == [(3, ("3", "4", ""))]
    assert str(faults.first[0]) == "t.csv:2: has 1 values, the header names 2"


def test_broken_quotes_are_a_fault_on_their_line():
    rows, faults, _ = read(b'a,b\n"1"x,2\n3,4\n')
    assert rows == [(3, ("3", "4", ""))]
    assert faults.first[0].line == 2
    assert "broken CSV" in faults.first[0].reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "t.csv is empty"),
        (b"a,x\n1,2\n", "t.csv lacks the column b: its header reads 'a,x'"),
        (b"a;b\n1;2\n", "Separate the columns with commas"),
        (b"a,b,a\n1,2,3\n", "names the column a twice"),
        ("a,b\n1,2\n3,é\n".encode("latin-1"), "t.csv:3 is not UTF-8 .byte 0xe9.: save the file as 'CSV UTF-8'"),
        ("a,b\n".encode("utf-16"), "t.csv:1 is not UTF-8"),
        (b"a,b\n1,\x002\n", "t.csv:2 holds a zero byte"),
        (gzip.compress(b"a,b\n1,2\n" * 1000, mtime=0)[:-20], "t.csv is damaged after line"),
        (b"\x1f\x8bnot really", "t.csv is damaged after line 0"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(data, words):
    with pytest.raises(TableError, match=words):
        read(data)


def test_a_small_file_that_unpacks_to_more_than_the_limit_is_refused():
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(TableError, match="holds more than 1 MB"):
        read(bomb, limit=1 << 20)


def test_faults_are_kept_in_bounded_number_and_all_counted():
    _, faults, _ = read(b"a,b\n" + b"1\n" * 500, keep=3)
    assert len(faults.first) == 3
    assert faults.n_more == 497
    assert faults.by_reason == {("t.csv", "", "wrong number of values"): 500}
