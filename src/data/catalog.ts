import { fetchables, fetchedFolder } from './fetch.js';
import { namedSources } from './sources/named.js';

/** One entry of the list of named data sets; JSON-safe. */
export interface CatalogRow {
  name: string;
  about: string;
  /** Whether `fetchDataset` can download the whole set. */
  isFetchable: boolean;
  /** The folder of the fetched set, null before. */
  folder: string | null;
  license: string | null;
}

/** All named data sets, and which of them have been fetched. */
export async function listDatasets(options: { cacheFolder?: string } = {}): Promise<CatalogRow[]> {
  const names = [...new Set([...Object.keys(namedSources), ...Object.keys(fetchables)])];
  return Promise.all(
    names.map(async (name) => {
      const entry = fetchables[name];
      return {
        name,
        about: namedSources[name]?.about ?? entry!.about,
        isFetchable: entry !== undefined,
        folder: entry ? await fetchedFolder(name, options.cacheFolder) : null,
        license: entry?.license ?? null,
      };
    }),
  );
}
