"""Digits change with a file's content, and with nothing else."""

from __future__ import annotations

import io
import os

import pytest

from kling_foley_core.cache import content
from kling_foley_core.cache.content import FileAsSeen, digest_of_bytes
from kling_foley_core.cache.store import Store

LONG_AGO = 10**18


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def reads(monkeypatch):
    """How often a file was read."""
    count = []
    read = content.digest_of_bytes
    monkeypatch.setattr(content, "digest_of_bytes", lambda file: count.append(1) or read(file))
    return count


@pytest.fixture
def settled(monkeypatch):
    """As if every file had been written a while ago."""
    monkeypatch.setattr(content, "SETTLED", -(10**12))


def written(path, text: bytes):
    path.write_bytes(text)
    return path


def test_copies_are_one_and_another_byte_is_another(tmp_path, store) -> None:
    a, b, c, d = (
        FileAsSeen.of(written(tmp_path / name, text)).digest(store)
        for name, text in {"a": b"film", "b": b"film", "c": b"filn", "d": b"film "}.items()
    )
    assert a == b and len({a, c, d}) == 3


def test_a_file_is_read_once(tmp_path, store, reads, settled) -> None:
    path = written(tmp_path / "film", b"film")
    first = FileAsSeen.of(path).digest(store)
    assert FileAsSeen.of(path).digest(Store(store.folder)) == first and len(reads) == 1
    (tmp_path / "link").symlink_to(path)
    assert FileAsSeen.of(tmp_path / "link").digest(store) == first and len(reads) == 1


def test_a_file_just_written_is_read_again(tmp_path, store, reads) -> None:
    """It may change once more without its time telling."""
    path = written(tmp_path / "film", b"film")
    for _ in range(2):
        FileAsSeen.of(path).digest(store)
    assert len(reads) == 2


def test_a_change_whose_time_is_set_back_is_seen(tmp_path, store, settled) -> None:
    path = written(tmp_path / "film", b"film")
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    first = FileAsSeen.of(path).digest(store)
    with path.open("r+b") as file:
        file.write(b"F")
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    assert FileAsSeen.of(path).digest(store) != first


def test_a_file_changed_since_it_was_seen_has_none(tmp_path, store) -> None:
    path = written(tmp_path / "film", b"film")
    seen = FileAsSeen.of(path)
    assert seen.unchanged()
    path.write_bytes(b"longer film")
    assert not seen.unchanged() and seen.digest(store) is None
    path.unlink()
    assert not seen.unchanged() and seen.digest(store) is None


def test_of_a_large_file_pieces_and_its_time_count(tmp_path, store, monkeypatch) -> None:
    monkeypatch.setattr(content, "WHOLE", 100)
    monkeypatch.setattr(content, "PIECE", 10)
    monkeypatch.setattr(content, "PIECES", 5)
    path = tmp_path / "film"

    def digest(text: bytes, time: int = LONG_AGO) -> str:
        os.utime(written(path, text), ns=(time, time))
        return FileAsSeen.of(path).digest(store)

    plain = digest(bytes(1000))
    assert digest(bytes(1000)) == plain
    assert digest(b"x" + bytes(999)) != plain != digest(bytes(999) + b"x")
    assert digest(bytes(500) + b"x" + bytes(499)) != plain
    assert digest(bytes(1000), LONG_AGO + 10**9) != plain
    assert digest(bytes(1001)) != plain


def test_bytes_in_memory_are_all_read(monkeypatch) -> None:
    monkeypatch.setattr(content, "WHOLE", 100)
    monkeypatch.setattr(content, "PIECE", 10)
    monkeypatch.setattr(content, "PIECES", 2)
    plain, other = io.BytesIO(bytes(1000)), io.BytesIO(bytes(333) + b"x" + bytes(666))
    assert digest_of_bytes(plain) != digest_of_bytes(other) and plain.tell() == 0
