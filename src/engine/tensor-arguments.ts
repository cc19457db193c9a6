import { expected } from '../errors.js';
import type { TensorId } from './bridge.js';

/** What has the identifier of a tensor. */
interface Identified {
  readonly id: TensorId;
}

/** @throws AutodidactError `SHAPE` for anything but a tensor */
export function idOf(tensor: Identified, name: string): TensorId {
  const id = (tensor as Identified | null | undefined)?.id;
  if (typeof id !== 'number') throw expected('a tensor', name, tensor, { code: 'SHAPE' });
  return id;
}

/** As `idOf`; null and undefined stay. */
export function optionalId(tensor: Identified | null | undefined, name: string): TensorId | null | undefined {
  return tensor === null || tensor === undefined ? tensor : idOf(tensor, name);
}

/** @throws AutodidactError `SHAPE` for anything but a list of tensors and nulls */
export function idsOf(tensors: readonly (Identified | null)[], name: string): (TensorId | null)[] {
  if (!Array.isArray(tensors)) throw expected('a list of tensors', name, tensors, { code: 'SHAPE' });
  return tensors.map((tensor: Identified | null, i) => optionalId(tensor, `${name}[${i}]`) ?? null);
}
