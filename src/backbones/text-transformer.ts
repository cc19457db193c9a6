import { ops, scope, type Tensor } from '../engine/index.js';
import { Embedding, init, type LayerNorm, Linear, type Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, oneOf, vocabularySize, wholeNumber } from './backbone.js';
import { KeyValueCache } from './key-value-cache.js';
import { type Rotation, rotaryTable } from './rotary.js';
import { TEXT_VARIANTS, type TextDesign, type TextTransformerName, type TextVariant } from './text-designs.js';
import { TextEmbeddings } from './text-embeddings.js';
import { type AttentionPass, makeTransformerNorm, type RmsNorm, TransformerBlock } from './transformer-block.js';

type Resolved = Required<
  Pick<BackboneOptions, 'vocabulary' | 'length' | 'width' | 'blocks' | 'embeddingSize' | 'dropout' | 'sharesBlocks'>
>;

/** A text as the transformer reads it. */
export interface TextInput {
  /** int64 (N, T). */
  ids: Tensor;
  /** Booleans (N, T), false for padding, which no token looks at and which has no position; null where all tokens are real. */
  isReal?: Tensor | null;
  /** int64 (N, T); all 0 when left out. */
  segments?: Tensor | null;
  /** What was read before: these tokens follow. Causal designs only. */
  cache?: KeyValueCache;
}

/**
 * A transformer over tokens; see `TEXT_VARIANTS` for the designs.
 *
 * As a backbone it takes int64 (N, T), or (N, 2, T) with the segments in the second row; negative ids are padding, on either side.
 * Positions count the real tokens of a row, so that padding on the left moves nothing. Readable layers: `block1`, `block2`, ...; the last
 * one is read after the final norm of a pre-norm design. A map is (N, D, 1, T). Features are those of the last real token of causal
 * designs, the mean over the real tokens of others; `pooling` chooses (`class` is the first token).
 */
export class TextTransformer extends Backbone {
  override readonly options: BackboneOptions & Resolved;
  override readonly featureSize: number;
  override readonly layers: readonly string[];
  readonly design: TextDesign;
  readonly heads: number;
  readonly embeddings: TextEmbeddings;
  /** The same block many times when they share their weights. */
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm | RmsNorm | null;
  /** Cosines and sines, (2, length, D / heads / 2). */
  readonly rotary: Tensor | null;

  constructor(
    override readonly architecture: TextTransformerName,
    options: BackboneOptions,
  ) {
    super();
    const variant: TextVariant = TEXT_VARIANTS[architecture];
    const { design, heads } = variant;
    const resolved = resolve(options, variant);
    const { width, blocks, length, embeddingSize, dropout, sharesBlocks } = resolved;
    if (width % heads !== 0) throw expected(`a multiple of the ${heads} heads of ${architecture}`, 'width', width);
    if (design.positions === 'rotary' && (width / heads) % 2 !== 0)
      throw expected(`a multiple of twice the ${heads} heads of ${architecture}`, 'width', width);
    const pooling = oneOf(options.pooling ?? (design.isCausal ? 'last' : 'average'), 'pooling', [
      'average',
      'class',
      'last',
    ]);
    this.design = design;
    this.heads = heads;
    this.options = { inputChannels: 1, imageSize: length, pooling, ...resolved };
    this.featureSize = width;
    this.layers = Array.from({ length: blocks }, (_, i) => `block${i + 1}`);
    this.embeddings = new TextEmbeddings({ ...resolved, embeddingSize, segments: design.segments, dropout }, design);
    const makeBlock = () => new TransformerBlock(width, heads, { ...design.block, dropout });
    const shared = sharesBlocks ? makeBlock() : null;
    this.blocks = this.layers.map(() => shared ?? makeBlock());
    const { normPlace = 'pre', norm = 'layer', eps = 1e-6 } = design.block;
    this.norm = normPlace === 'pre' ? makeTransformerNorm(norm, width, eps) : null;
    this.rotary = design.positions === 'rotary' ? this.buffer('rotary', rotaryTable(length, width / heads)) : null;
    this.initialize();
  }

  /** Gives the embeddings and matrices of the whole network new values by the rule of its design. */
  private initialize(): void {
    const { tokens, positions, branches } = this.design.initialization;
    const { embeddings } = this;
    initializeText(embeddings, this.design, tokens);
    if (embeddings.positions !== null) this.draw(embeddings.positions.weight, positions);
    for (const block of new Set(this.blocks)) {
      initializeText(block, this.design);
      if (branches === 'zero') for (const { weight } of [block.attn.proj, block.mlp.fc2]) init.constant_(weight, 0);
    }
  }

  private draw(weight: Tensor, deviation: number): void {
    drawWeight(weight, this.design.initialization.kind, deviation);
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    return this.read(this.inputOf(x), layer).transpose(1, 2).unsqueeze(2);
  }

  override features(x: Tensor, layer?: string): Tensor {
    return scope(() => {
      const input = this.inputOf(x);
      const tokens = this.read(input, layer);
      const { pooling } = this.options;
      const isReal = input.isReal ?? ops.onesLike(input.ids).to('bool');
      if (pooling === 'average') {
        const weights = isReal.unsqueeze(2).to(tokens.dtype);
        return tokens.mul(weights).sum(1).div(weights.sum(1).clampMin(1));
      }
      // argmax gives the first of equals.
      const flags = isReal.to('int64');
      const place = pooling === 'class' ? flags.argmax(1) : flags.cumsum(1).argmax(1);
      return tokens.gather(1, place.view([-1, 1, 1]).expand([-1, 1, tokens.size(2)])).squeeze(1);
    });
  }

  /** Parts of a backbone's input, int64 (N, T) or (N, 2, T). @throws AutodidactError `SHAPE` for another */
  inputOf(x: Tensor): TextInput {
    const hasSegments = x.ndim === 3 && x.size(1) === 2;
    if (x.dtype !== 'int64' || !(x.ndim === 2 || hasSegments) || x.size(-1) === 0)
      throw expected('ids of tokens, int64 (N, T) or (N, 2, T),', 'x', x, { code: 'SHAPE' });
    const given = hasSegments ? x.select(1, 0) : x;
    const isReal = given.ge(0);
    const segments = hasSegments ? x.select(1, 1) : null;
    const ids = given.clampMin(0);
    return { ids, isReal: isReal.all().item() === 1 ? null : isReal, segments };
  }

  /**
   * Vectors of the tokens after a layer, by default the last: (N, T, D). Those of padding are finite and mean nothing.
   *
   * @throws AutodidactError `USAGE` for an unknown layer, `SHAPE` for more tokens than the network has positions
   */
  read(input: TextInput, layer?: string): Tensor {
    const last = this.layerIndex(layer);
    const { cache } = input;
    const { places, pass } = this.passOf(input);
    const embedded = scope(() => this.embeddings.forward(input.ids, places, input.segments ?? null));
    let x = embedded;
    for (const [index, block] of this.blocks.slice(0, last + 1).entries())
      x = scope(() => block.forward(x, pass, cache?.layer(index)));
    cache?.advance(input.ids.size(1));
    return last === this.blocks.length - 1 && this.norm !== null ? this.norm.forward(x) : x;
  }

  /** The weights with which tokens look at tokens in a block, (N, heads, T, T). */
  attention(input: TextInput, layer?: string): Tensor {
    const last = this.layerIndex(layer);
    return scope(() => {
      const { places, pass } = this.passOf(input);
      let x = this.embeddings.forward(input.ids, places, input.segments ?? null);
      for (const block of this.blocks.slice(0, last)) x = block.forward(x, pass);
      return this.blocks[last]!.attention(x, pass);
    });
  }

  /** An empty cache for `batch` rows of at most `capacity` tokens. @throws AutodidactError `USAGE` where tokens see later ones */
  makeCache(batch: number, capacity = this.options.length): KeyValueCache {
    if (!this.design.isCausal) throw expected('a causal transformer', 'backbone', this.architecture);
    return new KeyValueCache({
      layers: this.blocks.length,
      batch,
      heads: this.heads,
      capacity,
      headSize: this.featureSize / this.heads,
      device: this.embeddings.tokens.weight.device,
    });
  }

  /** Positions of the tokens, and what they may look at. */
  private passOf({ ids, isReal = null, cache }: TextInput): { places: Tensor; pass: AttentionPass } {
    const count = ids.size(1);
    const before = cache?.length ?? 0;
    if (before + count > this.options.length)
      throw expected(`at most ${this.options.length} tokens, as ${this.architecture} has positions,`, 'ids', ids, {
        code: 'SHAPE',
        remedy: 'Give fewer tokens, or make the network for a longer `length`.',
      });
    const known = cache === undefined ? isReal : cache.announce(count, isReal);
    const places = placesOf(ids, before, known);
    const rotation = this.rotary === null ? null : rotationAt(this.rotary, places);
    return { places, pass: { ...this.masks(count, before, known, ids), rotation } };
  }

  /** @param known booleans (N, keys) or null, over what was read before and the `count` tokens that follow */
  private masks(count: number, before: number, known: Tensor | null, { device }: Tensor): AttentionPass {
    const ofKeys = known === null ? null : known.unsqueeze(1).unsqueeze(1); // (N, 1, 1, keys)
    if (!this.design.isCausal) return { mask: ofKeys };
    // The operator aligns its own triangle to the first key, which is wrong once keys lie before the queries.
    if (ofKeys === null && before === 0) return { isCausal: true };
    if (count === 1) return { mask: ofKeys };
    const triangle = ops.ones([count, before + count], { dtype: 'bool', device }).tril(before);
    return { mask: ofKeys === null ? triangle : ofKeys.logicalAnd(triangle) };
  }
}

/** Number of real tokens before each: int64 (T), or (N, T) where there is padding. */
function placesOf(ids: Tensor, before: number, known: Tensor | null): Tensor {
  const count = ids.size(1);
  if (known === null) return ops.arange(before, before + count, 1, { dtype: 'int64', device: ids.device });
  return known.to('int64').cumsum(1).sub(1).clampMin(0).narrow(1, before, count);
}

/** Broadcasts to (2, N, heads, T, D / heads / 2). */
function rotationAt(table: Tensor, places: Tensor): Rotation {
  const [cos, sin] = table.unbind(0) as [Tensor, Tensor];
  const at = (values: Tensor): Tensor => {
    const picked = values.indexSelect(0, places.flatten()); // (T) or (N T, ...)
    return places.ndim === 1 ? picked : picked.view([...places.shape, -1]).unsqueeze(1);
  };
  return { cos: at(cos), sin: at(sin) };
}

/**
 * Starts the embeddings and matrices of a part of a text network, or of a head, by the rule of a design; biases are set to 0.
 *
 * @param embeddings standard deviation of embeddings; that of tokens when left out
 */
export function initializeText(part: Module, design: TextDesign, embeddings?: number): void {
  const { kind, tokens, linear } = design.initialization;
  for (const [, module] of part.modules()) {
    if (module instanceof Embedding)
      drawWeight(module.weight, kind === 'uniform' ? 'normal' : kind, embeddings ?? tokens);
    if (!(module instanceof Linear)) continue;
    drawWeight(module.weight, kind, linear ?? 0.5 / Math.sqrt(module.weight.size(1)));
    if (module.bias !== null) init.constant_(module.bias, 0);
  }
}

function drawWeight(weight: Tensor, kind: 'normal' | 'truncated' | 'uniform', deviation: number): void {
  scope(() => {
    if (kind === 'normal') init.normal_(weight, 0, deviation);
    else if (kind === 'truncated') init.truncatedNormal_(weight, 0, deviation);
    else init.uniform_(weight, -Math.sqrt(3) * deviation, Math.sqrt(3) * deviation);
  });
}

function resolve(options: BackboneOptions, variant: TextVariant): Resolved {
  const width = wholeNumber(options.width ?? variant.width, 'width');
  const dropout = options.dropout ?? 0;
  if (!(dropout >= 0 && dropout < 1)) throw expected('a number from 0 to below 1', 'dropout', dropout);
  return {
    vocabulary: vocabularySize(options),
    length: wholeNumber(options.length ?? variant.length, 'length'),
    width,
    blocks: wholeNumber(options.blocks ?? variant.depth, 'blocks'),
    embeddingSize: wholeNumber(options.embeddingSize ?? width, 'embeddingSize'),
    dropout,
    sharesBlocks: options.sharesBlocks ?? false,
  };
}
