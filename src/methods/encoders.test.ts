import { expect, it } from 'vitest';
import { requireColor } from './encoders.js';

it('refuses gray data in one clear sentence', () => {
  expect(() => requireColor({ channels: 1 }, 'Colorization')).toThrow('these images are gray');
  expect(() => requireColor({ channels: 3 }, 'Colorization')).not.toThrow();
});
