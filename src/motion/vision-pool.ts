import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AutodidactError } from '../errors.js';
import type { VisionTasks } from './vision-tasks.js';
import type { VisionAnswer, VisionRequest } from './vision-worker.js';

type TaskName = keyof VisionTasks;
type Arguments<Name extends TaskName> = Parameters<VisionTasks[Name]>;
type Result<Name extends TaskName> = ReturnType<VisionTasks[Name]>;

interface Job {
  request: VisionRequest;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Each worker takes 150 MB and more. */
const MOST_WORKERS = 8;

/**
 * Threads that compute with OpenCV, each one task at a time; further tasks wait in the order in which they came. Threads start
 * when there is work for them and do not keep the process from ending.
 */
export class VisionPool {
  private readonly idle: Worker[] = [];
  private readonly busy = new Map<Worker, Job>();
  private readonly waiting: Job[] = [];

  /** @param size the most threads at work */
  constructor(readonly size = defaultSize()) {}

  /**
   * Computes a task in a thread. Pictures are copied, so that their memory stays the caller's.
   *
   * @throws AutodidactError `ENGINE` when OpenCV refuses its arguments or its thread ends
   */
  run<Name extends TaskName>(task: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    return new Promise<Result<Name>>((resolve, reject) => {
      this.waiting.push({ request: { task, args: args.map(compact) }, resolve: resolve as Job['resolve'], reject });
      this.serve();
    });
  }

  /** Ends the threads; tasks that have no answer yet fail. Later tasks start new threads. */
  async close(): Promise<void> {
    for (const { request, reject } of this.waiting.splice(0))
      reject(new AutodidactError('ENGINE', `The threads for \`${request.task}\` were closed`));
    const all = [...this.idle.splice(0), ...this.busy.keys()];
    await Promise.all(all.map((worker) => worker.terminate()));
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      const worker = this.idle.pop() ?? (this.busy.size < this.size ? this.start() : undefined);
      if (worker === undefined) return;
      const job = this.waiting.shift()!;
      this.busy.set(worker, job);
      // The process waits for the answer.
      worker.ref();
      worker.postMessage(job.request);
    }
  }

  private start(): Worker {
    const worker = startWorker();
    worker.on('message', (answer: VisionAnswer) => {
      const { request, resolve, reject } = this.release(worker)!;
      worker.unref();
      this.idle.push(worker);
      if ('error' in answer) reject(refused(request.task, answer.error));
      else resolve(answer.result);
      this.serve();
    });
    worker.on('error', (error) => this.lose(worker, error));
    worker.on('exit', () => this.lose(worker));
    return worker;
  }

  private release(worker: Worker): Job | undefined {
    const job = this.busy.get(worker);
    this.busy.delete(worker);
    return job;
  }

  /** Forgets a thread that ended. */
  private lose(worker: Worker, cause?: unknown): void {
    const place = this.idle.indexOf(worker);
    if (place >= 0) this.idle.splice(place, 1);
    const job = this.release(worker);
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    job?.reject(
      new AutodidactError('ENGINE', `The thread that computed \`${job.request.task}\` ended${reason}`, { cause }),
    );
    this.serve();
  }
}

let shared: VisionPool | undefined;

/** The pool that everything uses unless it is given another. */
export function visionPool(): VisionPool {
  shared ??= new VisionPool();
  return shared;
}

/** `AUTODIDACT_THREADS`, or one thread per core. */
function defaultSize(): number {
  const wanted = Number(process.env.AUTODIDACT_THREADS);
  return Math.min(MOST_WORKERS, wanted >= 1 ? wanted : availableParallelism());
}

function refused(task: TaskName, message: string): AutodidactError {
  return new AutodidactError('ENGINE', `OpenCV could not compute \`${task}\`: ${message}`);
}

/** A copy of an argument in which every typed array has memory of its own: messages take along all memory that they share. */
function compact(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, compact(part)]));
}

/** The built worker; or, where this file is source, the worker's source behind the translator of the development tools. */
function startWorker(): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./vision-worker.js', import.meta.url), { execArgv: [] });
  const [translator, source] = [import.meta.resolve('tsx/esm/api'), new URL('./vision-worker.ts', import.meta.url)];
  const program = `import('${translator}').then(({ register }) => { register(); return import('${source}'); });`;
  return new Worker(program, { eval: true, execArgv: [] });
}
