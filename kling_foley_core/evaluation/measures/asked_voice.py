"""Whether a caption asks for voices, so that speech in its sound is no fault (`speech.py`).

It does if one of its English words means speaking, singing, another sound of voices or somebody who makes it,
unless "no" or "without" stands before it; where that is in doubt (birds that sing) it does. Of a caption
without Latin letters nothing is known. Our choice: generated sound often babbles, and no distance between
sets tells.
"""

from __future__ import annotations

import re

VOICES = r"""
    speech speak(s|er|ers|ing)? spoke(n)? talk(s|ed|er|ing)? voice(s|d|over)? vocal(s|ist|ists)?
    vocali[sz](es?|ing) say(s|ing)? said tell(s|ing)? told whisper(s|ed|ing)? shout(s|ed|ing)? yell(s|ed|ing)?
    scream(s|ed|ing)? cry cries cried crying sob(s|bing)? sing(s|er|ers|ing)? sang sung song(s)?
    chant(s|ed|ing)? rapper rapping choir(s)? choral opera lyrics yodel(s|l?ing)? narrat(es?|ed|ing|ion|or)
    conversation(s|al)? convers(es?|ing) dialog(s|ue|ues)? monolog(s|ue)? chat(s|ting|ter|tering)?
    discuss(es|ion|ing)? argu(es?|ing|ment) announc(es?|ed|er|ing|ement|ements)
    comment(s|ary|ator|ators|ing)? interview(s|er|ing)? lectur(es?|er|ing) sermon(s)? preach(es|er|ing)?
    pray(s|er|ers|ing)? recit(es?|ing|al) laugh(s|ed|ing|ter)? giggl(es?|ed|ing) chuckl(es?|ed|ing)
    cheer(s|ed|ing)? crowd(s|ed)? audience babbl(es?|ing)(?!\s+(brook|stream|creek)) murmur(s|ing)?
    mumbl(es?|ing) child(ren)? kid(s)? bab(y|ies) infant(s)? toddler(s)? radio television tv
""".split()
ASKED = re.compile(rf"((?:\bno|\bwithout)\s+(?:\w+\s+)?)?\b({'|'.join(VOICES)})\b", re.IGNORECASE)
LATIN = re.compile(r"[A-Za-z]")


def asks_for_voice(caption: str) -> bool | None:
    """None where it can't be read."""
    if not LATIN.search(caption):
        return None
    return any(not match[1] for match in ASKED.finditer(caption))
