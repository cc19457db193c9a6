import { join } from 'node:path';
import type { CompareResult } from '../../compare/result.js';
export async function writeComparison(result: CompareResult): Promise<string> {
  return join(result.folder, 'report.html');
}
