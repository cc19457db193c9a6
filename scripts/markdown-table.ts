/** A table in Markdown, with columns as wide as their longest cell, as the formatter writes it. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly ('left' | 'right')[],
): string {
  const widths = header.map((title, i) => Math.max(3, ...[title, ...rows.map((row) => row[i]!)].map(lengthOf)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => padded(cell, widths[i]!, sides[i]!)).join(' | ')} |`;
  const rule = widths.map((width, i) => (sides[i] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(header), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

const lengthOf = (cell: string): number => [...cell].length;

function padded(cell: string, width: number, side: 'left' | 'right'): string {
  const blanks = ' '.repeat(width - lengthOf(cell));
  return side === 'right' ? blanks + cell : cell + blanks;
}
