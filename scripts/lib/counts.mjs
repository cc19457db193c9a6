/**
 * Counts the tests in a report of vitest's JSON reporter. A file that broke before its tests could run counts as one failure.
 *
 * @param {string} text
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countTests(text) {
  /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  const { testResults } = JSON.parse(text);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    const failedBefore = counts.failed;
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failed++;
      else counts.skipped++;
    }
    if (status === 'failed' && counts.failed === failedBefore) counts.failed++;
  }
  return counts;
}
