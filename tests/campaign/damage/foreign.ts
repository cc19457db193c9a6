/** Whole files of other formats, which stand under the name of another file. */
import { gzipSync } from 'node:zlib';
import { rawPng } from '../../../src/data/image-files.test-util.js';
import { counting, wave } from '../../../src/data/waves.test-util.js';
import { idx, npy, ramp } from '../../data-files.js';

const safetensors = Buffer.concat([
  Buffer.from([64, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(64)),
  Buffer.alloc(4),
]);

export const FOREIGN: readonly Buffer[] = [
  Buffer.from('This is a text.\n'),
  Buffer.from('{"format": 2, "method": "rotation"}\n'),
  Buffer.from('[1, 2, 3]'),
  Buffer.from('id,label\n1,a\n'),
  rawPng({ width: 9, height: 7, channels: 3, bits: 8 }),
  wave(counting(300), { rate: 16_000 }),
  npy('<f8', '2, 3', new Float64Array(6)),
  idx([2, 2, 2], ramp(8)),
  gzipSync('a text'),
  safetensors,
  Buffer.from('\x7fELF\x02\x01\x01', 'latin1'),
  Buffer.from('PAR1\x15\x04\x15\x10PAR1', 'latin1'),
  Buffer.from('PK\x03\x04\x14\0\0\0', 'latin1'),
  Buffer.alloc(5000),
];
