"""The look that an organisation gives the pages: one accent colour and a logo."""

import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UsageError
from assistant.settings import Settings

Colour = tuple[float, float, float]

#: The worst that the accent is read against, by scheme: a tenth of it on the surface, as in ``ui.css``.
LIGHT_GROUND: Colour = (0.90, 0.90, 0.90)
DARK_GROUND: Colour = (0.20, 0.20, 0.20)
BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (1.0, 1.0, 1.0)

#: Of text, WCAG 2.2, success criterion 1.4.3.
LEAST_CONTRAST = 4.5

#: Image types of a logo, by suffix.
IMAGES = (".svg", ".png", ".webp", ".jpg", ".jpeg", ".gif")

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Theme:
    """A style sheet that follows ours, and the image of the logo with its media type."""

    style: str
    logo: Path | None
    logo_type: str


def theme_of(settings: Settings) -> Theme:
    """
    :raises UsageError: If the accent is no colour or the logo no image.
    """
    logo = _logo(settings.logo) if settings.logo else None
    return Theme(
        style=accent_style(settings.accent) if settings.accent else "",
        logo=logo,
        logo_type="" if logo is None else str(mimetypes.guess_type(logo.name)[0]),
    )


def accent_style(accent: str) -> str:
    """The accent in both schemes, darkened or lightened until it can be read, and what can be read on it.

    :raises UsageError: If ``accent`` is no colour.
    """
    colour = _colour(accent)
    light = _readable(colour, LIGHT_GROUND, BLACK)
    dark = _readable(colour, DARK_GROUND, WHITE)
    return (
        f":root {{ --chosen-accent: light-dark({_hex(light)}, {_hex(dark)}); "
        f"--chosen-on-accent: light-dark({_hex(_text_on(light))}, {_hex(_text_on(dark))}); }}\n"
    )


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21: WCAG 2.2, definition of "contrast ratio"."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    """WCAG 2.2, definition of "relative luminance"."""
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable(colour: Colour, ground: Colour, towards: Colour) -> Colour:
    """``colour``, or the nearest mixture of it with ``towards`` that can be read on ``ground``."""
    mixtures = (_mixed(colour, towards, step / 50) for step in range(51))
    return next(mixture for mixture in mixtures if contrast(mixture, ground) >= LEAST_CONTRAST)


def _text_on(colour: Colour) -> Colour:
    """Black or white: one of them always has a contrast of at least 4.58."""
    return max(BLACK, WHITE, key=lambda text: contrast(text, colour))


def _mixed(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(255 * (a + (b - a) * share)) / 255 for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _colour(accent: str) -> Colour:
    if not _HEX.fullmatch(accent):
        raise UsageError(f"Setting 'accent' has value '{accent}'. It takes a colour such as #0a5c6b.")
    digits = accent[1:] if len(accent) == 7 else "".join(digit * 2 for digit in accent[1:])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * value):02x}" for value in colour)


def _logo(value: str) -> Path:
    path = Path(value).expanduser()
    if path.suffix.lower() not in IMAGES or not path.is_file():
        raise UsageError(f"Setting 'logo' has value '{value}'. It takes an image file ({', '.join(IMAGES)}).")
    return path
