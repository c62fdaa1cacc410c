/**
 * What a column holds for a line. A line beyond its end is a mistake of ours, and must not read as nought.
 * @throws RangeError
 */
export function cell(column: ArrayLike<number>, line: number): number {
  const value = column[line];
  if (value === undefined) throw new RangeError("there is no such line in the column");
  return value;
}
