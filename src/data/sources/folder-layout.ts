import { listed } from '../labels.js';
import { type Split, splitFromName } from './source.js';

/** What the names of folders say of the images in them. */
export interface Layout {
  /** The split of each image, null where it is in none. */
  splits: (Split | null)[];
  /** The class name of each image, null where it has none. */
  names: (string | null)[];
  /** What the user should know: which images are in no split or class, which folders could be read in another way. */
  notes: string[];
}

/** An image: the folders above it, those before and behind that of its split taken apart. */
interface Placed {
  id: string;
  split: Split | null;
  /** The name of the split's folder; '' for images in no split. */
  group: string;
  before: string[];
  behind: string[];
}

/**
 * Reads splits and classes from the paths of images. Understood are `split/class/x`, `class/split/x` and `class/x`, each
 * below common folders (`photos/train/cat/x`) or above more folders (`cat/images/x`, `cat/2020/x`), and folders by initial
 * letter (`a/airfield/x`, as in Places365). Images beside these folders are in no split or class, and a note names them.
 */
export function readLayout(ids: readonly string[]): Layout {
  const folders = ids.map((id) => id.split('/').slice(0, -1));
  const depth = divisionDepth(folders);
  const placed = ids.map((id, i) => place(id, folders[i]!, depth));
  const { names, apart } = withoutUnlabeled(classNames(placed));
  const notes = [
    ...besideSplits(placed),
    ...splitsTakenForClasses(names),
    ...apart.map((name) => `What lies in the folder ${listed([name])} counts as unlabeled, by its name.`),
    ...besideClasses(placed, names, apart),
    ...foldersBelowClasses(placed, names),
  ];
  return { splits: placed.map(({ split }) => split), names, notes };
}

/** The depth of the folders that are named for splits; null when there is no division. */
function divisionDepth(folders: string[][]): number | null {
  const deepest = folders.reduce((most, path) => Math.max(most, path.length), 0);
  for (let depth = 0; depth < deepest; depth++) if (isDivision(folders, depth)) return depth;
  return null;
}

/**
 * Whether folders at this depth divide: two splits, or nothing but one, or one that repeats the folders beside it or alone is
 * sorted into folders.
 */
function isDivision(folders: string[][], depth: number): boolean {
  const above = (path: string[]) => path.slice(0, depth).join('/');
  const here = folders.filter((path) => path.length > depth);
  const inSplits = here.filter((path) => splitFromName(path[depth]!) !== undefined);
  if (inSplits.length === 0) return false;
  // Single folders called train or test may lie anywhere: a division is found in most of the folders above it.
  const parents = new Set(folders.filter((path) => path.length >= depth).map(above)).size;
  const divided = new Set(inSplits.map(above)).size;
  if (new Set(inSplits.map((path) => splitFromName(path[depth]!))).size > 1) return 2 * divided >= parents;
  if (2 * divided <= parents) return false;
  if (inSplits.length === here.length) return true;
  const others = here.filter((path) => splitFromName(path[depth]!) === undefined);
  const beside = new Set(others.map((path) => path[depth]!));
  const within = new Set(inSplits.map((path) => path[depth + 1]));
  // A class called train holds images, or folders like those of the other classes.
  const isSorted = !within.has(undefined) && within.size > 1 && others.every((path) => path.length === depth + 1);
  return isSorted || [...within].some((name) => name !== undefined && beside.has(name));
}

function place(id: string, path: string[], depth: number | null): Placed {
  if (depth === null) return { id, split: null, group: '', before: [], behind: path };
  const name = path[depth] ?? '';
  const split = splitFromName(name) ?? null;
  const behind = path.slice(split === null ? depth : depth + 1);
  return { id, split, group: split === null ? '' : name, before: path.slice(0, depth), behind };
}

/** The class of each image: by the folders behind the splits, else by those before them. */
function classNames(placed: readonly Placed[]): (string | null)[] {
  const isDivided = placed.some(({ split }) => split !== null);
  const inDivision = placed.filter(({ split }) => !isDivided || split !== null);
  const paths = withoutWrappers(inDivision.map(({ group, behind }) => ({ group, path: behind })));
  const pathOf = new Map(inDivision.map(({ id }, i) => [id, paths[i]!]));
  const classOf = classRule(paths);
  const classes = new Set(paths.map(classOf).filter((name) => name !== null));
  if (classes.size > 1) {
    return placed.map(({ id, behind }) => {
      const own = pathOf.get(id);
      if (own !== undefined) return classOf(own);
      // Beside the splits a folder is a class only when it is one within them.
      return behind[0] !== undefined && classes.has(behind[0]) ? behind[0] : null;
    });
  }
  const before = withoutWrappers(placed.map(({ before }) => ({ group: '', path: before })));
  if (new Set(before.map(([name]) => name)).size < 2) return placed.map(() => null);
  return before.map(([name]) => name ?? null);
}

/**
 * Paths without the first folder where it is the only one of its group (`images/`, `photos/`), again and again. The only
 * class of a group that is a class of another group too stays.
 */
function withoutWrappers(items: readonly { group: string; path: string[] }[]): string[][] {
  const paths = items.map(({ path }) => path);
  for (;;) {
    const firsts = new Map<string, Set<string>>();
    items.forEach(({ group }, i) => {
      const [first] = paths[i]!;
      if (first !== undefined) firsts.set(group, (firsts.get(group) ?? new Set()).add(first));
    });
    const classes = new Set([...firsts.values()].flatMap((names) => (names.size > 1 ? [...names] : [])));
    const isWrapped = (group: string) => {
      const [first, ...more] = firsts.get(group) ?? [];
      return first !== undefined && more.length === 0 && !classes.has(first);
    };
    const wrapped = new Set([...firsts.keys()].filter(isWrapped));
    if (wrapped.size === 0) return paths;
    items.forEach(({ group }, i) => {
      if (wrapped.has(group)) paths[i] = paths[i]!.slice(1);
    });
  }
}

/** The first folder is the class, or where folders are sorted by their initial letter, all that follows the letter. */
function classRule(paths: readonly string[][]): (path: string[]) => string | null {
  const nested = paths.filter((path) => path.length > 1);
  const isByLetter = nested.every(
    ([letter, name]) => letter!.length === 1 && name!.toLowerCase().startsWith(letter!.toLowerCase()),
  );
  if (!isByLetter || 2 * nested.length <= paths.filter((path) => path.length > 0).length)
    return ([first]) => first ?? null;
  return (path) => (path.length > 1 ? path.slice(1).join('/') : null);
}

/** Folders that lie beside those of classes and hold what has no label, such as those of IMDB's reviews. */
const UNLABELED = /^(unsup|unsupervised|unlabell?ed)$/i;

/** The classes without the folders that are named for having none, where two others remain. */
function withoutUnlabeled(names: (string | null)[]): { names: (string | null)[]; apart: string[] } {
  const classes = new Set(names.filter((name) => name !== null));
  const apart = [...classes].filter((name) => UNLABELED.test(name));
  if (apart.length === 0 || classes.size - apart.length < 2) return { names, apart: [] };
  return { names: names.map((name) => (name !== null && apart.includes(name) ? null : name)), apart };
}

/** "x.png", or "x.png and 3 more". */
const someOf = (ids: readonly string[]): string =>
  `${listed(ids.slice(0, 1))}${ids.length > 1 ? ` and ${(ids.length - 1).toLocaleString('en')} more` : ''}`;

function besideSplits(placed: readonly Placed[]): string[] {
  const outside = placed.filter(({ split }) => split === null).map(({ id }) => id);
  if (outside.length === 0 || outside.length === placed.length) return [];
  const groups = [...new Set(placed.map(({ group }) => group))].filter((group) => group !== '').sort();
  const [lie, count] =
    outside.length > 1 ? ['lie', 'count as training images'] : ['lies', 'counts as a training image'];
  return [`${someOf(outside)} ${lie} outside of the folders ${listed(groups)} and ${count}.`];
}

/** A folder such as `train` among class folders. */
function splitsTakenForClasses(names: readonly (string | null)[]): string[] {
  const taken = [...new Set(names)].filter((name) => name !== null && splitFromName(name) !== undefined) as string[];
  return taken.map((name) => `The folder ${listed([name])} is taken for a class because of the folders beside it.`);
}

/** Images without a class in a group of which others have one. */
function besideClasses(
  placed: readonly Placed[],
  names: readonly (string | null)[],
  apart: readonly string[],
): string[] {
  const sorted = new Set(placed.filter((_, i) => names[i] !== null).map(({ group }) => group));
  const outside = placed
    .filter(
      ({ group, behind }, i) => names[i] === null && sorted.has(group) && !behind.some((name) => apart.includes(name)),
    )
    .map(({ id }) => id);
  if (outside.length === 0) return [];
  return [`${someOf(outside)} ${outside.length > 1 ? 'lie' : 'lies'} outside of the class folders: unlabeled.`];
}

/** Class folders that have several folders in them, which might be the classes that are meant. */
function foldersBelowClasses(placed: readonly Placed[], names: readonly (string | null)[]): string[] {
  const below = new Map<string, Set<string>>();
  placed.forEach(({ behind }, i) => {
    const name = names[i];
    if (name == null) return;
    const at = behind.indexOf(name);
    const sub = at < 0 ? undefined : behind[at + 1];
    if (sub !== undefined) below.set(name, (below.get(name) ?? new Set()).add(sub));
  });
  const nested = [...below].find(([, subs]) => subs.size > 1);
  if (nested === undefined) return [];
  const [name, subs] = nested;
  return [`The class ${listed([name])} holds the folders ${listed(subs)}, which are not told apart.`];
}
