"""The Debian packages whose sounds, voices and instruments serve as recordings; LICENCES.md lists them.

Nothing here is needed: what is not installed is left out with a notice that names the package to install.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Package:
    """Installed if its file exists, or a program of its name is found."""

    name: str
    kind: str
    file: str

    @property
    def installed(self) -> bool:
        return Path(self.file).exists() or ("/" not in self.file and shutil.which(self.file) is not None)


SONIC_PI = Package("sonic-pi-samples", "effects", "/usr/share/sonic-pi/samples")
THEME = Package("sound-theme-freedesktop", "effects", "/usr/share/sounds/freedesktop/stereo")
ESPEAK = Package("espeak-ng", "speech", "espeak-ng")
FLITE = Package("flite", "speech", "flite")
FESTIVAL = Package("festival", "singing", "text2wave")
VOICE = Package("festvox-kallpc16k", "singing", "/usr/share/festival/voices/english/kal_diphone")
FLUIDSYNTH = Package("fluidsynth", "music", "fluidsynth")
SOUNDFONT = Package("fluid-soundfont-gm", "music", "/usr/share/sounds/sf2/FluidR3_GM.sf2")
PACKAGES = (SONIC_PI, THEME, ESPEAK, FLITE, FESTIVAL, VOICE, FLUIDSYNTH, SOUNDFONT)


def available(*wanted: Package) -> bool:
    """True if all are installed; otherwise one notice says what to install for which class."""
    missing = [p.name for p in wanted if not p.installed]
    if missing:
        logger.warning(
            "No %s from %s: `apt install %s` would add it.",
            wanted[0].kind, ", ".join(p.name for p in wanted), " ".join(missing),
        )  # fmt: skip
    return not missing
