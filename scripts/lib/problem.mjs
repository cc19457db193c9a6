/** What stops a script on purpose: what is wrong, one line each, and what to do about it. */
export class Problem extends Error {
  /**
   * @param {string | string[]} lines
   * @param {{ fix?: string, details?: string, exitCode?: number }} [options] `details`: the end of a log, or a list
   */
  constructor(lines, { fix, details, exitCode = 1 } = {}) {
    const list = Array.isArray(lines) ? lines : [lines];
    super(
      [
        ...list.map((line) => `error: ${line}`),
        ...(details ? [indent(details)] : []),
        ...(fix ? [`Fix: ${fix}`] : []),
      ].join('\n'),
    );
    this.name = 'Problem';
    this.lines = list;
    this.fix = fix;
    this.details = details;
    this.exitCode = exitCode;
  }
}

/**
 * Runs a script's body, which returns the exit code. Prints a `Problem` without its stack.
 *
 * @param {() => Promise<number>} body
 */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    // The operating system's refusals (disk full, no permission) say what and where; a stack would only hide it.
    const isRefusal = error instanceof Error && 'syscall' in error;
    console.error(error instanceof Problem ? error.message : isRefusal ? `error: ${error.message}` : error);
    process.exitCode = error instanceof Problem ? error.exitCode : 1;
  }
}

/** @param {string} text */
function indent(text) {
  return text.replace(/^(?=.)/gm, '    ');
}
