/** The learning run that both versions of CPC share: to find the patches further on in an image. */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { TrainingOptions } from '../../src/train/config.js';
import { withExchangedPatches } from './strangers.js';
import {
  claim,
  heldOut,
  keepResult,
  type Learned,
  learn,
  linearScore,
  linearScores,
  openSets,
  type Sets,
} from './support.js';

const LAYER = 'layer4';
/** Epochs of the controls. */
const SHORT = 4;

/**
 * The control learns from images whose patches were exchanged with those of other images, place by place.
 *
 * @param hasLeak also holds what batch norm in the encoder gives away against the loss without it
 */
export function findsPatchesFurtherOn(
  name: string,
  training: Partial<TrainingOptions>,
  options: Record<string, unknown>,
  { hasLeak }: { hasLeak: boolean },
): void {
  let sets: Sets;
  let learned: Learned;
  let exchanged: Learned;
  const figures: Record<string, number> = {};

  beforeAll(async () => {
    sets = await openSets('synthetic:objects?count=1500&test=1000&size=48');
    learned = await learn(name, sets.train, training, options);
    exchanged = await learn(withExchangedPatches(name), sets.train, { ...training, epochs: SHORT }, options);
  });

  afterAll(() => keepResult(name, figures));

  it('finds patches of held-out images; where there is nothing to know the loss stays above', () => {
    const loss = heldOut(learned.run.method, sets.test, 'loss', 16);
    figures['held-out loss among 16 x 49 patches (ln 784 = 6.664)'] = loss;
    figures['held-out accuracy among 16 x 49 patches'] = heldOut(learned.run.method, sets.test, 'accuracy', 16);
    figures['control: last training loss on exchanged patches'] = exchanged.losses.at(-1)!;
    claim(loss).isBelow(figures['control: last training loss on exchanged patches'] - 0.2);
  });

  it('tells the classes apart better than the random network', async () => {
    const [scores] = await linearScores(learned, sets, [LAYER]);
    figures['linear probe, pretrained'] = scores!.pretrained;
    figures['linear probe, random initialization'] = scores!.random;
    // Told, not gated: places alone, which exchanged patches keep, teach what lies where in these centered pictures.
    figures['linear probe, learnt from exchanged patches'] = await linearScore(exchanged.run.encoder, sets, LAYER);
    claim(scores!.pretrained).isAbove(threeSigma(scores!.random, sets.test.count));
  });

  if (hasLeak)
    it('tells what batch norm gives away: the loss falls further', async () => {
      const leaking = await learn(name, sets.train, { ...training, epochs: SHORT }, { ...options, norm: 'batch' });
      figures['loss after 4 epochs'] = learned.losses[SHORT - 1]!;
      figures['control: loss after 4 epochs with batch norm'] = leaking.losses[SHORT - 1]!;
      claim(figures['control: loss after 4 epochs with batch norm']).isBelow(figures['loss after 4 epochs'] - 0.1);
    });
}
