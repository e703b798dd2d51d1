"use strict";
// Headings of the track tables become buttons that sort; without this script all else works.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows].at(-1).cells;
  const body = table.tBodies[0];
  const key = (row, column) => row.cells[column].dataset.sort;
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    const difference = Number(a) - Number(b);
    return Number.isNaN(difference) ? a.localeCompare(b) : difference;
  };
  [...headings].forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      for (const each of headings) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...body.rows];
      rows.sort((a, b) => {
        const x = key(a, column), y = key(b, column);
        return up || x === "" || y === "" ? compare(x, y) : compare(y, x);
      });
      body.append(...rows);
    });
  });
}
