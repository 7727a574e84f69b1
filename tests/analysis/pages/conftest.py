"""What the tests in a browser share: pages that are opened in it, and reports made from the reference's records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SUITES = ("depth", "function_class", "ordering", "imagenet", "on_paper", "lectures", "width")
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def opened(browser: "Browser") -> Open:
    """Open a file in a window of a size; its console must stay silent, and it must request nothing but itself."""

    @contextmanager
    def open_page(path: Path, width: int = 1280, height: int = 800, **options: Any) -> "Iterator[Page]":
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        said: list[str] = []
        requested: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(path.as_uri())
        yield page
        context.close()
        assert said == []
        assert {url for url in requested if not url.startswith(("data:", "blob:"))} == {path.as_uri()}

    return open_page


@pytest.fixture(scope="session")
def from_reference(all_from_reference: tuple[Path, list[Path]]) -> dict[str, Path]:
    """Pages of some suites by name, made again from the records of the reference."""
    return {suite: [page for page in all_from_reference[1] if page.parts[-3] == suite][-1] for suite in SUITES}
