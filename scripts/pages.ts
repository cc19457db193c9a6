/**
 * Writes what was measured into the pages that speak of it. A page asks for it with one of
 *
 *     <!-- learning run: moco -->      <!-- table: videos -->
 *     <!-- end -->
 *
 * and what stands between the two lines is replaced. `npx tsx scripts/methods-table.ts` fills in all pages; a test fails when one is
 * stale, and when a learning run stands on no page.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keptRun, keptRuns, learningRun } from './learning-runs.js';
import { videosTable } from './videos-table.js';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const TABLES: Record<string, () => string> = { videos: videosTable };

const places = (): RegExp => /<!-- (learning run|table): ([\w-]+) -->\n(?:(?!<!-- end -->).*\n)*<!-- end -->/g;

/** The text of every page of docs/ by its path from the root of the repository. */
export function readPages(): Map<string, string> {
  const files = readdirSync(path('docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .sort();
  return new Map(files.map((file) => [file, readFileSync(path(file), 'utf8')]));
}

/** The learning runs that a page has places for. */
export function runsOf(page: string): string[] {
  return [...page.matchAll(places())].flatMap(([, kind, name]) => (kind === 'table' ? [] : [name!]));
}

/** The page with every place filled in. */
export function filled(page: string): string {
  return page.replace(places(), (_, kind: string, name: string) => {
    const shown = kind === 'table' ? TABLES[name]!() : shownRun(name);
    return `<!-- ${kind}: ${name} -->\n\n${shown}\n\n<!-- end -->`;
  });
}

function shownRun(name: string): string {
  return keptRuns().includes(name) ? learningRun(keptRun(name)) : `Not measured yet: \`npm run acid ${name}\`.`;
}

export function fillPages(): void {
  for (const [file, text] of readPages()) writeFileSync(path(file), filled(text));
}
