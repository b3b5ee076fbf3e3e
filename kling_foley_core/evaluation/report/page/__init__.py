"""report.html and compared.html: pages that need no server, no network and no other file. All text is
escaped: names, captions and notes come from strangers."""

from .compared import compared_page
from .judged import judged_page

__all__ = ["compared_page", "judged_page"]
