import { AutodidactError } from '../../errors.js';
import { noGrad } from '../autograd.js';
import type { DType, MemoryFormat } from '../dtype.js';
import { keep } from '../scope.js';
import { type Device, parameter, Tensor } from '../tensor.js';

/** A named tensor or module, as in PyTorch's `named_parameters`. */
export type Named<Value> = [name: string, value: Value];

/**
 * The base of every network: parameters, buffers and submodules are the properties that hold them, and their names are the
 * state-dict keys (PyTorch's, so weights can be exchanged).
 *
 * A property holding a `Tensor` that requires a gradient when it is set by `this.parameter(...)` is a parameter; one set by
 * `this.buffer(...)` is a buffer. Arrays of modules are numbered (`layers.0`).
 */
export abstract class Module {
  /** Whether normalisation and dropout act as in training; set it with `train()` and `eval()`. */
  isTraining = true;
  readonly #parameters = new Set<string>();
  readonly #buffers = new Set<string>();

  /** Declares the property `name` as a parameter, or as absent (null) such as a bias that is switched off. */
  protected parameter(name: string, value: Tensor): Tensor {
    this.#parameters.add(name);
    return parameter(value);
  }

  /** Declares the property `name` as a buffer: saved and moved with the module, never trained. */
  protected buffer(name: string, value: Tensor): Tensor {
    this.#buffers.add(name);
    return keep(value.detach());
  }

  /** Submodules that are direct properties or elements of array properties, with their names. */
  children(): Named<Module>[] {
    const found: Named<Module>[] = [];
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) found.push([name, value]);
      else if (Array.isArray(value))
        value.forEach((item, i) => {
          if (item instanceof Module) found.push([`${name}.${i}`, item]);
        });
    }
    return found;
  }

  /** Every module below this one and itself, parents first. A shared module comes once, under its first name. */
  modules(prefix = '', seen = new Set<Module>()): Named<Module>[] {
    if (seen.has(this)) return [];
    seen.add(this);
    return [[prefix, this], ...this.children().flatMap(([name, child]) => child.modules(join(prefix, name), seen))];
  }

  namedParameters(): Named<Tensor>[] {
    return unique(this.modules().flatMap(([prefix, module]) => module.#own(module.#parameters, prefix)));
  }

  parameters(): Tensor[] {
    return this.namedParameters().map(([, value]) => value);
  }

  namedBuffers(): Named<Tensor>[] {
    return unique(this.modules().flatMap(([prefix, module]) => module.#own(module.#buffers, prefix)));
  }

  #own(names: ReadonlySet<string>, prefix: string): Named<Tensor>[] {
    const values = this as unknown as Record<string, unknown>;
    return [...names].flatMap((name) => {
      const value = values[name];
      return value instanceof Tensor ? [[join(prefix, name), value] as Named<Tensor>] : [];
    });
  }

  /** Parameters and buffers under their state-dict keys. The tensors are the live ones, not copies. */
  stateDict(): Map<string, Tensor> {
    return new Map(
      this.modules().flatMap(([prefix, module]) => [
        ...module.#own(module.#parameters, prefix),
        ...module.#own(module.#buffers, prefix),
      ]),
    );
  }

  /**
   * Copies values into the parameters and buffers of the same names.
   *
   * @param options.strict throw `CHECKPOINT` when a key is missing or left over (default true); otherwise they are returned
   * @throws AutodidactError `CHECKPOINT` on a tensor of another shape, whatever `strict` says; nothing is copied then
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor>,
    options: { strict?: boolean } = {},
  ): { missing: string[]; unexpected: string[] } {
    const own = this.stateDict();
    const missing = [...own.keys()].filter((key) => !state.has(key));
    const unexpected = [...state.keys()].filter((key) => !own.has(key));
    if ((options.strict ?? true) && missing.length + unexpected.length > 0)
      throw new AutodidactError(
        'CHECKPOINT',
        `The weights do not fit this network: ${[keys('missing', missing), keys('unexpected', unexpected)].filter(Boolean).join('; ')}`,
      );
    for (const [key, value] of own) {
      const given = state.get(key);
      if (given !== undefined && given.shape.join() !== value.shape.join())
        throw new AutodidactError(
          'CHECKPOINT',
          `Expected [${value.shape.join(', ')}] for the weight \`${key}\`, received [${given.shape.join(', ')}]`,
        );
    }
    noGrad(() => {
      for (const [key, value] of own) {
        const given = state.get(key);
        if (given !== undefined) value.copy_(given);
      }
    });
    return { missing, unexpected };
  }

  train(isTraining = true): this {
    for (const [, module] of this.modules()) module.isTraining = isTraining;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Switches gradients on or off for every parameter. */
  setRequiresGrad(value: boolean): this {
    for (const tensor of this.parameters()) tensor.requiresGrad = value;
    return this;
  }

  /** Moves or converts every parameter and floating-point buffer in place; four-dimensional ones take the memory format. */
  to(target: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat }): this {
    for (const [, module] of this.modules()) {
      const values = module as unknown as Record<string, Tensor>;
      for (const name of [...module.#parameters, ...module.#buffers]) {
        const before = values[name];
        if (!(before instanceof Tensor)) continue;
        const { memoryFormat, dtype, device } = target;
        const isImageWeight = before.ndim === 4;
        const isFloat = before.dtype.startsWith('float') || before.dtype.startsWith('bfloat');
        const after = before.detach().to({
          device,
          dtype: isFloat ? dtype : undefined,
          memoryFormat: isImageWeight ? memoryFormat : undefined,
        });
        const isTrained = before.requiresGrad;
        values[name] = keep(after);
        if (isTrained) after.requiresGrad = true;
        if (after !== before) before.dispose();
      }
    }
    return this;
  }

  /** Total number of trainable elements. */
  parameterCount(): number {
    return this.parameters().reduce((sum, tensor) => sum + tensor.numel, 0);
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const tensor of this.parameters()) tensor.grad = null;
  }

  /** Frees every parameter and buffer; the module cannot be used afterwards. */
  dispose(): void {
    for (const tensor of this.stateDict().values()) tensor.dispose();
  }
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

function unique(entries: Named<Tensor>[]): Named<Tensor>[] {
  const seen = new Set<Tensor>();
  return entries.filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor));
}

function keys(kind: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 5).join(', ');
  return `${names.length} ${kind} (${shown}${names.length > 5 ? ', ...' : ''})`;
}

/** A network from one tensor to one tensor. */
export abstract class Layer extends Module {
  abstract forward(x: Tensor): Tensor;
}

/** Layers one after the other; the state-dict keys are their numbers, as in PyTorch's `nn.Sequential`. */
export class Sequential extends Layer {
  constructor(...layers: Layer[]) {
    super();
    layers.forEach((layer, i) => {
      (this as unknown as Record<string, Layer>)[String(i)] = layer;
    });
  }

  get layers(): Layer[] {
    return this.children().map(([, child]) => child as Layer);
  }

  override forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}

/** A layer without weights, made from a function. */
export class Lambda extends Layer {
  constructor(private readonly body: (x: Tensor) => Tensor) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return this.body(x);
  }
}

export class Identity extends Layer {
  override forward(x: Tensor): Tensor {
    return x;
  }
}
