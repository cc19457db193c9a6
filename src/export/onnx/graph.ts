import { createHash } from 'node:crypto';
import type { DType } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { type Call, FreeSize, type Size, type Value } from './merge.js';
import { type AttributeValue, ELEMENT, type GraphNode, type Initializer } from './messages.js';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Collects the nodes and constants of a graph. Tensors go by their names in it. Equal nodes and equal constants are there once. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly initializers = new Map<string, Initializer>();
  private readonly names = new Map<Value, string>();
  /** Outputs of the nodes, by all that they are made of. */
  private readonly known = new Map<string, string[]>();
  private readonly constants = new Map<string, string>();
  private count = 0;

  /** @param inputName of the input whose first dimension is the batch, and whose second is the length where that is free */
  constructor(private readonly inputName: string) {}

  /** Says under which name a value stands. */
  define(value: Value, name: string): void {
    this.names.set(value, name);
  }

  /** The name of a value; constants enter the graph when they are first used. */
  use(value: Value): string {
    const known =
      this.names.get(value) ?? (value.name !== undefined && this.initializers.has(value.name) ? value.name : undefined);
    if (known !== undefined) return known;
    if (value.bytes === undefined) throw new AutodidactError('ENGINE', 'A traced tensor is used before it is made');
    const name = this.constant(value);
    this.define(value, name);
    return name;
  }

  /** The name of a value as numbers of a type. */
  as(value: Value, dtype: DType): string {
    const [from, to] = [elementOf(value.dtype), elementOf(dtype)];
    const name = this.use(value);
    return from === to ? name : this.node('Cast', [name], { to: { int: to } });
  }

  /** Adds a node with several outputs. */
  several(opType: string, input: readonly string[], attributes: Attributes, outputs: number): string[] {
    const key = JSON.stringify([opType, input, attributes, outputs]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const number = this.count++;
    const output = Array.from({ length: outputs }, (_, i) => `${opType}_${number}${outputs === 1 ? '' : `_${i}`}`);
    this.nodes.push({ name: `node_${number}`, opType, input, output, attributes });
    this.known.set(key, output);
    return output;
  }

  /** Adds a node and returns the name of its output. An empty name stands for an input that is left out. */
  node(opType: string, input: readonly string[], attributes: Attributes = {}): string {
    return this.several(opType, input, attributes, 1)[0]!;
  }

  /** A constant list of whole numbers; `isScalar` for one number without dimensions. */
  integers(values: readonly number[], isScalar = false): string {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    const name = `${isScalar ? 'int' : 'ints'}_${values.join('_')}`;
    return this.keep({ name, dims: isScalar ? [] : [values.length], dataType: ELEMENT.int64, rawData });
  }

  /** A constant table of whole numbers. */
  places(values: readonly number[], dims: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.unnamed({ dims, dataType: ELEMENT.int64, rawData });
  }

  /** A constant number. */
  number(value: number, dtype: DType = 'float32'): string {
    const dataType = elementOf(dtype);
    if (dataType === ELEMENT.int64) return this.integers([value], true);
    const rawData =
      dataType === ELEMENT.bool ? Uint8Array.of(value === 0 ? 0 : 1) : new Uint8Array(Float32Array.of(value).buffer);
    return this.keep({
      name: `${dataType === ELEMENT.bool ? 'bool' : 'number'}_${value}`,
      dims: [],
      dataType,
      rawData,
    });
  }

  /** A constant tensor of numbers. */
  floats(values: Float32Array, dims: readonly number[], name?: string): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const constant = { dims, dataType: ELEMENT.float32, rawData };
    return name === undefined ? this.unnamed(constant) : this.keep({ name, ...constant });
  }

  /**
   * The target of a Reshape: -1 stands for the one size that is free, and 0 for one that the input has at the same place.
   * @param from shape of the input
   */
  reshapeTarget(shape: readonly Size[], from: readonly Size[]): string {
    const isKept = (size: Size, i: number) => size instanceof FreeSize && size.equals(from[i] ?? 0);
    if (shape.filter((size, i) => size instanceof FreeSize && !isKept(size, i)).length > 1)
      return this.fullShape(shape);
    return this.integers(shape.map((size, i) => (typeof size === 'number' ? size : isKept(size, i) ? 0 : -1)));
  }

  /** A shape with all its sizes, those that are free computed from the input. */
  fullShape(shape: readonly Size[]): string {
    if (shape.every((size) => typeof size === 'number')) return this.integers(shape as number[]);
    const parts = shape.map((size) => this.sizeOf(size));
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: { int: 0 } });
  }

  /** A size as a list of one number. */
  sizeOf(size: Size): string {
    if (typeof size === 'number') return this.integers([size]);
    const [first, ...others] = size.dimensions.map((dimension) => {
      const place = dimension === 'batch' ? 0 : 1;
      const shape = this.node('Shape', [this.inputName]);
      return this.node('Slice', [shape, ...[place, place + 1, 0].map((value) => this.integers([value]))]);
    });
    const factors = size.times === 1 ? others : [...others, this.integers([size.times])];
    return factors.reduce((product, factor) => this.node('Mul', [product, factor]), first!);
  }

  private constant(value: Value): string {
    const [dataType, rawData] = elementsOf(value);
    const { shape, stored = [], name } = value;
    const constant = { dims: stored, dataType, rawData };
    let made = name === undefined ? this.unnamed(constant) : this.keep({ name, ...constant });
    const cut = [...shape.keys()].filter((dim) => stored[dim] !== 1 && shape[dim] instanceof FreeSize);
    if (cut.length > 0) {
      const ends = cut.map((dim) => this.sizeOf(shape[dim]!));
      const end = ends.length === 1 ? ends[0]! : this.node('Concat', ends, { axis: { int: 0 } });
      made = this.node('Slice', [made, this.integers(cut.map(() => 0)), end, this.integers(cut)]);
    }
    const isWhole = shape.every((size, dim) => typeof size === 'number' || cut.includes(dim));
    return isWhole ? made : this.node('Expand', [made, this.fullShape(shape)]);
  }

  /** A constant under a name of its own, or that of one with the same elements. */
  private unnamed(constant: Omit<Initializer, 'name'>): string {
    const { dims, dataType, rawData } = constant;
    const key = createHash('sha256').update(`${dataType} ${dims.join()} `).update(rawData).digest('hex');
    const name = this.constants.get(key) ?? `constant_${this.count++}`;
    this.constants.set(key, name);
    return this.keep({ name, ...constant });
  }

  private keep(initializer: Initializer): string {
    if (!this.initializers.has(initializer.name)) this.initializers.set(initializer.name, initializer);
    return initializer.name;
  }
}

/** The type of a tensor in the graph: floating-point numbers are float32. */
export function elementOf(dtype: DType): number {
  if (dtype.startsWith('float') || dtype === 'bfloat16') return ELEMENT.float32;
  if (dtype === 'int64' || dtype === 'bool' || dtype === 'uint8') return ELEMENT[dtype];
  throw new AutodidactError('ENGINE', `Numbers of type ${dtype} have no place in the ONNX graph`);
}

/** The elements of a constant in a type that the graph uses: numbers are float32. */
function elementsOf({ dtype, bytes }: Value): [dataType: number, rawData: Uint8Array] {
  const own = bytes!();
  if (dtype === 'float32') return [ELEMENT.float32, own];
  if (dtype === 'int64') return [ELEMENT.int64, own];
  if (dtype === 'bool') return [ELEMENT.bool, own];
  if (dtype === 'float64') {
    const wide = new Float64Array(own.slice().buffer);
    return [ELEMENT.float32, new Uint8Array(Float32Array.from(wide).buffer)];
  }
  throw new AutodidactError('ENGINE', `A constant of type ${dtype} has no place in the ONNX graph`);
}

/** The float32 elements of a constant. @throws AutodidactError `ENGINE` for anything that depends on the input */
export function constantFloats(value: Value, operator: string): Float32Array {
  if (value.bytes === undefined || value.dtype !== 'float32')
    throw new AutodidactError('ENGINE', `${operator} needs constant weights for ONNX`);
  return new Float32Array(value.bytes().slice().buffer);
}

/** What a lowering adds to the graph: the names of the results. */
export type Lowering = (graph: GraphBuilder, call: CallReader) => string | readonly string[];

/** The arguments of a call by name, with their defaults. */
export class CallReader {
  constructor(readonly call: Call) {}

  get operator(): string {
    return this.call.operator;
  }

  /** Shape of the first result. */
  get shape(): readonly Size[] {
    return this.call.results[0]!.shape;
  }

  value(name: string): Value {
    return this.call.args[name] as Value;
  }

  optional(name: string): Value | null {
    return (this.call.args[name] as Value | null | undefined) ?? null;
  }

  values(name: string): readonly Value[] {
    return this.call.args[name] as readonly Value[];
  }

  /** A number that must not depend on the batch. */
  number(name: string, usual?: number): number {
    const given = this.call.args[name] ?? usual;
    if (typeof given === 'number') return given;
    throw new AutodidactError('ENGINE', `${this.operator} has an argument \`${name}\` that ONNX cannot say`);
  }

  /** A list of numbers; one number stands for `length` of them. */
  numbers(name: string, length: number, usual?: number | readonly number[]): number[] {
    const given = this.call.args[name] ?? usual;
    const all = Array.isArray(given) ? (given as unknown[]) : [given];
    if (!all.every((item) => typeof item === 'number'))
      throw new AutodidactError('ENGINE', `${this.operator} has an argument \`${name}\` that ONNX cannot say`);
    return (all.length === 1 ? Array<number>(length).fill(all[0] as number) : all) as number[];
  }

  flag(name: string, usual = false): boolean {
    return (this.call.args[name] as boolean | undefined) ?? usual;
  }

  text(name: string, usual: string): string {
    return (this.call.args[name] as string | undefined) ?? usual;
  }

  /** A dimension of a tensor, counted from the front. */
  dim(name: string, of: Value, usual?: number): number {
    const given = this.number(name, usual);
    return given < 0 ? given + of.shape.length : given;
  }
}
