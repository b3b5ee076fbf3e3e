"""What a user should read although nothing is wrong: a line of text on the node itself, in the page."""

from __future__ import annotations

import logging
import sys
from typing import Any

logger = logging.getLogger(__name__)


def tell(node: Any, *sentences: str) -> None:
    """Shows the sentences on the node that runs (its class, with Hidden.unique_id), and in the log; none:
    nothing."""
    if not sentences:
        return
    text = " ".join(sentences)
    logger.info("%s", text)
    host = getattr(sys.modules.get("server"), "PromptServer", None)  # not imported: there may be no page
    server, identity = getattr(host, "instance", None), getattr(node.hidden, "unique_id", None)
    if server is not None and identity is not None:
        server.send_progress_text(text, identity)
