/** The tests beside a file of the library. */
const beside = (file) => [`src/${file.replace('.ts', '.test.ts')}`];

/**
 * Several changes to one file: what is broken, what is found, what stands there instead, the tests that must fail (by default those
 * beside the file), and, of a change that no test can notice, why.
 *
 * @param {string} file below src/
 * @param {[name: string, find: string, replace: string, tests?: string[], survives?: string][]} changes
 */
export const changesOf = (file, changes) =>
  changes.map(([name, find, replace, tests = beside(file), survives]) => ({
    ...{ name, file, find, replace, tests },
    ...(survives === undefined ? {} : { survives }),
  }));
