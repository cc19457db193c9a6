/**
 * Writes docs/methods.md: every registered method with what its learning run measured, from benchmarks/results/acid/. Run it
 * with `npx tsx scripts/methods-table.ts`; a test fails when the page is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '../src/methods/method.js';
import { methods } from '../src/methods/registry.js';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

export const TARGET = path('docs/methods.md');

interface AcidResult {
  machine: string;
  figures: Record<string, number>;
}

function measured(name: string): string {
  const file = path(`benchmarks/results/acid/${name}.json`);
  if (!existsSync(file)) return 'not measured yet';
  const { figures } = JSON.parse(readFileSync(file, 'utf8')) as AcidResult;
  return Object.entries(figures)
    .map(([what, value]) => `${what}: ${value}`)
    .join('<br>');
}

function row({ name, title, summary, paper }: MethodDefinition): string {
  const page = existsSync(path(`docs/methods/${name}.md`)) ? `[${title}](methods/${name}.md)` : title;
  return `| ${page}<br>\`${name}\` | ${summary} | [${paper.year}](${paper.url}) | ${measured(name)} |`;
}

/** The whole text of docs/methods.md. */
export function methodsPage(): string {
  const families = [...new Set(methods.map(({ family }) => family))];
  const sections = families.map((family) => {
    const rows = methods.filter((method) => method.family === family).map(row);
    return [`## ${family}`, '', '| method | pretext | paper | learning run |', '|---|---|---|---|', ...rows].join('\n');
  });
  return `# Methods

Written by \`scripts/methods-table.ts\` from the registry and from what the learning runs (\`npm run acid <method>\`) measured on
generated images with small networks; each run has a control that must fail. "Not measured yet" means that the method's formulas,
invariants and checkpoints are tested, and that its learning run has not been kept yet.

${sections.join('\n\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, methodsPage());
