import { Command } from 'commander';
import { print, printJson, shownPath } from './output.js';
import { writeRunReport } from './run-report.js';

/** `report <run>`. */
export function reportCommand(): Command {
  return new Command('report')
    .description(
      "Writes a run's report.html anew: one file that opens offline, with curves, pictures and measurements.",
    )
    .argument('<run>', 'a run folder, such as runs/simclr-1')
    .option('--json', 'Print the path as JSON')
    .addHelpText('after', '\nExample:\n  autodidact report runs/simclr-1')
    .action(async (path: string, { json: isJson }: { json?: boolean }) => {
      const { RunFolder } = await import('../train/run-folder.js');
      const folder = RunFolder.open(path);
      const report = await writeRunReport(folder);
      if (isJson) printJson({ run: path, report });
      else print(shownPath(report));
    });
}
