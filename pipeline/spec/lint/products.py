"""What is sold, what is on it, and what is made for nobody."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written


@check(
    "spec/products",
    rationale="""A product is one thing on sale, with one barcode and one running order; what is
    made for none bears no number, and a product for which nothing is made was forgotten.""",
)
def products(written: Written) -> Iterator[Finding]:
    """Every product has something on it, always the same, and what is made belongs to one."""
    yield from _products(written)
    yield from _numbers(written)
    yield from _deliverables(written)


def _products(written: Written) -> Iterator[Finding]:
    editions: dict[str, set[str]] = {name: set() for name in written.spec.products}
    for each in written.spec.deliverables.values():
        if each.product:
            editions[each.product].add(each.edition or "the album")
    for name, found in editions.items():
        if not found and written.spec.deliverables:
            yield written.finding(
                Severity.INFO,
                "nothing-on-it",
                f"nothing is made of product {name}",
                at=("products", name),
                action=f"add a deliverable with product: {name}, or take the product out",
            )
        if len(found) > 1:
            yield written.finding(
                Severity.WARN,
                "two-programmes",
                f"product {name} is {' and '.join(sorted(found))}: one barcode, two programmes",
                at=("products", name),
                action="give each its own product",
            )


def _numbers(written: Written) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for name, product in written.spec.products.items():
        if product.catalog_number is None:
            continue
        owner = owners.setdefault(product.catalog_number, name)
        if owner != name:
            yield written.finding(
                Severity.INFO,
                "catalog-number",
                f"{product.catalog_number} is the catalogue number of {owner} too",
                at=("products", name, "catalog_number"),
                action="most labels end the number of each format differently: -CD, -D",
            )


def _deliverables(written: Written) -> Iterator[Finding]:
    spec = written.spec
    if not spec.deliverables:
        yield written.finding(
            Severity.INFO,
            "nothing-made",
            "no deliverables are written, so a build makes nothing",
            at=(),
            action="deliverables: {stores: {kind: files, format: flac}}",
        )
    for name, each in spec.deliverables.items():
        if spec.products and each.product is None:
            yield written.finding(
                Severity.INFO,
                "no-product",
                f"{name} belongs to no product: it bears no UPC and no catalogue number",
                at=("deliverables", name),
                action=f"product: {next(iter(spec.products))}, if it is one of them",
            )
    used = {each.edition for each in spec.deliverables.values()}
    for name in spec.editions:
        if spec.deliverables and name not in used:
            yield written.finding(
                Severity.INFO,
                "idle-edition",
                f"nothing is made of edition {name}",
                at=("editions", name),
                action=f"add a deliverable with edition: {name}",
            )
