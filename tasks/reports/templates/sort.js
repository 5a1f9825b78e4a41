"use strict";
/* Turns the headings of a table into buttons that sort it. Without it the table stays as it was written. */
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headings = Array.from(table.tHead.rows[0].cells);
  const sorted = (column, isNumber, sign) => {
    const key = (row) => {
      const cell = row.cells[column];
      return isNumber ? parseFloat(cell.dataset.value) : cell.textContent.trim();
    };
    const order = (a, b) => {
      if (!isNumber) return sign * a.localeCompare(b, "en", { numeric: true });
      /* What has no value comes last, whichever way. */
      return isNaN(a) || isNaN(b) ? isNaN(a) - isNaN(b) : sign * (a - b);
    };
    return Array.from(body.rows).sort((a, b) => order(key(a), key(b)));
  };
  headings.forEach((heading, column) => {
    if (!heading.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const direction = heading.ariaSort === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.ariaSort = direction;
      body.append(...sorted(column, heading.dataset.sort === "number", direction === "ascending" ? 1 : -1));
    });
  });
}
