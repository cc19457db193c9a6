/** The release of libtorch that set-up installs and that the results in the docs were measured with. */
export const PINNED_VERSION: string;
/** The oldest release that the bridge compiles against, as [major, minor]. */
export const MINIMUM_VERSION: readonly [number, number];
/** Prefixes under which a system package may install libtorch. */
export const SYSTEM_PREFIXES: readonly string[];

export type LibtorchSource = 'LIBTORCH' | 'python' | 'private copy' | 'system package';

/** A libtorch that can be compiled and linked against. */
export interface Libtorch {
  source: LibtorchSource;
  /** The folder that was searched, e.g. `site-packages/torch`. */
  folder: string;
  /** The folders with the headers and with the shared libraries. */
  include: string;
  lib: string;
  /** Version string of the package, e.g. `2.13.0+cpu`. */
  version: string;
  /** Whether it includes libtorch_cuda. */
  cuda: boolean;
}

/** One place that was searched, and the result. */
export interface Attempt {
  place: string;
  outcome: string;
}

export interface Python {
  executable: string;
  version: string;
  /** The folder of its `torch` package. */
  torch: string | null;
  hasPip: boolean;
  /** Whether it has pip, or can create an environment with pip. */
  canInstall: boolean;
}

export interface Search {
  libtorch: Libtorch | null;
  /** In search order, up to and including the place where it was found. */
  tried: Attempt[];
  /** The active Python, if there is one and it was queried. */
  python: Python | null;
  /** True when `LIBTORCH` is set but unusable: then nothing else is tried. */
  isMisdirected: boolean;
}

/**
 * Searches libtorch: `LIBTORCH`, then the active Python's `torch`, then the private copy, then a system package.
 * Starts one short Python process at most, and never imports torch.
 */
export function findLibtorch(env?: NodeJS.ProcessEnv, prefixes?: readonly string[]): Search;

/** The active Python, `python3` or `python` on the PATH; null where there is none. Starts one short process. */
export function askPython(env: NodeJS.ProcessEnv): Python | null;

/** One line per place: `place: outcome`. */
export function describeTried(tried: readonly Attempt[]): string[];

/** `AUTODIDACT_CACHE`, else `XDG_CACHE_HOME/autodidact`, else `~/.cache/autodidact`. */
export function cacheFolder(env?: NodeJS.ProcessEnv): string;

/** Folder of set-up's private copy: a `pip install --target` folder that holds `torch/`. */
export function privateFolder(env?: NodeJS.ProcessEnv): string;

export interface BridgePlace {
  /** Holds build.json, which names the compiled bridge beside it and the libtorch it was built against. */
  folder: string;
  /** What a person types to have it built. */
  setupCommand: 'npm run setup' | 'npx autodidact setup';
  /** Whether the package is a clone of the repository, and not one that npm installed. */
  isClone: boolean;
}

/**
 * Where set-up puts the compiled bridge of the package in the folder `root`: inside a clone; for an installed package into the
 * cache, since npm replaces node_modules, which may be read-only besides. The folder in the cache is named after the bridge's
 * sources, so that packages of several versions do not load each other's.
 */
export function bridgePlace(root: string, env?: NodeJS.ProcessEnv): BridgePlace;

/** Inspects one folder; returns the reason when it holds no usable libtorch. */
export function inspectLibtorch(
  source: LibtorchSource,
  folder: string,
  include?: string,
  lib?: string,
): Libtorch | string;
