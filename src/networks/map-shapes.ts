import type { Backbone } from '../backbones/backbone.js';
import { noGrad, ops, scope } from '../engine/index.js';

/**
 * Shapes [C, h, w] of a backbone's maps for one square image of this side, after each of its layers. Found by a pass in eval mode,
 * which draws no random number and leaves the backbone as it is.
 */
export function mapShapes(
  backbone: Backbone,
  side: number,
  layers = backbone.layers,
): [channels: number, height: number, width: number][] {
  const wasTraining = backbone.isTraining;
  const { inputChannels } = backbone.options;
  const device = backbone.parameters()[0]?.device ?? 'cpu';
  const shapes = scope(() =>
    noGrad(() => {
      const image = ops.zeros([1, inputChannels, side, side], { device }).to({ memoryFormat: 'channelsLast' });
      return backbone
        .eval()
        .pyramid(image, layers)
        .map((map): [number, number, number] => [map.size(1), map.size(2), map.size(3)]);
    }),
  );
  backbone.train(wasTraining);
  return shapes;
}
