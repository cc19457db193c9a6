import type { Backbone } from '../backbones/backbone.js';
import { drawPart } from '../data/index.js';
import { Generator, type Tensor } from '../engine/index.js';
import { initializeFromData, initializeGaussian } from './data-dependent.js';

/**
 * How a backbone's weights begin: as its architecture says; from N(0, 0.01^2), as networks did in 2012; from the data, with random
 * filters or with patches in the first layer.
 */
export const INITIALIZATIONS = ['default', 'gaussian', 'data-dependent', 'data-dependent-k-means'] as const;

export type Initialization = (typeof INITIALIZATIONS)[number];

/** The code's ten batches of 16 images, or fewer large samples: a network with its gradients on so many numbers fits in memory. */
const MOST_SAMPLES = 160;
const FEWEST_SAMPLES = 16;
const MOST_NUMBERS = 2 ** 20;

/**
 * Positions, drawn from the data, of the samples that an initialization looks at.
 *
 * @param weight numbers in one sample, such as the pixels of an image
 */
export function samplesToLookAt(count: number, weight: number): Int32Array {
  const fitting = Math.floor(MOST_NUMBERS / weight);
  return drawPart(count, Math.min(MOST_SAMPLES, Math.max(FEWEST_SAMPLES, fitting)));
}

/** Whether an initialization needs images. */
export function looksAtData(name: Initialization): boolean {
  return name === 'data-dependent' || name === 'data-dependent-k-means';
}

/**
 * Replaces the weights of a new backbone.
 *
 * @param images what the backbone takes; null for an initialization that does not look at data
 */
export function initialize(backbone: Backbone, name: Initialization, images: Tensor | null, seed: number): void {
  if (name === 'default') return;
  const random = new Generator(seed, backbone.parameters()[0]!.device);
  if (images === null) initializeGaussian(backbone, random);
  else initializeFromData(backbone, images, { filters: name === 'data-dependent' ? 'gaussian' : 'k-means', random });
}
