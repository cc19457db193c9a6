/** The tests beside a file of the library. */
const beside = (file) => [`src/${file.replace('.ts', '.test.ts')}`];

/**
 * Several changes to one file: what is broken, what is found, what stands there instead, the tests that must fail (by default `usual`,
 * those beside the file), and, of a change that no test can notice, why.
 *
 * @param {string} file below src/
 * @param {[name: string, find: string, replace: string, tests?: string[], survives?: string][]} changes
 * @param {string[]} [usual]
 */
export const changesOf = (file, changes, usual = beside(file)) =>
  changes.map(([name, find, replace, tests = usual, survives]) => ({
    ...{ name, file, find, replace, tests },
    ...(survives === undefined ? {} : { survives }),
  }));
