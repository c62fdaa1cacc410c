/** Two comments of a page, between which stands what a store says; a command writes it, and a test compares it. */
export interface Marks {
  readonly begin: string;
  readonly end: string;
}

/** What stands between the two comments. @throws if they are not there, once each and in this order */
export function quotedIn(page: string, marks: Marks): string {
  return parts(page, marks)[1].trim();
}

/** The page with this text between the two comments. @throws as {@link quotedIn} */
export function withQuoted(page: string, marks: Marks, text: string): string {
  const [before, , after] = parts(page, marks);
  // A comment that begins a line would end the paragraph that it stands in.
  const around = text.includes("\n") ? "\n" : "";
  return [before, marks.begin, around, text, around, marks.end, after].join("");
}

function parts(page: string, { begin, end }: Marks): [before: string, quoted: string, after: string] {
  const [before = "", rest, ...more] = page.split(begin);
  const [quoted, after, ...evenMore] = rest?.split(end) ?? [];
  if (quoted === undefined || after === undefined || more.length + evenMore.length > 0) {
    throw new Error(`a page must have ${begin} and then ${end}, once`);
  }
  return [before, quoted, after];
}
