import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli, writePhotos } from './support/cli.js';

const cli = new Cli(mkdtempSync(join(tmpdir(), 'autodidact-cli-stops-')));

/** The smallest run: 40 images, a narrow network, one epoch. */
const tiny = ['--data', 'photos', '--width', '4', '--epochs', '1'];

beforeAll(() => writePhotos(cli.path('photos')));
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

describe('a run that is stopped goes on as if it had never stopped', () => {
  const words = ['pretrain', 'rotation', '--data', 'photos', '--width', '4', '--epochs', '8', '--batch-size', '16'];
  const steps = 16;
  let reference: [number, number][];

  beforeAll(async () => {
    const { code, stderr } = await cli.run([...words, '--out', 'runs/whole']);
    expect(code, stderr).toBe(0);
    reference = cli.losses('runs/whole');
    expect(reference.map(([step]) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(new Set(reference.map(([, loss]) => loss)).size).toBe(steps);
  }, 60_000);

  /** Continues a run and compares its whole history with the reference. */
  async function expectSameEnd(run: string): Promise<void> {
    const summary = await cli.json('pretrain', '--resume', run);
    expect(summary).toMatchObject({ run, method: 'rotation', reason: 'finished', step: steps });
    expect(cli.losses(run)).toEqual(reference);
    expect(existsSync(cli.path(run, '.lock'))).toBe(false);
    const checkpoint = (name: string) => readFileSync(cli.path(name, 'checkpoints/step-000000016.safetensors'));
    expect(checkpoint(run).equals(checkpoint('runs/whole'))).toBe(true);
  }

  it('after Ctrl-C, which saves', async () => {
    const started = cli.start([...words, '--out', 'runs/interrupted']);
    expect(await cli.reached(started, 'runs/interrupted', 3)).toBe(true);
    started.process.kill('SIGINT');
    const { code, stderr } = await started.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('stopping after this step; again to quit at once');
    expect(stderr).toMatch(/^stopped after step \d+; continue with: autodidact pretrain --resume runs\/interrupted$/m);
    const last = cli.losses('runs/interrupted').at(-1)![0];
    const saved = `step-${String(last).padStart(9, '0')}.safetensors`;
    expect(readdirSync(cli.path('runs/interrupted/checkpoints'))).toContain(saved);
    await expectSameEnd('runs/interrupted');
    expect(cli.leftovers('runs')).toEqual([]);
  });

  it('after kill -9, from the last checkpoint', async () => {
    const started = cli.start([...words, '--out', 'runs/killed']);
    expect(await cli.reached(started, 'runs/killed', 5)).toBe(true);
    started.process.kill('SIGKILL');
    expect((await started.ended).signal).toBe('SIGKILL');
    expect(cli.losses('runs/killed').length).toBeLessThan(steps);
    await expectSameEnd('runs/killed');
  });

  it('after a full disk, which keeps the checkpoint before', async () => {
    const preload = cli.path('full-disk.mjs');
    writeFileSync(preload, fullDisk('step-000000006.safetensors'));
    const full = await cli.run([...words, '--out', 'runs/full', '--json'], { NODE_OPTIONS: `--import ${preload}` });
    const { error } = JSON.parse(full.stderr.trim().split('\n').at(-1)!);
    expect([full.code, full.stdout, error.code]).toEqual([1, '', 'IO']);
    expect(error.message).toMatch(/^Could not write .*step-000000006\.safetensors: the disk is full\. Free some space/);
    expect(cli.leftovers('runs')).toEqual([]);
    expect(readdirSync(cli.path('runs/full/checkpoints')).sort().at(-1)).toBe('step-000000004.safetensors');
    await expectSameEnd('runs/full');
  });

  it('not when the data have changed', async () => {
    cpSync(cli.path('photos'), cli.path('changing'), { recursive: true });
    await cli.json('pretrain', 'rotation', ...tiny.with(1, 'changing'), '--out', 'runs/changed');
    rmSync(cli.path('changing/dark/3.png'));
    const { exit, code, message } = await cli.failure('pretrain', '--resume', 'runs/changed');
    expect([exit, code]).toEqual([1, 'DATA']);
    expect(message).toMatch(/^The data at .*changing have changed since the run at runs\/changed began\. /);
  });

  it('where its data were moved to, and not with others', async () => {
    cpSync(cli.path('photos/dark/0.png'), cli.path('one/a.png'));
    cpSync(cli.path('photos'), cli.path('here'), { recursive: true });
    await cli.json('pretrain', 'rotation', ...tiny.with(1, 'here'), '--out', 'runs/moved');
    renameSync(cli.path('here'), cli.path('there'));
    const lost = await cli.failure('pretrain', '--resume', 'runs/moved');
    expect([lost.exit, lost.code]).toEqual([1, 'NOT_FOUND']);
    const summary = await cli.json('pretrain', '--resume', 'runs/moved', '--data', 'there');
    expect(summary).toMatchObject({ reason: 'finished' });
    const { exit, code, message } = await cli.failure('pretrain', '--resume', 'runs/moved', '--data', 'one');
    expect([exit, code]).toEqual([1, 'DATA']);
    expect(message).toMatch(
      /^The data at one are not those that the run at runs\/moved began with\. They were at .*here\.$/,
    );
  });
});

/** A module that lets half of what is written to a file of this name through, and then says that the disk is full. */
function fullDisk(name: string): string {
  return `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { openSync, writeSync, closeSync } = fs;
    const full = new Set();
    fs.openSync = (path, ...rest) => {
      const file = openSync(path, ...rest);
      if (String(path).includes('${name}')) full.add(file);
      return file;
    };
    fs.writeSync = (file, data, offset = 0, length = data.length - offset, ...rest) => {
      if (!full.has(file)) return writeSync(file, data, offset, length, ...rest);
      writeSync(file, data, offset, length >> 1, ...rest);
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    fs.closeSync = (file) => {
      full.delete(file);
      return closeSync(file);
    };
    syncBuiltinESMExports();
  `;
}
