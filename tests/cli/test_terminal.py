"""Whatever the terminal can't take or the system refuses ends in one line, never in a traceback."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clips import write_clip

from kling_foley_core.cli import bars, inspect, main
from kling_foley_core.cli.say import say
from kling_foley_core.errors import InputError

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files and signals")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess:
    """A line of bash in which `foley` is the command; its exit code is that of the first in a pipe."""
    begin = f'foley() {{ "{sys.executable}" -m kling_foley_core.cli "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", begin + line],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        errors="surrogateescape",
    )


@posix
@pytest.mark.parametrize("there", ["| head -c 5; exit ${PIPESTATUS[0]}", ">&-", "2>&-", ">&- 2>&-"])
def test_nobody_has_to_read_to_the_end(there) -> None:
    done = shell(f"foley --help {there}")
    assert done.returncode == 0 and not done.stderr, done


@posix
@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "ascii"])
def test_output_that_can_not_say_a_name_replaces_characters(encoding) -> None:
    program = "from kling_foley_core.cli.say import *; prepare_streams(); say('🥁é.mp4'); remark('🥁')"
    done = shell(f'"{sys.executable}" -c "{program}"', PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and done.stdout.endswith(".mp4\n") and "?" in done.stdout, done
    assert done.stderr == "kling-foley: \\U0001f941\n"


@posix
def test_a_full_standard_output_is_one_line() -> None:
    program = (
        "import sys; from kling_foley_core.cli import *; from kling_foley_core.cli.say import *; "
        "inspect._inspect = lambda options: say('x'); sys.exit(main(['inspect', 'x']))"
    )
    done = shell(f'"{sys.executable}" -c "{program}" > /dev/full')
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "No space left" in done.stderr


@posix
def test_messages_never_land_in_a_file_that_is_being_written(tmp_path) -> None:
    """The number of a closed standard error is free for the next file opened."""
    program = (
        "import os, sys; from kling_foley_core.cli.say import prepare_streams; prepare_streams(); "
        "file = open(sys.argv[1], 'w'); os.write(2, b'a warning'); file.write('film')"
    )
    assert shell(f'"{sys.executable}" -c "{program}" \'{tmp_path}/film\' 2>&-').returncode == 0
    assert (tmp_path / "film").read_text() == "film"


def raising(error: BaseException):
    def run(*_: object) -> None:
        raise error

    return run


@pytest.mark.parametrize(
    "code", [errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.EACCES]
)
def test_errors_of_the_system_are_one_line(monkeypatch, capsys, code) -> None:
    monkeypatch.setattr(inspect, "_inspect", raising(OSError(code, os.strerror(code), "a\x1bb.pt")))
    assert main(["inspect", "x"]) == 2
    error = capsys.readouterr().err
    assert os.strerror(code) in error and "a\\x1bb.pt" in error and error.count("\n") == 1


def test_memory_that_is_used_up_is_one_line(monkeypatch, capsys) -> None:
    monkeypatch.setattr(inspect, "_inspect", raising(MemoryError()))
    assert main(["inspect", "x"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_control_characters_are_shown_escaped(capsys, tmp_path) -> None:
    assert main(["inspect", str(tmp_path / "a\x1b[2J\nkling-foley: done\u202e鼓é👩\u200d🎤.pt")]) == 2
    error = capsys.readouterr().err
    assert r"a\x1b[2J\nkling-foley: done\u202e鼓é" in error and error.count("\n") == 1
    assert "👩\u200d🎤" in error
    long = str(InputError(f"a {'x' * 10**6}: the remedy."))
    assert len(long) < 2100 and long.startswith("a x") and long.endswith("x: the remedy.")
    assert InputError("a\nb", "c").args == (r"a\nb", "c") and str(InputError("a", "b")) == "a\nb"


def test_progress_nobody_reads_hinders_no_work(monkeypatch) -> None:
    class Closed:
        encoding = "utf-8"

        def write(self, *_: str) -> None:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

        flush = fileno = write

    monkeypatch.setattr(sys, "stderr", Closed())
    with bars.Bars() as progress:
        for done in range(3):
            progress("one", done, 2)
        progress("two", 1, 1)


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_is_being_written_goes_when_the_system_ends_the_command(monkeypatch, tmp_path, number) -> None:
    from kling_foley_core.files.whole_file import whole_file

    def write(*_: object) -> None:
        with whole_file(tmp_path / "a.txt") as draft:
            draft.write_text("half")
            signal.raise_signal(number)

    monkeypatch.setattr(inspect, "_inspect", write)
    before = signal.signal(number, signal.SIG_DFL)  # a run under nohup ignores one
    try:
        assert main(["inspect", "x"]) == 128 + number
        assert not list(tmp_path.iterdir())
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "{clip}", "--steps", str(10**9), "--output", "{clip}.wav"], "steps = 1000000000"),
        (["generate", "--seconds", "1e9", "--output", "{clip}.wav"], "seconds = 1000000000"),
        (["evaluate", "world", "--steps", str(10**9), "--json", "{clip}.json"], "steps = 1000000000"),
        (["evaluate", "world", "--clips", str(10**9), "--json", "{clip}.json"], "index is 999999999"),
        (["world", "--clips", str(10**9), "--out", "{clip}.d"], "index is 999999999"),
    ],
)
def test_absurd_numbers_are_refused_at_once(tmp_path, monkeypatch, capsys, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    clip = write_clip(tmp_path / "a.mp4")
    assert main([a.format(clip=clip) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(tmp_path.glob("a.mp4.*"))


def test_streams_of_a_notebook_are_taken_as_they_are(tmp_path) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        assert main(["inspect", str(tmp_path / "nothing")]) == 2
    assert "does not exist" in out.getvalue()


def test_stages_that_take_turns_keep_a_bar_each(capsys) -> None:
    """As a film is read and looked at piece by piece."""
    shown = bars.Bars()
    with shown as progress:
        for done in range(1, 4):
            progress("one", done, 3)
            progress("two", 2 * done, 6)
        assert not shown.bars, "what is done is closed"
    printed = capsys.readouterr().err
    assert "3/3" in printed and "6/6" in printed
    assert printed.count("0/3") == printed.count("0/6") == 1, "no stage begins anew"


def test_what_is_said_meanwhile_stands_on_a_line_of_its_own(capsys) -> None:
    shown = bars.Bars()
    with shown as progress:
        progress("one", 1, 3)
        shown.above(say)("half of it")
        out, before = capsys.readouterr()
        assert out == "half of it\n"
        assert before.endswith("\r") and not before.rsplit("\r", 2)[1].strip(), "the bar is wiped away"
        progress("one", 3, 3)
    assert "3/3" in capsys.readouterr().err
