"""What is known of one clip, made once and kept: what is measured of its sound, and what each network makes
of sound, true sound, film and caption.

A stage of the work is "waves" or a network's name; `gathered` puts the stages of a clip together. Each
entry's key says all that it depends on: the content of the files, the window, the seconds that are judged,
the network's weights and device, and the code. So whoever made it, in whichever order, a clip has the same
numbers. What a file or a network refuses is kept as well, as a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from torch import Tensor

from ...batch.run import sentence
from ...cache.keys import key_of
from ...errors import InputError
from ..measures.asked_voice import asks_for_voice
from ..measures.table import Measure
from .judging import ClipFeatures
from .kept import Kept, NotKeptError
from .networks import Networks, NotOpenedError
from .pairs import Pair
from .recipes import RECIPES
from .waves import MOVED, Waves, measured
from .window import Window

WAVES = "waves"
VOICES = "silero"  # the network that hears speech
SOUND, REFERENCE, FILM, CAPTION, TOGETHER = ROLES = ("sound", "reference", "film", "caption", "together")
Made = dict[str, Tensor] | str  # features, or why there are none


@dataclass
class Gathered:
    """`notes`: sentences about what could not be measured; `heard`: whether the sound could be used. If not,
    features are of the true sound alone, where a measure takes it without its pair."""

    features: ClipFeatures
    onsets: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    heard: bool = True


class Gathering:
    def __init__(self, asked: Sequence[Measure], kept: Kept, networks: Networks, seconds: float) -> None:
        """`seconds` of each clip are judged."""
        self.kept, self.networks, self.seconds = kept, networks, seconds
        self.moved = any(measure.name == MOVED for measure in asked)
        names = dict.fromkeys(name for measure in asked for name in measure.networks)
        self.asked = {
            name: [measure for measure in asked if name in measure.networks]
            for name in names
            if networks.at_hand(name)
        }
        self.roles = {name: _roles(name, measures) for name, measures in self.asked.items()}
        self.unpaired = {
            name
            for name, measures in self.asked.items()
            if not all(RECIPES[measure.name].paired for measure in measures)
        }
        self.lost: dict[tuple[str, str], str] = {}  # stage, clip's id -> how the process that was at it ended

    @property
    def stages(self) -> list[str]:
        return [WAVES, *self.roles]

    def do(self, stage: str, pair: Pair) -> None:
        """Makes what `gathered` will find."""
        waves = self._waves(pair)
        if stage != WAVES:
            self._network(stage, pair, waves)

    def gathered(self, pair: Pair, given: Collection[str] = ROLES) -> Gathered:
        """`given`: what clips have (`given_roles`); what none of them has is no fault of this one."""
        name = pair.clip.id
        waves = self._waves(pair)
        heard = "why" not in waves
        notes = [*pair.notes, *waves["notes"]] if heard else [waves["why"], *pair.notes]
        features: dict[str, dict[str, dict[str, Tensor]]] = {role: {} for role in ROLES}
        for network in self.roles:
            for role, made in self._network(network, pair, waves).items():
                if not isinstance(made, str):
                    features[role][network] = made
                elif role in given and network not in self.networks.refused:
                    notes.append(self._note(network, role, made))
        found = ClipFeatures(name, **features, true=self._true(pair), figures=waves.get("figures", {}))
        return Gathered(found, waves.get("onsets", {}), list(dict.fromkeys(notes)), heard)

    def _note(self, network: str, role: str, why: str) -> str:
        """Names the measures that lack it: all of the network's where its process ended."""
        asked = self.asked[network]
        lacking = [measure for measure in asked if role in _roles(network, [measure])] or asked
        measures = ", ".join(measure.name for measure in lacking)
        return f"{measures}: {'the reference: ' if role == REFERENCE else ''}{why}"

    def _waves(self, pair: Pair) -> Waves:
        if pair.sound is None or (WAVES, pair.clip.id) in self.lost:
            return {"why": pair.why or self.lost[WAVES, pair.clip.id]}
        sound, true = self._window(pair.sound, 0.0, pair), self._true_window(pair)
        film = pair.clip.film and self._window(pair.clip.film, pair.clip.start, pair)
        facts = [self._facts_or_why(window) for window in (sound, true, film)]
        if isinstance(facts[0], str):
            return {"why": facts[0]}
        # Sentences name the files, which may lie elsewhere next time.
        names = [str(window and window.path) for window in (sound, true, film)]
        key = self.kept.key(WAVES, facts, self.seconds, self.moved, names)
        if (note := self.kept.note(key)) is None:
            try:
                note = measured(sound, true, film, self.seconds, self.moved)
            except Exception as error:  # memory, say: the next run may have more
                return {"why": sentence(error)}
            self.kept.keep_note(key, note)
        return note

    def _facts_or_why(self, window: Window | None) -> list | str | None:
        try:
            return window and self._facts(window)
        except NotKeptError:
            raise
        except InputError as error:
            return str(error)

    def _network(self, name: str, pair: Pair, waves: Waves) -> dict[str, Made]:
        """Of each thing that the network is asked about and that there is."""
        if (name, pair.clip.id) in self.lost:
            return {SOUND: self.lost[name, pair.clip.id]}
        made: dict[str, Made] = {}
        for role in self.roles[name] if "why" not in waves else self._without_sound(name):
            try:
                found = self._role(role, name, pair, waves)
            except NotKeptError:
                raise
            except InputError as error:
                found = str(error)
            if found is not None:
                made[role] = found
        return made

    def _without_sound(self, name: str) -> list[str]:
        return [REFERENCE] if name in self.unpaired else []

    def _role(self, role: str, name: str, pair: Pair, waves: Waves) -> Made | None:
        clip = pair.clip
        if role == SOUND:
            if name == VOICES and asks_for_voice(clip.caption):
                return None  # speech is no fault there
            return self._of_sound(name, self._window(pair.sound, 0.0, pair))
        if role == REFERENCE:
            true = self._true_window(pair)
            return self._of_sound(name, true) if true and waves.get("reference", True) else None
        if role == CAPTION:
            return self._of_caption(name, clip.caption) if clip.caption else "the clip has no caption."
        if clip.film is None:
            return "the clip has no film."
        return self._of_film(name, pair) if role == FILM else self._together(name, pair)

    def _of_sound(self, name: str, window: Window) -> Made:
        def make() -> dict[str, Tensor]:
            return self.networks.opened(name).of_sound(*window.wave(), seconds=self.seconds)

        return self._made(name, self._sound_facts(window), str(window.path), make)

    def _of_caption(self, name: str, caption: str) -> Made:
        return self._made(name, [CAPTION, caption], "", lambda: self.networks.opened(name).of_text(caption))

    def _of_film(self, name: str, pair: Pair) -> Made:
        def make() -> dict[str, Tensor]:
            from ..networks.film_frames import FilmFrames

            film = FilmFrames(pair.clip.film, self._judged(pair), Fraction(pair.clip.start))
            return self.networks.opened(name).of_film(film)

        return self._made(name, self._film_facts(pair), str(pair.clip.film), make)

    def _together(self, name: str, pair: Pair) -> Made:
        """Sound and film compared by the network; the tokens of the sound serve once and are not kept."""
        window = self._window(pair.sound, 0.0, pair)

        def make() -> dict[str, Tensor]:
            film = self._of_film(name, pair)
            if isinstance(film, str):
                raise InputError(film)
            network = self.networks.opened(name)
            sound = network.of_sound(*window.wave(), seconds=self.seconds)
            return {"logits": network.compare(film["tokens"], sound["tokens"])}

        facts = [TOGETHER, self._sound_facts(window), self._film_facts(pair)]
        return self._made(name, facts, f"{window.path} {pair.clip.film}", make)

    def _made(self, name: str, facts: list, where: str, make: Callable[[], dict[str, Tensor]]) -> Made:
        """`where`: the files that a refusal may name."""
        facts = [*self.networks.facts(name), *facts]
        key, refused = self.kept.key(facts), self.kept.key(facts, where)
        if (found := self.kept.tensors(key)) is not None:
            return found
        if (note := self.kept.note(refused)) is not None:
            return note["why"]
        try:
            made = make()
        except NotKeptError:
            raise
        except NotOpenedError as error:
            return str(error)
        except InputError as error:
            self.kept.keep_note(refused, {"why": str(error)})
            return str(error)
        except Exception as error:  # memory, say: the next run may have more
            return sentence(error)
        # Copies: a file holds no two tensors that share memory.
        made = {role: tensor.detach().cpu().float().contiguous().clone() for role, tensor in made.items()}
        self.kept.keep(key, made)
        return made

    def _window(self, path: Path, start: float, pair: Pair) -> Window:
        return Window(path, start, pair.clip.seconds)

    def _true_window(self, pair: Pair) -> Window | None:
        return pair.reference and self._window(pair.reference, pair.reference_start, pair)

    def _true(self, pair: Pair) -> str:
        window = self._true_window(pair)
        facts = window and self._facts_or_why(window)
        return key_of(*facts[:2], self._judged(pair)) if isinstance(facts, list) else ""

    def _judged(self, pair: Pair) -> float:
        return self.seconds if pair.clip.seconds is None else min(self.seconds, pair.clip.seconds)

    def _facts(self, window: Window) -> list:
        return [self.kept.digest(window.path), *window.facts]

    def _sound_facts(self, window: Window) -> list:
        return [SOUND, *self._facts(window), self.seconds]

    def _film_facts(self, pair: Pair) -> list:
        return [FILM, self.kept.digest(pair.clip.film), pair.clip.start, self._judged(pair)]


def given_roles(pairs: Sequence[Pair]) -> set[str]:
    """Of ROLES, without what no clip has."""
    captioned, filmed = any(p.clip.caption for p in pairs), any(p.clip.film for p in pairs)
    return {*ROLES} - (set() if captioned else {CAPTION}) - (set() if filmed else {FILM, TOGETHER})


def _roles(name: str, measures: Sequence[Measure]) -> list[str]:
    """What the network is asked about for these measures."""
    sources = [source for measure in measures for source in RECIPES[measure.name].sources]
    sides = {source.side for source in sources if source.network == name}
    return [role for role in ROLES if role in sides]
