"""The state of a trainer that is the state of its parts."""

from __future__ import annotations

from typing import Any


class StateOfParts:
    """Of `_parts`, name -> anything with state_dict and load_state_dict (`Trainer`)."""

    def _parts(self) -> dict[str, Any]:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
