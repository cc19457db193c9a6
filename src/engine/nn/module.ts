import { AutodidactError } from '../../errors.js';
import { noGrad } from '../autograd.js';
import { type DType, isFloating, type MemoryFormat } from '../dtype.js';
import { keep } from '../scope.js';
import { type Device, parameter, Tensor } from '../tensor.js';

/** A named tensor or module, as in PyTorch's `named_parameters`. */
export type Named<Value> = [name: string, value: Value];

/**
 * The base of every network. Parameters and buffers are properties assigned from `this.parameter` and `this.buffer`;
 * submodules are properties that hold a module or an array of modules. Property names form the state-dict keys
 * (`layers.0.weight`), which match PyTorch's, so that weights can be exchanged.
 */
export abstract class Module {
  /** Whether normalization and dropout are in training mode; set by `train()` and `eval()`. */
  isTraining = true;
  readonly #parameters = new Set<string>();
  readonly #buffers = new Set<string>();

  /**
   * Registers a tensor as the parameter `name` of this module: it is trained, saved and exempt from scopes. The property may
   * also be null, for example for a disabled bias.
   */
  protected parameter(name: string, value: Tensor): Tensor {
    this.#parameters.add(name);
    return parameter(value);
  }

  /** Registers a tensor as the buffer `name` of this module: it is saved and moved with the module, but not trained. */
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

  /** This module and all below it, parents first. A shared module is listed once, under its first name. */
  modules(prefix = '', seen = new Set<Module>()): Named<Module>[] {
    if (seen.has(this)) return [];
    seen.add(this);
    return [[prefix, this], ...this.children().flatMap(([name, child]) => child.modules(join(prefix, name), seen))];
  }

  /** Every parameter with its state-dict key. A shared one is listed once, under its first key. */
  namedParameters(): Named<Tensor>[] {
    return unique(this.modules().flatMap(([prefix, module]) => module.#own(module.#parameters, prefix)));
  }

  parameters(): Tensor[] {
    return this.namedParameters().map(([, value]) => value);
  }

  /** Every buffer with its state-dict key. */
  namedBuffers(): Named<Tensor>[] {
    return unique(this.modules().flatMap(([prefix, module]) => module.#own(module.#buffers, prefix)));
  }

  #own(names: ReadonlySet<string>, prefix: string): Named<Tensor>[] {
    const values = this as unknown as Record<string, unknown>;
    return [...names].flatMap((name) => {
      const value = values[name];
      if (value === undefined)
        throw new AutodidactError('ENGINE', `Expected a property \`${name}\` of ${this.constructor.name}, found none`, {
          remedy: 'Assign the result of `parameter` or `buffer` to the property of the same name.',
        });
      return value instanceof Tensor ? [[join(prefix, name), value] as Named<Tensor>] : [];
    });
  }

  /**
   * Parameters and buffers under their state-dict keys; the live tensors, not copies. A shared tensor is listed under each of
   * its keys, a shared module under its first.
   */
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
   * @param options.strict throw `CHECKPOINT` on missing or unexpected keys (default true); otherwise they are returned
   * @throws AutodidactError `CHECKPOINT` when a shape differs, regardless of `strict`; then nothing is copied
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

  /** Sets the training mode of normalization and dropout, here and in every submodule. */
  train(isTraining = true): this {
    for (const [, module] of this.modules()) module.isTraining = isTraining;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Enables or disables gradients of every parameter. */
  setRequiresGrad(value: boolean): this {
    for (const tensor of this.parameters()) tensor.requiresGrad = value;
    return this;
  }

  /**
   * Moves or converts parameters, buffers and gradients. The dtype applies to floating-point tensors, the memory format to
   * weights of convolutions. The `Tensor` objects stay the same, so that weights stay shared and optimizers stay valid.
   */
  to(target: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat }): this {
    for (const value of new Set(this.stateDict().values())) {
      const gradient = value.grad;
      convert(value, target);
      if (gradient === null) continue;
      convert(gradient, target);
      value.grad = gradient;
      gradient.dispose();
    }
    return this;
  }

  /** Number of elements of all parameters, including frozen ones. */
  parameterCount(): number {
    return this.parameters().reduce((sum, tensor) => sum + tensor.numel, 0);
  }

  /** Clears all gradients. */
  zeroGrad(): void {
    for (const tensor of this.parameters()) tensor.grad = null;
  }

  /** Frees every parameter and buffer; the module cannot be used afterwards. */
  dispose(): void {
    for (const tensor of this.stateDict().values()) tensor.dispose();
  }
}

function convert(value: Tensor, target: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat }): void {
  const isTrained = value.requiresGrad;
  const plain = value.detach();
  const converted = plain.to({
    device: target.device,
    dtype: isFloating(value.dtype) ? target.dtype : undefined,
    memoryFormat: formatFor(value.ndim, target.memoryFormat),
  });
  if (converted !== plain) {
    value.become(converted);
    value.requiresGrad = isTrained;
  }
  plain.dispose();
}

/** The memory format for a tensor of so many dimensions; channels-last means weights of 2-D and 3-D convolutions. */
function formatFor(ndim: number, format: MemoryFormat | undefined): MemoryFormat | undefined {
  if (ndim === 4) return format;
  return ndim === 5 && format === 'channelsLast' ? 'channelsLast3d' : undefined;
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

/** Layers applied in order; state-dict keys are their indices, as in PyTorch's `nn.Sequential`. */
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
