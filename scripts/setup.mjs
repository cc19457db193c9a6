/** Makes a fresh clone ready to run: `npm run setup`. Every other script begins with it too. */
import { main } from './lib/problem.mjs';
import { setup } from './lib/setup.mjs';

await main(async () => {
  await setup();
  return 0;
});
