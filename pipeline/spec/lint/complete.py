"""What a shop or a service asks for with the music."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

FOR_SERVICES = ("label", "release_date", "genre", "c_line", "p_line", "artwork")


@check(
    "spec/complete",
    rationale="""Services and their distributors take no release without label, release date,
    genre, © and ℗ line and a cover (Apple Music, Spotify, DDEX ERN); a pressing plant files a
    CD by its catalogue number.""",
)
def complete(written: Written) -> Iterator[Finding]:
    """What is sold comes with everything that is asked for."""
    shops = [name for name, each, *_ in written.on_sale() if each.kind == "files"]
    missing = [key for key in FOR_SERVICES if getattr(written.spec.album, key) is None]
    if shops and missing:
        yield written.finding(
            Severity.WARN,
            "for-services",
            f"services ask for {_listed(missing)} too; {_listed(shops)} will lack that",
            at=("album",),
            action="write them under album; if nothing of it goes to a service: "
            "intent: {complete: …}",
        )
    for _, each, name, product in written.on_sale():
        if each.kind in ("cd_image", "ddp") and product.catalog_number is None:
            yield written.finding(
                Severity.INFO,
                "catalog-number",
                f"product {name} has no catalogue number; a plant files and prints it",
                at=("products", name),
                action="catalog_number: …, a number of your own is fine",
            )


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
