/** Builds what the package ships; npm runs it before `npm pack` and `npm publish`. */
import { main } from './lib/problem.mjs';
import { build } from './lib/setup.mjs';

await main(async () => {
  await build(console.error); // stdout is npm's own
  return 0;
});
