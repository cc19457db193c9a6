/** One case: a file of a subject is damaged, all is read, and the outcome judged. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Prng } from '../../../src/data/prng.js';
import { AutodidactError } from '../../../src/errors.js';
import { damageFile } from './damages.js';
import { holdsText, openEnvelope } from './envelopes.js';
import { FOREIGN } from './foreign.js';
import type { Outcome } from './outcomes.js';
import { Implausible, type Reading, type Subject } from './subject.js';
import { subjects } from './subjects/index.js';
import { putTinyRunsInto } from './tiny-run.js';

export interface CaseResult {
  number: number;
  subject: string;
  /** The file, and what was done to it. */
  damage: string;
  outcome: Outcome;
  /** What was said, or what is wrong. */
  detail: string;
  ms: number;
}

interface Intact {
  files: ReadonlyMap<string, Buffer>;
  /** Those that are damaged. */
  names: readonly string[];
  /** By the way of reading. */
  readings: readonly Reading[];
}

/** Ways to read that a case may choose. */
const WAYS = 2;
const LONGEST_SENTENCE = 3000;
const TEXT_ENDINGS = ['.json', '.jsonl', '.ndjson', '.csv', '.tsv', '.txt', '.svg', ''];
/** Names under which files lie, the same in every case: what is read may hold the name of its folder. */
const DATA = 'data';

/** The cases of a seed, in a folder of their own. */
export class Cases {
  private readonly intact = new Map<Subject, Promise<Intact>>();
  private readonly chosen: readonly Subject[];
  private readonly total: number;

  /** @param only takes the subjects whose names it matches */
  constructor(
    private readonly seed: number,
    private readonly folder: string,
    only = /./,
  ) {
    this.chosen = subjects.filter(({ name }) => only.test(name));
    this.total = this.chosen.reduce((sum, { weight }) => sum + weight, 0);
    if (this.total === 0) throw new Error(`No subject is called ${only}`);
    putTinyRunsInto(join(folder, 'tiny-runs'));
  }

  /** @param keep whether the damaged files stay, in the folder of this number */
  async run(number: number, keep = false): Promise<CaseResult> {
    const random = new Prng(this.seed, number);
    const subject = this.subjectAt(random.uniform() * this.total);
    const intact = await this.intactOf(subject);
    const name = intact.names[random.below(intact.names.length)]!;
    const way = random.below(WAYS);
    const { content, what } = damaged(intact, name, random);
    const folder = join(this.folder, String(number), DATA);
    writeAll(folder, new Map<string, Content>([...intact.files, [name, content]]));
    const began = performance.now();
    try {
      const holds = content === 'missing' && subject.mayBeMissing ? 'plausible' : subject.holds;
      const verdict = await judge(holds, intact.readings[way]!, () => subject.read(folder, way));
      const ms = Math.round(performance.now() - began);
      return { number, subject: subject.name, damage: `${name}: ${what}`, ...verdict, ms };
    } finally {
      if (!keep) rmSync(dirname(folder), { recursive: true, force: true });
    }
  }

  private subjectAt(place: number): Subject {
    let end = 0;
    return this.chosen.find(({ weight }) => {
      end += weight;
      return end > place;
    })!;
  }

  private intactOf(subject: Subject): Promise<Intact> {
    const found = this.intact.get(subject) ?? this.prepare(subject);
    this.intact.set(subject, found);
    return found;
  }

  private async prepare(subject: Subject): Promise<Intact> {
    const folder = join(this.folder, 'intact', DATA);
    mkdirSync(folder, { recursive: true });
    await subject.write(folder);
    const files = readAll(folder);
    const names = [...files.keys()].filter((name) => (subject.damaged ?? /./).test(name)).sort();
    if (names.length === 0) throw new Error(`${subject.name} has no file to damage: ${[...files.keys()]}`);
    const readings: Reading[] = [];
    for (let way = 0; way < WAYS; way++) {
      rmSync(folder, { recursive: true });
      writeAll(folder, files);
      readings.push(await subject.read(folder, way));
    }
    rmSync(dirname(folder), { recursive: true });
    return { files, names, readings };
  }
}

/** What may stand under the name of a file: bytes, nothing at all, or something that is no file. */
type Content = Buffer | 'missing' | 'a pipe' | 'a folder';

function damaged({ files }: Intact, name: string, random: Prng): { content: Content; what: string } {
  const bytes = files.get(name)!;
  const kind = random.below(200);
  if (kind < 3 && files.size > 1) return { content: 'missing', what: 'missing' };
  if (kind === 3) return { content: 'a pipe', what: 'a pipe' };
  if (kind === 4) return { content: 'a folder', what: 'a folder' };
  const ending = extname(name);
  const envelope = openEnvelope(ending, bytes);
  if (envelope !== null && random.below(2) === 0) {
    const { bytes: inside, what } = damageFile(envelope.content, random, FOREIGN, holdsText(ending));
    return { content: envelope.close(inside), what: `inside: ${what}` };
  }
  const { bytes: content, what } = damageFile(bytes, random, FOREIGN, TEXT_ENDINGS.includes(ending));
  return { content, what };
}

async function judge(
  holds: Subject['holds'],
  intact: Reading,
  read: () => Promise<Reading>,
): Promise<{ outcome: Outcome; detail: string }> {
  let reading: Reading;
  try {
    reading = await read();
  } catch (error) {
    return judgeError(error);
  }
  const { digest, refused } = reading;
  if (refused !== null && refused !== intact.refused)
    return refused.length <= LONGEST_SENTENCE
      ? { outcome: 'left out', detail: refused }
      : { outcome: 'foreign', detail: `a reason of ${refused.length} characters: ${refused.slice(0, 200)}` };
  if (digest === intact.digest) return { outcome: 'equal', detail: '' };
  if (holds === 'plausible') return { outcome: 'plausible', detail: '' };
  return { outcome: 'wrong', detail: 'it gives other content, and says nothing' };
}

function judgeError(error: unknown): { outcome: Outcome; detail: string } {
  if (error instanceof Implausible) return { outcome: 'wrong', detail: error.message };
  if (!(error instanceof AutodidactError))
    return { outcome: 'foreign', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { code, message } = error;
  const detail = `${code}: ${message}`;
  // The system is said to be at fault, where a file is.
  if (code === 'IO' && /not enough memory/i.test(message)) return { outcome: 'memory', detail };
  if (message.length > LONGEST_SENTENCE)
    return { outcome: 'foreign', detail: `a sentence of ${message.length} characters: ${detail.slice(0, 200)}` };
  return { outcome: 'refused', detail };
}

function readAll(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
}

function writeAll(folder: string, files: ReadonlyMap<string, Content>): void {
  for (const [name, content] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content === 'a pipe') execFileSync('mkfifo', [path]);
    else if (content === 'a folder') mkdirSync(path);
    else if (content !== 'missing') writeFileSync(path, content);
  }
}
