"""Which file holds the sound of a clip, and which its true one.

Files are paired by name, without suffix: the clip's id, then what else a sound of it may be called (its
film's name, a benchmark's), then the name that `kling-foley batch` gives the id. A path below the folder
comes before a bare name, and a sound before a film of the same name. A file that is called as another clip
is that clip's alone, a name that several films have is nobody's, and an id with folders is looked for in no
other folder. Our choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...data.manifest.media_files import FILMS, SOUNDS, files_below
from ...errors import InputError
from ...files.output_name import output_name
from .clip import Clip

SHOWN = 3  # names that a message gives


@dataclass(frozen=True)
class Pair:
    """`sound` begins where the clip begins; the true sound is at `reference_start` of `reference`. `why`:
    what stands in the way of judging it, "" for nothing; `notes`: what of it can't be judged."""

    clip: Clip
    sound: Path | None
    reference: Path | None
    reference_start: float
    why: str = ""
    notes: tuple[str, ...] = ()


class NamedFiles:
    """Sounds and films below a folder, by their names, for `clips`."""

    def __init__(self, folder: Path, option: str, clips: Sequence[Clip]) -> None:
        if not folder.is_dir():
            raise InputError(f"{option} {folder} is no folder; give the one with the sounds.")
        self.folder, self.option, self.count = folder, option, 0
        self._named: dict[str, list[Path]] = {}
        for path in files_below(folder):
            if path.suffix.lower() in FILMS | SOUNDS:
                self.count += 1
                below = path.relative_to(folder).with_suffix("").as_posix()
                for name in {below, path.stem}:
                    self._named.setdefault(name, []).append(path)
        self._ids = {clip.id for clip in clips}
        films: dict[str, set[tuple[Path | None, float]]] = {}
        for clip in clips:
            for name in clip.names:
                films.setdefault(name, set()).add((clip.film or clip.sound or clip.reference, clip.start))
        self._of_several = {name for name, own in films.items() if len(own) > 1}

    def find(self, clip: Clip) -> Path | None:
        """InputError where a name is that of several files."""
        for name in names_of(clip):
            if name in self._of_several and name != clip.id:
                continue
            found = [path for path in self._named.get(name, []) if self._may_serve(path, name, clip)]
            found = [path for path in found if self._below(path) == name] or found
            found = [path for path in found if path.suffix.lower() in SOUNDS] or found
            if len(found) > 1:
                several = ", ".join(str(path.relative_to(self.folder)) for path in found[:SHOWN])
                raise InputError(f"{self.option}: {several} are all called {name}; leave one of them.")
            if found:
                return found[0]
        return None

    def _may_serve(self, path: Path, name: str, clip: Clip) -> bool:
        below = self._below(path)
        if below == clip.id:
            return True
        if {below, path.stem} & self._ids - {clip.id}:
            return False
        return below == name or "/" not in clip.id

    def _below(self, path: Path) -> str:
        return path.relative_to(self.folder).with_suffix("").as_posix()


def pairs_of(clips: Sequence[Clip], pred: Path | None, reference: Path | None) -> list[Pair]:
    """`pred` None: sounds as the manifest says them; `reference` None: the manifest's, else the films' own.
    InputError where no clip has a sound, and as `with_references`."""
    sounds = None if pred is None else NamedFiles(pred, "--pred", clips)
    pairs = [_sounding(pair, sounds) for pair in with_references(clips, reference)]
    if not any(pair.sound for pair in pairs):
        raise InputError(_no_sounds(clips, sounds))
    return pairs


def names_of(clip: Clip) -> tuple[str, ...]:
    return (clip.id, *clip.names, output_name(clip.id, "", set()).as_posix())


def with_sound(pair: Pair, sound: Path | None, why: str = "") -> Pair:
    """With one that was made meanwhile, or why it wasn't."""
    return replace(pair, sound=sound, why=why)


def with_references(clips: Sequence[Clip], folder: Path | None) -> list[Pair]:
    """Clips without a sound yet. One that has no true sound has a note where others have one: where none has,
    the measures say it. InputError where `folder` has none of any clip."""
    true = None if folder is None else NamedFiles(folder, "--reference", clips)
    pairs = [_with_reference(clip, true) for clip in clips]
    if any(pair.reference for pair in pairs):
        return [pair if pair.reference or pair.notes else _lacking(pair) for pair in pairs]
    if true is not None:
        raise InputError(_none_called(clips, true))
    return pairs


def _lacking(pair: Pair) -> Pair:
    return replace(pair, notes=(f"no reference: {pair.clip.place} names none.",))


def _with_reference(clip: Clip, true: NamedFiles | None) -> Pair:
    found, start, notes = clip.reference, 0.0, ()
    if true is not None:
        try:
            found = true.find(clip)
        except InputError as error:
            found, notes = None, (str(error),)
        if found is None and not notes:
            notes = (f"no reference: {true.option} {true.folder} has no file {clip.id}.*",)
    elif found is None and clip.own_sound and clip.film is not None:
        found, start = clip.film, clip.start
    return Pair(clip, None, found, start, notes=notes)


def _sounding(pair: Pair, sounds: NamedFiles | None) -> Pair:
    clip = pair.clip
    if sounds is None:
        why = "" if clip.sound else f"{clip.place} names no sound; give one, or --pred DIR."
        return with_sound(pair, clip.sound, why)
    try:
        found = sounds.find(clip)
    except InputError as error:
        return with_sound(pair, None, str(error))
    why = "" if found else f"--pred {sounds.folder} has no file {clip.id}.*"
    return with_sound(pair, found, why)


def _no_sounds(clips: Sequence[Clip], sounds: NamedFiles | None) -> str:
    if sounds is None:
        return "no clip names a sound; give --pred DIR, --model NAME, or a column sound in the manifest."
    return _none_called(clips, sounds)


def _none_called(clips: Sequence[Clip], files: NamedFiles) -> str:
    expected = ", ".join(f"{clip.id}.*" for clip in clips[:SHOWN])
    return (
        f"{files.option} {files.folder}: none of its {files.count} sounds and films is called as a clip is "
        f"({expected}, ...); name them by the clips' ids."
    )
