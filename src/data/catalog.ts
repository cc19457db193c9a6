import { fetchables, fetchedFolder } from './fetch.js';
import { namedSources } from './sources/named.js';

/** One line of the list of data sets; JSON-safe. */
export interface CatalogRow {
  name: string;
  about: string;
  /** Whether the whole set can be fetched, and where it is when it has been. */
  isFetchable: boolean;
  folder: string | null;
  license: string | null;
}

/** The data sets that have a name, with what is here of them. */
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
