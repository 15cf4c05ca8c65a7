"""The page ``docs/reference/settings.md``: names and defaults from the settings' declarations."""

from __future__ import annotations

from api.core.settings import (
    ASYMMETRIC_ALGORITHMS,
    DEFAULT_HOME,
    REDIRECT_PATH,
    AccessSettings,
    Settings,
)
from docs.pages.rendering import render


def settings_page() -> str:
    """Return the page: every environment variable with its meaning and default."""
    return render(
        "settings.md",
        home=DEFAULT_HOME,
        settings=Settings(),
        access=AccessSettings(),
        redirect_path=REDIRECT_PATH,
        algorithms=", ".join(f"`{name}`" for name in ASYMMETRIC_ALGORITHMS),
    )
