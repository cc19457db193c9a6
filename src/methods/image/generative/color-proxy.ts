/**
 * Color as a proxy: predict, from what all layers say of a place in a gray image, the histograms of hue and chroma around it.
 *
 * Larsson, Maire, Shakhnarovich, "Colorization as a Proxy Task for Visual Understanding", CVPR 2017, https://arxiv.org/abs/1703.04044,
 * by the loss of their "Learning Representations for Automatic Colorization", ECCV 2016; code: github.com/gustavla/autocolorize (2016)
 * and github.com/gustavla/self-supervision (2017).
 *
 * A hypercolumn joins the maps of all layers at one place; only a few places of each image are asked for, so that all layers fit into
 * memory. The divergence of the hue counts by the chroma of the place: the hue of a gray pixel means nothing.
 *
 * We follow the code of 2016: histograms of 7x7 pixels, and a divergence of the chroma that counts less where a pixel is nearly black or
 * white. The later code has single pixels and no such weight. VGG's fully connected layers, which the code's hypercolumns include, are no
 * part of our backbones; maps are read at the centers of pixels and cells, where the code divides coordinates by the stride.
 */
import { z } from 'zod';
import { compose, halfFlipped, randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { fullPrecision, type Generator, ops, scope, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Dropout, init, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { hypercolumns } from '../../../networks/hypercolumns.js';
import { requireColor } from '../../encoders.js';
import { divergence, divergenceOfMean } from '../../losses/divergence.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { colorsOf, histogramsAt, hueAndChroma, valuesAt } from '../../targets/hue-chroma.js';
import { card } from './color-proxy.card.js';

const options = z.object({
  locations: option.whole(128, 'Places of each image at which hue and chroma are asked for, in each step'),
  bins: option.whole(32, 'Bins of hue, and as many of chroma', { min: 2 }),
  reach: option.count(3, 'Pixels on each side of a place that its histograms are taken from; 3 for 7x7 pixels'),
  margin: option.share(
    0.273,
    'Part of the side that is kept free of places, at each edge; the code: 96 of 352 pixels',
    {
      max: 0.49,
    },
  ),
  hueWeight: option.weight(5, 'Weight of the hue, which counts by the chroma of its place'),
  headSize: option.whole(1024, 'Units of the layer between the hypercolumn and the histograms'),
  dropout: option.share(0.5, 'Dropout after this layer', { max: 0.9 }),
  minimumScale: option.minimumScale(0.344, 'Smallest share of a square crop; the code cuts 352 of up to 600 pixels'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/**
 * Gray images (N, 1, S, S), places in them, int64 (N, K, 2), and there the histograms of hue and chroma, (N, K, bins), and how much each
 * counts, (N, K).
 */
type ColorProxyViews = Record<'gray' | 'places' | 'hues' | 'chromas' | 'hueWeights' | 'chromaWeights', Tensor>;

/** Gray values from which on the divergence of the chroma counts fully, from black and likewise from white. */
const FULL_WEIGHT = 1 / 3;
/** Deviation of the initial weights of the layer behind the hypercolumn. */
const STD = 1e-4;
/** Places along the longer side at which whole images are colored; colors in between are interpolated. */
const COLORED_PLACES = 56;

export class ColorProxy extends Method<Options, ColorProxyViews> {
  readonly hidden: Sequential;
  readonly hue: Linear;
  readonly chroma: Linear;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone } = this;
    const { headSize, dropout, bins, minimumScale, useFlip } = this.options;
    // The gray value of the place itself is part of its hypercolumn.
    const columnSize = backbone.layers.reduce((sum, layer) => sum + backbone.layerSize(layer), 1);
    const first = new Linear(columnSize, headSize);
    init.normal_(first.weight, 0, STD);
    this.hidden = new Sequential(first, new ReLU(), new Dropout(dropout));
    this.hue = new Linear(headSize, bins);
    this.chroma = new Linear(headSize, bins);
    for (const layer of [this.hue, this.chroma]) init.xavierUniform_(layer.weight);
    for (const layer of [first, this.hue, this.chroma]) init.constant_(layer.bias!, 0);
    const crop = randomResizedCrop({ size: this.spec.height, scale: [minimumScale, 1], ratio: [1, 1] });
    this.augment = compose(...(minimumScale < 1 ? [crop] : []), halfFlipped(useFlip));
  }

  override views({ samples }: Batch, random: Generator): ColorProxyViews {
    const { bins, reach, hueWeight } = this.options;
    const images = this.augment(toFloat(samples), random);
    const places = this.drawPlaces(images.size(0), random).to(images.device);
    const { hue, chroma } = hueAndChroma(images);
    const at = (map: Tensor): Tensor => valuesAt(map, places).squeeze(1); // (N, K)
    const value = at(images.mean([1], true));
    return {
      gray: this.prepare(images),
      places,
      hues: histogramsAt(hue, places, bins, reach),
      chromas: histogramsAt(chroma, places, bins, reach),
      hueWeights: at(chroma).mul(hueWeight),
      chromaWeights: value.minimum(value.rsub(1)).clamp(0, FULL_WEIGHT).div(FULL_WEIGHT),
    };
  }

  /** Rows and columns of pixels, int64 (count, locations, 2). */
  private drawPlaces(count: number, random: Generator): Tensor {
    const { locations, margin } = this.options;
    const { height, width } = this.spec;
    const [top, left] = [height, width].map((side) => Math.floor(margin * side)) as [number, number];
    const draws = ops.rand([count, locations, 2], { generator: random, device: random.device });
    const along = (axis: number, side: number, free: number): Tensor =>
      draws
        .select(2, axis)
        .mul(side - 2 * free)
        .floor()
        .add(free);
    return ops.stack([along(0, height, top), along(1, width, left)], 2).to('int64');
  }

  /** Logits of hue and chroma, float32 (N, K, bins), at places of gray images. */
  private predict(gray: Tensor, places: Tensor): { hue: Tensor; chroma: Tensor; features: Tensor } {
    const maps = this.backbone.pyramid(gray, this.backbone.layers);
    const columns = hypercolumns([gray, ...maps], places, [gray.size(2), gray.size(3)]); // (N, K, D)
    const hidden = this.hidden.forward(columns);
    const [hue, chroma] = [this.hue, this.chroma].map((layer) => layer.forward(hidden).to('float32'));
    return { hue: hue!, chroma: chroma!, features: maps.at(-1)!.mean([2, 3]) };
  }

  override loss(views: ColorProxyViews): Outcome {
    const { hue, chroma, features } = this.predict(views.gray, views.places);
    return fullPrecision(hue.device, () => {
      const parts = [
        paid(hue, views.hues, views.hueWeights),
        paid(chroma, views.chromas, views.chromaWeights),
      ] as const;
      const [hueExplained, chromaExplained] = parts.map(explainedBy);
      const loss = parts[0].loss.add(parts[1].loss);
      const explained = explainedBy({ loss, blind: parts[0].blind.add(parts[1].blind) });
      return { loss, metrics: { explained, hueExplained: hueExplained!, chromaExplained: chromaExplained! }, features };
    });
  }

  /**
   * Colors images: uint8 or float [0, 1], (N, 3, H, W) whose colors are ignored or gray (N, 1, H, W), to float (N, 3, H, W) in [0, 1]
   * with the same mean of the channels.
   */
  override generate(input: Tensor): Tensor {
    const colored = (image: Tensor): Tensor =>
      withoutGraph(() => {
        const gray = toFloat(image).mean([1], true);
        const [height, width] = [gray.size(2), gray.size(3)];
        const step = Math.max(1, Math.ceil(Math.max(height, width) / COLORED_PLACES));
        const [rows, columns] = [height, width].map((side) =>
          ops.arange(Math.floor((step - 1) / 2), side, step, { dtype: 'int64', device: gray.device }),
        ) as [Tensor, Tensor];
        const grid = [rows.size(0), columns.size(0)] as const;
        const places = ops
          .stack([rows.unsqueeze(1).expand(grid), columns.unsqueeze(0).expand(grid)], 2)
          .view([1, -1, 2]);
        const { hue, chroma } = this.predict(this.prepare(image), places);
        const maps = [hue, chroma].map((logits) => {
          const shares = logits.softmax(2).transpose(1, 2).unflatten(2, grid).contiguous(); // (1, bins, rows, columns)
          return step === 1 ? shares : ops.upsampleBilinear2d(shares, [height, width], false);
        });
        return colorsOf(gray, maps[0]!, maps[1]!);
      });
    // One at a time: the hypercolumns of a whole image are large.
    return ops.cat(input.split(1, 0).map(colored), 0);
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = firstSamples(samples, 8);
    const images = toFloat(shown);
    const explanation =
      'The network sees a gray image and predicts, place by place, which hues and how much color lie around it.';
    const rows = tileRows([
      { images: images.mean([1], true), caption: 'what it sees' },
      { images: this.generate(shown), caption: 'colors it predicts' },
      { images, caption: 'true colors' },
    ]);
    return [{ title: 'Which hue, and how much of it?', explanation, rows }];
  }
}

interface Paid {
  loss: Tensor;
  /** What the best answer pays that is the same for all places. */
  blind: Tensor;
}

/** The weighted mean of the divergences of distributions (N, K, bins). */
function paid(logits: Tensor, shares: Tensor, weights: Tensor): Paid {
  const mean = (perPlace: Tensor): Tensor => perPlace.mul(weights).mean();
  return { loss: mean(divergence(logits, shares)), blind: mean(divergenceOfMean(shares, weights)) };
}

/** Share of what a blind answer pays that is saved: 1 for exact predictions, 0 for the mean of the batch. */
const explainedBy = ({ loss, blind }: Paid): Tensor => loss.detach().div(blind.clampMin(1e-6)).rsub(1);

/** The mean of the channels minus its mean over the data: (N, 1, H, W). */
function grayImages({ mean }: ImageSpec): (samples: Tensor) => Tensor {
  const center = meanOf(mean);
  return (samples) => scope(() => toFloat(samples).mean([1], true).sub(center));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const colorProxy = defineMethod({
  ...card,
  options,
  smallOptions: { locations: 64, reach: 1, margin: 0, headSize: 256, dropout: 0, minimumScale: 1 },
  encoder({ spec, makeBackbone }) {
    requireColor(spec, card.title);
    return {
      spec,
      backbone: makeBackbone({ inputChannels: 1 }),
      preparation: {
        note: `The mean of the three channels of pixels in [0, 1], minus ${meanOf(spec.mean)}: one channel.`,
      },
      prepare: grayImages(spec),
    };
  },
  create: (context) => new ColorProxy(context),
});
