/** A thread that computes `VisionTasks`, one after the other. */
import { parentPort } from 'node:worker_threads';
import { withOpenCV } from './opencv.js';
import { type VisionTasks, visionTasks } from './vision-tasks.js';

/** What is asked of a worker. */
export interface VisionRequest {
  readonly task: keyof VisionTasks;
  readonly args: readonly unknown[];
}

export type VisionAnswer = { readonly result: unknown } | { readonly error: string };

// Messages wait in the port until OpenCV is there.
await withOpenCV((cv) => {
  const tasks = visionTasks(cv);
  parentPort?.on('message', ({ task, args }: VisionRequest) => {
    try {
      const result = (tasks[task] as (...args: readonly unknown[]) => unknown)(...args);
      parentPort!.postMessage({ result } satisfies VisionAnswer, buffersIn(result));
    } catch (error) {
      parentPort!.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies VisionAnswer);
    }
  });
});

/** The buffers of typed arrays, which change hands instead of being copied. */
function buffersIn(result: unknown): ArrayBuffer[] {
  const values =
    typeof result === 'object' && result !== null && !ArrayBuffer.isView(result) ? Object.values(result) : [result];
  return values.filter(ArrayBuffer.isView).map(({ buffer }) => buffer as ArrayBuffer);
}
