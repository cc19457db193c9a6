/**
 * S4L rotation with three labels per class of generated objects, beside training on the same labels alone. The control takes the question
 * away and leaves everything else: labeled objects in all four turns, batch statistics of both kinds of samples, and a second loss, whose
 * turns are drawn. Three times as long as the other peers, until nearly all turns are told.
 *
 * Everything is a mean over draws of labels and networks: of 30 labels one draw gains 2 points by the question, another 22.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { rotate90 } from '../../src/augment/index.js';
import { noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import type { PeerTrainer } from '../../src/evaluate/peers/peer-trainer.js';
import { plain, RECIPES, type Recipe } from '../../src/evaluate/peers/peers.js';
import { openPeerSetting, type PeerSetting, trained } from './peer-training.js';
import { claim, keepResult, SEED } from './support.js';

const STEPS = 900;
const DRAWS = 3;

let settings: PeerSetting[];
const figures: Record<string, number> = {};

beforeAll(async () => {
  settings = await Promise.all(Array.from({ length: DRAWS }, (_, draw) => openPeerSetting(DRAWS * SEED + draw)));
});

afterAll(() => keepResult('peers-rotation', figures));

const turned = (x: Tensor): Tensor => ops.cat([0, 1, 2, 3].map((turns) => rotate90(x, turns)));

/** The network is asked for a turn that was drawn, not for the one that was carried out. */
const drawnTurns: Recipe = {
  ...RECIPES['s4l-rotation'],
  loss({ network, labeled, labels, unlabeled, prepare, weak, random }) {
    const [own, rest] = [turned(labeled), turned(prepare(weak(unlabeled)))];
    const { classes, turns } = network.bothOf(ops.cat([own, rest]));
    const answers = ops.randint(0, 4, [turns.size(0)], { generator: random, dtype: 'int64' });
    return {
      labeled: ops.crossEntropy(classes.narrow(0, 0, own.size(0)), ops.cat([labels, labels, labels, labels])),
      added: ops.crossEntropy(turns, answers),
    };
  },
};

/** Share of the test samples, in all four turns, whose turn is told. */
function turnsTold({ sets: { test } }: PeerSetting, { network }: PeerTrainer<unknown>): number {
  return scope(() =>
    noGrad(() => {
      const { turns } = network.bothOf(turned(network.encoder.prepare(test.batch([...test.ids.keys()]) as never)));
      const truth = ops.arange(0, 4, 1, { dtype: 'int64' }).repeatInterleave(test.count);
      return turns.argmax(1).eq(truth).mean(null, false, { dtype: 'float32' }).item();
    }),
  );
}

/** Mean accuracy over the draws, and of the turns that are told where the network is asked for them. */
async function measured(recipe: Recipe): Promise<{ accuracy: number; turns: number }> {
  let [accuracy, turns] = [0, 0];
  for (const setting of settings)
    accuracy +=
      (await trained(setting, recipe, STEPS, (trainer) => {
        if (recipe.hasTurns) turns += turnsTold(setting, trainer) / DRAWS;
      })) / DRAWS;
  return { accuracy, turns };
}

it('S4L rotation gains on the labels; control: not with turns that were not carried out', async () => {
  const [alone, peer, control] = [
    await measured(plain),
    await measured(RECIPES['s4l-rotation']),
    await measured(drawnTurns),
  ];
  figures['labels alone'] = alone.accuracy;
  figures['s4l-rotation'] = peer.accuracy;
  figures['s4l-rotation: turns told'] = peer.turns;
  figures['control: s4l-rotation, drawn turns'] = control.accuracy;
  figures['control: turns told, drawn turns'] = control.turns;
  claim(peer.accuracy - alone.accuracy).isAbove(0.05);
  claim(control.accuracy).isBelow(peer.accuracy - 0.05);
});
