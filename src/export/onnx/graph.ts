import { AutodidactError } from '../../errors.js';
import { type Call, PerSample, type Size, type Value } from './merge.js';
import { type AttributeValue, ELEMENT, type GraphNode, type Initializer } from './messages.js';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Collects the nodes and constants of a graph. Tensors go by their names in it. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly initializers = new Map<string, Initializer>();
  private readonly names = new Map<Value, string>();
  private count = 0;
  private batchSize: string | undefined;

  /** @param inputName of the input, whose first dimension is the batch */
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

  /** Adds a node with several outputs. */
  several(opType: string, input: readonly string[], attributes: Attributes, outputs: number): string[] {
    const number = this.count++;
    const output = Array.from({ length: outputs }, (_, i) => `${opType}_${number}${outputs === 1 ? '' : `_${i}`}`);
    this.nodes.push({ name: `node_${number}`, opType, input, output, attributes });
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
    return this.keep({ name: `places_${this.count++}`, dims, dataType: ELEMENT.int64, rawData });
  }

  /** A constant number. */
  number(value: number): string {
    const rawData = new Uint8Array(Float32Array.of(value).buffer);
    return this.keep({ name: `number_${value}`, dims: [], dataType: ELEMENT.float32, rawData });
  }

  /** A constant tensor of numbers. */
  floats(values: Float32Array, dims: readonly number[], name = `constant_${this.count++}`): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.keep({ name, dims, dataType: ELEMENT.float32, rawData });
  }

  /** The target of a Reshape: -1 stands for the one size that grows with the batch. */
  reshapeTarget(shape: readonly Size[], operator: string): string {
    if (shape.filter((size) => size instanceof PerSample).length > 1)
      throw new AutodidactError(
        'ENGINE',
        `${operator} gives two sizes that grow with the batch, which no ONNX graph can say`,
      );
    return this.integers(shape.map((size) => (size instanceof PerSample ? -1 : size)));
  }

  /** A shape with all its sizes, those that grow with the batch computed from the input. */
  fullShape(shape: readonly Size[]): string {
    if (shape.every((size) => typeof size === 'number')) return this.integers(shape as number[]);
    const parts = shape.map((size) =>
      size instanceof PerSample ? this.batchTimes(size.times) : this.integers([size]),
    );
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: { int: 0 } });
  }

  private batchTimes(times: number): string {
    if (this.batchSize === undefined) {
      const shape = this.node('Shape', [this.inputName]);
      const [start, end] = [this.integers([0]), this.integers([1])];
      this.batchSize = this.node('Slice', [shape, start, end, start]);
    }
    return times === 1 ? this.batchSize : this.node('Mul', [this.batchSize, this.integers([times])]);
  }

  private constant(value: Value): string {
    const dims = value.shape.map((size) => (typeof size === 'number' ? size : 1));
    const [dataType, rawData] = elementsOf(value);
    const name = this.keep({ name: value.name ?? `constant_${this.count++}`, dims, dataType, rawData });
    const isWhole = value.shape.every((size) => typeof size === 'number');
    return isWhole ? name : this.node('Expand', [name, this.fullShape(value.shape)]);
  }

  private keep(initializer: Initializer): string {
    if (!this.initializers.has(initializer.name)) this.initializers.set(initializer.name, initializer);
    return initializer.name;
  }
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
