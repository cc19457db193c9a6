/** Seconds of writing one text with and without kept keys and values, as one line of JSON. */
import { manualSeed, threads } from '../../src/engine/index.js';
import { continuations } from '../../src/methods/text/continuation.js';
import { makeGpt } from './gpt-step.js';

interface Config {
  vocabulary: number;
  tokens: number;
  width: number;
  threads: number;
  trials: number;
}

const config = JSON.parse(process.argv[2]!) as Config;
threads(config.threads);
manualSeed(0);
const model = makeGpt({ ...config, context: config.tokens + 1 });
model.eval();
const write = (useCache: boolean, tokens = config.tokens): { seconds: number; text: string } => {
  const began = performance.now();
  const [text] = continuations(model, [[1]], { tokens, useCache, seed: 5 });
  return { seconds: (performance.now() - began) / 1000, text: text!.join() };
};
write(true, 16);
write(false, 16);
const trials = Array.from({ length: config.trials }, () => ({ cached: write(true), whole: write(false) }));
process.stdout.write(
  `${JSON.stringify({
    cached: trials.map(({ cached }) => cached.seconds),
    whole: trials.map(({ whole }) => whole.seconds),
    isSame: trials.every(({ cached, whole }) => cached.text === whole.text),
  })}\n`,
);
