"""The page of `kling-foley data check`: what would be used and what not, with pictures and players."""

from .page import write_page

__all__ = ["write_page"]
