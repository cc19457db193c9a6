/** A peer of export.ts: ONNX Runtime's native build for Node, one thread. Waits for a line before each step and prints CPU seconds. */
import { readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { model, size, batch, warmup, steps, folder } = JSON.parse(process.argv[2]);
const { InferenceSession, Tensor } = createRequire(join(folder, 'package.json'))('onnxruntime-node');
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const images = new Tensor('float32', new Float32Array(batch * 3 * size * size).fill(0.5), [batch, 3, size, size]);
for (let i = 0; i < warmup + steps; i++) {
  readSync(0, Buffer.alloc(1));
  const began = process.cpuUsage();
  await session.run({ [session.inputNames[0]]: images });
  const { user, system } = process.cpuUsage(began);
  writeSync(1, `${(user + system) / 1e6}\n`);
}
process.stdout.write('null\n');
