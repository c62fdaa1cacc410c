import { zonedClock } from "./zoned-clock.ts";
import { visible } from "./visible-text.ts";

/** The few pieces of HTML that the report page is made of. What goes into a page as text goes through {@link text}. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it literally, in an element or a quoted attribute. An invisible character becomes `[U+202E]`. */
export function text(value: string): string {
  return visible(value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] as string));
}

export type Tone = "good" | "warn" | "bad";

const SYMBOLS: Readonly<Record<Tone, string>> = { good: "✓", warn: "!", bad: "✗" };

/** Text that is set like code where it is a SHA-256, so that two of them can be compared by eye. */
export function codeOrText(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? `<code>${value}</code>` : text(value);
}

/** A verdict in words, with colour and a symbol beside them, so that it needs neither. */
export function verdict(tone: Tone, words: string): string {
  return `<span class="${tone}"><span aria-hidden="true">${SYMBOLS[tone]}</span> ${text(words)}</span>`;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * An instant such as `2026-03-01T20:00:12.345Z` as clocks of that zone show it, to the second and with the zone's
 * offset; other text as it is.
 * @param timeZone IANA name
 */
export function instant(value: string, timeZone: string): string {
  if (!INSTANT.test(value)) return text(value);
  return `<time datetime="${value}">${zonedClock(new Date(value), timeZone, "longOffset")}</time>`;
}

export interface TableColumn {
  readonly head: string;
  /** The heading over this column and its neighbours of the same group. */
  readonly group?: string;
  /** Set to the right, in figures of one width. */
  readonly figures?: boolean;
  /** Says enough without its heading where a narrow screen has no heads. */
  readonly bare?: boolean;
}

export interface TableRow {
  /** HTML, one per column; the first one heads the row. */
  readonly cells: readonly string[];
  readonly tone?: Tone;
}

/**
 * A table that a narrow screen shows as one block per row. The roles repeat what the elements mean, because
 * some browsers forget it when a style sheet turns rows into blocks.
 * @param caption text
 */
export function table(caption: string, columns: readonly TableColumn[], rows: readonly TableRow[]): string {
  const paired = columns.some(({ group }) => group !== undefined);
  const flows = columns.slice(1).every(({ bare }) => bare);
  return [
    `<div class="wide"><table role="table" class="stacks${paired ? " paired" : ""}${flows ? " flows" : ""}">`,
    `<caption>${text(caption)}</caption>`,
    `<thead role="rowgroup">${paired ? groupedHeads(columns) : plainHeads(columns)}</thead>`,
    `<tbody role="rowgroup">`,
    ...rows.map((row) => tableRow(columns, row)),
    `</tbody></table></div>`,
  ].join("\n");
}

function plainHeads(columns: readonly TableColumn[]): string {
  return `<tr role="row">${columns.map((column) => headCell(column, "")).join("")}</tr>`;
}

function groupedHeads(columns: readonly TableColumn[]): string {
  const over = columns.map((column, at) => {
    if (column.group === undefined) return headCell(column, ' rowspan="2"');
    if (columns[at - 1]?.group === column.group) return "";
    const width = columns.filter(({ group }) => group === column.group).length;
    return `<th role="columnheader" scope="colgroup" colspan="${width}" class="group">${text(column.group)}</th>`;
  });
  const under = columns.filter(({ group }) => group !== undefined).map((column) => headCell(column, ""));
  return `<tr role="row">${over.join("")}</tr><tr role="row">${under.join("")}</tr>`;
}

function headCell(column: TableColumn, attributes: string): string {
  return `<th role="columnheader" scope="col"${attributes}${figures(column)}>${text(column.head)}</th>`;
}

function tableRow(columns: readonly TableColumn[], row: TableRow): string {
  const cells = row.cells.map((cell, at) => {
    const column = columns[at] as TableColumn;
    // The narrow form has no heads; there a cell carries its own, a pair of count and dollars one for both.
    const second = column.group !== undefined && columns[at - 1]?.group === column.group;
    const label = second || column.bare ? "" : ` data-label="${text(column.group ?? column.head)}"`;
    if (at > 0) return `<td role="cell"${label}${figures(column)}>${cell}</td>`;
    return `<th role="rowheader" scope="row"${column.figures ? label : ""}${figures(column)}>${cell}</th>`;
  });
  return `<tr role="row"${row.tone ? ` class="row-${row.tone}"` : ""}>${cells.join("")}</tr>`;
}

function figures(column: TableColumn): string {
  return column.figures ? ' class="figures"' : "";
}

/**
 * @param id unique in the page
 * @param heading text
 * @param parts HTML
 */
export function section(id: string, heading: string, ...parts: readonly string[]): string {
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${text(heading)}</h2>\n${parts.join("\n")}\n</section>`;
}
