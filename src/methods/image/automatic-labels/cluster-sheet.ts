/** Contact sheets of clusters, for previews: one row per cluster, its members in order from the centroid. */
import { toFloat } from '../../../augment/index.js';
import { membersByGroup } from '../../../data/groups.js';
import type { ImageSpec } from '../../../data/index.js';
import { type Generator, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Module } from '../../../engine/nn/index.js';
import { kMeans } from '../../clusters/k-means.js';
import { indexTensor } from '../../index-tensor.js';
import type { EpochContext, Tile } from '../../method.js';
import { spread } from '../../spread.js';

const ROWS = 6;
const TILES = 6;

/** The images nearest to the centroids of some clusters, as of the last clustering. */
export class ClusterSheet extends Module {
  /** uint8 (ROWS, TILES, C, H, W) */
  readonly images: Tensor;
  /** Label and size of each row's cluster, and how many of its tiles are filled; int64 (ROWS, 3), size 0 for an empty row. */
  readonly rows: Tensor;

  constructor({ channels, height, width }: ImageSpec) {
    super();
    this.images = this.buffer('images', ops.zeros([ROWS, TILES, channels, height, width], { dtype: 'uint8' }));
    this.rows = this.buffer('rows', ops.zeros([ROWS, 3], { dtype: 'int64' }));
  }

  /**
   * Keeps the images nearest to the centroids of the clusters that have most to show, spread evenly over these.
   *
   * @param labels the cluster of each image
   * @param distances the squared distance of each image from its centroid
   */
  keep(labels: readonly number[], distances: readonly number[], samples: EpochContext['samples']): void {
    withoutGraph(() => {
      this.rows.zero_();
      for (const [r, { cluster, size, members }] of rowsOf(labels, distances).entries()) {
        this.images.select(0, r).narrow(0, 0, members.length).copy_(samples(members));
        this.rows.select(0, r).copy_(indexTensor([cluster, size, members.length], this.rows));
      }
    });
  }

  /** The kept clusters with the answer of `predict`, from raw samples (N, C, H, W) to N labels; empty before the first clustering. */
  tiles(predict: (samples: Tensor) => readonly number[]): Tile[][] {
    const rows = this.rows.toList() as [number, number, number][];
    return rows.flatMap(([cluster, size, filled], r): Tile[][] => {
      if (size === 0) return [];
      const samples = this.images.select(0, r).narrow(0, 0, filled);
      const answers = predict(samples);
      const pictures = toFloat(samples);
      return [
        answers.map((answer, i) => ({
          image: pictures.select(0, i),
          caption: i === 0 ? `cluster ${cluster}: ${size} images; says ${answer}` : `says ${answer}`,
          // Only right answers are marked: naming a neighboring cluster is hardly a mistake.
          isCorrect: answer === cluster || undefined,
        })),
      ];
    });
  }
}

/** Rows of a few clusters of these images by their features (N, D), for use before the first clustering. */
export function clusterTiles(samples: Tensor, features: Tensor, random: Generator): Tile[][] {
  const clusters = Math.max(1, Math.min(ROWS, Math.floor(samples.size(0) / 4)));
  const { assignments, distances } = kMeans(features, { clusters, random });
  const pictures = toFloat(samples);
  return rowsOf(assignments.toNumbers(), distances.toNumbers()).map(({ cluster, size, members }) =>
    members.map((member, i) => ({
      image: pictures.select(0, member),
      caption: i === 0 ? `cluster ${cluster}: ${size} images` : '',
    })),
  );
}

/** Up to six clusters with their first members from the centroid, spread over those that fill a row or else come nearest to it. */
function rowsOf(labels: readonly number[], distances: readonly number[]) {
  const groups = membersByGroup(labels).map(([cluster, members]) => ({
    cluster,
    size: members.length,
    members: [...members].sort((a, b) => distances[a]! - distances[b]!).slice(0, TILES),
  }));
  const full = groups.filter(({ members }) => members.length === TILES);
  return spread(full.length >= ROWS ? full : groups.sort((a, b) => b.size - a.size).slice(0, ROWS), ROWS);
}
