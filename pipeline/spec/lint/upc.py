"""Barcodes. Wrong digits and one code on two products are errors and come nowhere near."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

# First and last prefix of three digits, and what they are for (GS1 General Specifications,
# synopsis of GS1 Prefixes). What GS1 keeps for later is left alone: it is given out in time.
_NOT_FOR_SALE = (
    (20, 29, "is kept for use inside shops: every till takes it for goods of its own"),
    (40, 49, "is kept for use inside a company: no other till knows it"),
    (50, 59, "is kept for coupons"),
    (200, 299, "is kept for use inside shops: every till takes it for goods of its own"),
    (977, 977, "is the number of a periodical (ISSN)"),
    (978, 979, "is the number of a book or of printed music (ISBN, ISMN)"),
    (980, 984, "is kept for refund receipts and coupons"),
    (990, 999, "is kept for coupons"),
)
_EXAMPLE = range(952, 953)
_ACTION = "take a number from your distributor, or from GS1"


@check(
    "spec/upc",
    rationale="""A UPC or EAN names one thing on sale (GS1 General Specifications). Shops and
    charts know the record by it; some ranges are kept for other uses, and a record that bears
    one rings up as cheese or as a coupon.""",
)
def upc(written: Written) -> Iterator[Finding]:
    """Everything on sale has a barcode, of a range that is for sale."""
    for name, product in written.spec.products.items():
        if product.upc is None:
            continue
        at, prefix = ("products", name, "upc"), int(product.upc[:3])
        for first, last, why in _NOT_FOR_SALE:
            if first <= prefix <= last:
                yield written.finding(
                    Severity.FAIL, "range", f"{product.upc} {why}", at=at, action=_ACTION
                )
        if prefix in _EXAMPLE:
            message = f"{product.upc} is of the range that GS1 keeps for examples"
            yield written.finding(Severity.WARN, "example", message, at=at, action=_ACTION)
    yield from _missing(written)


def _missing(written: Written) -> Iterator[Finding]:
    sold: dict[str, list[str]] = {}
    for deliverable, _, name, product in written.on_sale():
        if product.upc is None:
            sold.setdefault(name, []).append(deliverable)
    for name, deliverables in sold.items():
        yield written.finding(
            Severity.WARN,
            "missing",
            f"product {name} has no UPC or EAN, which every shop asks for "
            f"({', '.join(deliverables)})",
            at=("products", name),
            action=_ACTION,
        )
