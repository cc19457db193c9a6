/** Our side of export.ts for the exported model. Waits for a line before each step and prints the CPU seconds that it took. */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { OnnxModel } from '../../src/export/onnx/check.js';

interface Config {
  model: string;
  size: number;
  batch: number;
  warmup: number;
  steps: number;
}

async function main(): Promise<void> {
  const { model: path, size, batch, warmup, steps } = JSON.parse(process.argv[2]!) as Config;
  const model = await OnnxModel.load(readFileSync(path), path);
  const shape = [batch, 3, size, size];
  const input = new Float32Array(batch * 3 * size * size).fill(0.5);
  for (let i = 0; i < warmup + steps; i++) {
    readSync(0, Buffer.alloc(1));
    const { user, system } = process.cpuUsage();
    await model.run(input, shape);
    const used = process.cpuUsage({ user, system });
    writeSync(1, `${(used.user + used.system) / 1e6}\n`);
  }
  process.stdout.write('null\n');
}

void main();
