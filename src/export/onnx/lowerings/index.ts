import type { Lowering } from '../graph.js';
import { elementwise } from './elementwise.js';
import { layers } from './layers.js';
import { recurrent } from './recurrent.js';
import { shapes } from './shapes.js';

/** How each operator is said in ONNX, by its name with the overload. */
export const lowerings: Readonly<Record<string, Lowering>> = { ...elementwise, ...shapes, ...layers, ...recurrent };
