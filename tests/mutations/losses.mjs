/**
 * Changes to losses, and to which terms of them a method takes. See scripts/mutate.mjs. One list, since
 * `npm run mutate losses` takes all changes to a room by its name.
 */
import { changesOf } from './lib/changes.mjs';

const losses = (name) => `methods/losses/${name}.ts`;
const contrastive = (name) => `methods/image/contrastive/${name}.ts`;
const generative = (name) => `methods/image/generative/${name}.ts`;
const labels = (name) => `methods/image/automatic-labels/${name}.ts`;
export const mutations = [
  ...changesOf(losses('nt-xent'), [
    [
      'a row may be its own partner',
      '.maskedFill(ops.eye(2 * count, { dtype: ',
      '.maskedFill(ops.zeros([2 * count, 2 * count], { dtype: ',
    ],
    ['the partner is the next row', 'places.add(count)', 'places.add(1)'],
    [
      'similarities are multiplied by the temperature',
      'z.matmul(z.t()).div(temperature)',
      'z.matmul(z.t()).mul(temperature)',
    ],
    ['rows are scaled to a sum of 1', 'vectorNorm(2, [1], true)', 'vectorNorm(1, [1], true)'],
  ]),
  ...changesOf(losses('info-nce'), [
    [
      'the positive stands last',
      '[positive, counted]',
      '[counted, positive]',
      ['src/methods/image/contrastive/moco.test.ts'],
    ],
    [
      'queries keep their length',
      "const q = l2Normalize(queries.to('float32'));",
      "const q = queries.to('float32');",
      ['src/methods/image/contrastive/moco.test.ts'],
    ],
  ]),
  ...changesOf(losses('cosine'), [
    ['the first rows keep their length', "    l2Normalize(first.to('float32'))\n", "    first.to('float32')\n"],
    [
      'the matrix is transposed',
      'return l2Normalize(first).matmul(l2Normalize(second).t());',
      'return l2Normalize(second).matmul(l2Normalize(first).t());',
    ],
  ]),
  ...changesOf(losses('direction-spread'), [
    ['the spread has the divisor N - 1', 'correction: 0', 'correction: 1'],
    ['the spread is not multiplied by sqrt(d)', 'Math.sqrt(z.size(1))', '1'],
  ]),
  ...changesOf(losses('geometry-losses'), [
    ['the error of depth is not halved', 'squares.sub(common).mean().div(2)', 'squares.sub(common).mean()'],
    [
      'a common factor of the batch is free, not one of each image',
      'difference.mean([1]).square()',
      'difference.mean().square()',
    ],
    [
      'normals should point the other way',
      'ops.cosineSimilarity(predicted, truth, 1).neg().add(1)',
      'ops.cosineSimilarity(predicted, truth, 1).add(1)',
    ],
    [
      'contours weigh by their own share',
      'positives.neg().add(y.size(1)).div(positives.clampMin(1))',
      'positives.div(positives.neg().add(y.size(1)))',
    ],
    ['images without contours count', 'positives.ge(Math.max(1, fewest))', 'positives.ge(0)'],
    ['the mean of contours is over all images', '.div(counts.sum().clampMin(1))', '.div(counts.numel)'],
  ]),
  ...changesOf(losses('clipped-nce'), [
    [
      'places of the own image are negatives, too',
      'scores.maskedFill(isOwn, -Infinity).flatten(1)',
      'scores.flatten(1)',
    ],
    ['products are not divided by sqrt(d)', '.div(Math.sqrt(size)).view(', '.view('],
    ['the penalty is on clipped scores', 'penalty: raw.square()', 'penalty: scores.square()'],
    ['the penalty is ten times as large', 'const PENALTY = 0.05;', 'const PENALTY = 0.5;'],
    ['only the first row of places is drawn from', 'draws.mul(height * width)', 'draws.mul(width)'],
  ]),
  ...changesOf(losses('map-contrast'), [
    [
      'losses of both directions are added',
      'loss: total(({ loss }) => loss).mul(0.5)',
      'loss: total(({ loss }) => loss)',
      ['src/methods/image/contrastive/amdim.test.ts'],
    ],
    [
      'the penalty counts twice',
      'penalty: total(({ penalty }) => penalty).mul(0.5)',
      'penalty: total(({ penalty }) => penalty)',
      ['src/methods/image/contrastive/amdim.test.ts'],
    ],
  ]),
  ...changesOf(losses('grid-nce'), [
    [
      'predictions of the last rows are asked about',
      'predictions.narrow(2, 0, rows)',
      'predictions.narrow(2, offset, rows)',
    ],
    ['the target is the own row', '.narrow(1, offset, height - offset)', '.narrow(1, 0, height - offset)'],
    [
      'losses are added up',
      'sum(losses).div(parts.length)',
      'sum(losses)',
      ['src/methods/losses/grid-nce.test.ts', 'src/methods/image/contrastive/cpc.test.ts'],
    ],
  ]),
  ...changesOf(losses('swapped-prediction'), [
    ['a crop predicts its own target', 'predicted.filter((_, v) => v !== i)', 'predicted'],
  ]),
  ...changesOf(losses('off-diagonal'), [
    ['the diagonal stays', "'bool', device: matrix.device }), 0)", "'bool', device: matrix.device }), 1)"],
  ]),
  ...changesOf(losses('adversarial'), [
    [
      'the discriminator pays the sum',
      'return realAsReal.add(madeAsMade).div(2);',
      'return realAsReal.add(madeAsMade);',
    ],
    [
      'the generator wants to be recognized',
      'ops.binaryCrossEntropyWithLogits(logits, ops.onesLike(logits))',
      'ops.binaryCrossEntropyWithLogits(logits, ops.zerosLike(logits))',
    ],
  ]),
  ...changesOf(losses('image-quality'), [
    [
      'red and blue of the luma are swapped',
      '[65.481 / 255, 128.553 / 255, 24.966 / 255]',
      '[24.966 / 255, 128.553 / 255, 65.481 / 255]',
    ],
    ["SSIM's window is wider", 'const SSIM_SIGMA = 1.5;', 'const SSIM_SIGMA = 1.6;'],
    ['covariance is not centered', 'mxy.sub(mx.mul(my))', 'mxy'],
    ['the border is cut on one side', 'height - 2 * border', 'height - border'],
    ['decibels are of amplitudes', '.mul(-10 / Math.LN10)', '.mul(-20 / Math.LN10)'],
  ]),
  ...changesOf(contrastive('barlow-twins'), [
    [
      'correlations have the divisor N - 1',
      '.matmul(standardize(second)).div(first.size(0))',
      '.matmul(standardize(second)).div(first.size(0) - 1)',
    ],
    ['the diagonal should vanish, too', 'correlation.diagonal().sub(1).square()', 'correlation.diagonal().square()'],
    ['redundancy counts the diagonal', 'offDiagonal(correlation).square().sum()', 'correlation.square().sum()'],
  ]),
  ...changesOf(contrastive('vicreg'), [
    ['covariances have the divisor N', 'products.div(count - 1)', 'products.div(count)'],
    [
      'large deviations pay, too',
      'deviations.neg().add(gamma).relu().mean()',
      'deviations.neg().add(gamma).abs().mean()',
    ],
    [
      'the covariance is not divided by d',
      'offDiagonal(covariances).square().sum().div(size)',
      'offDiagonal(covariances).square().sum()',
    ],
    [
      'the variance terms of both views are added',
      'one.variance.add(two.variance).div(2)',
      'one.variance.add(two.variance)',
    ],
  ]),
  ...changesOf(contrastive('byol'), [
    [
      'a view predicts its own target',
      'cosineDistance(one.prediction, target2)',
      'cosineDistance(one.prediction, target1)',
    ],
    ['the distance is 1 - cos', '.mul(-2).add(2)', '.mul(-1).add(1)'],
    [
      'the target is the online network',
      'return this.targetProjection.forward(this.targetBackbone.features(images));',
      'return this.projection.forward(this.backbone.features(images));',
    ],
  ]),
  ...changesOf(contrastive('simsiam'), [
    [
      'gradients enter the target',
      '(this.options.useStopGradient ? z.detach() : z)',
      '(this.options.useStopGradient ? z : z)',
    ],
    [
      'the prediction is compared with its own embedding',
      'negativeCosine(one.p, target(two.z))',
      'negativeCosine(one.p, target(one.z))',
    ],
    ['the cosine is to shrink', 'cosines(p, z).mean().neg()', 'cosines(p, z).mean()'],
  ]),
  ...changesOf(contrastive('swav'), [
    [
      'the assignments are those of the queue',
      'shared.narrow(0, all.size(0) - scores.size(0), scores.size(0))',
      'shared.narrow(0, 0, scores.size(0))',
    ],
    [
      'the second large crop is assigned with the queue of the first',
      'this.queues[index] : undefined',
      'this.queues[0] : undefined',
    ],
    [
      'scores are multiplied by the temperature',
      'score.div(this.options.temperature)',
      'score.mul(this.options.temperature)',
    ],
    [
      'prototypes stay frozen',
      'progress.step < this.options.frozenSteps ?',
      'progress.step >= this.options.frozenSteps ?',
    ],
    ['a queue that is not full is used', 'queue?.isFull ?', 'queue !== undefined ?'],
  ]),
  ...changesOf(contrastive('dino'), [
    ['the center is added', 'answers.sub(this.center)', 'answers.add(this.center)'],
    [
      "the teacher has the student's temperature",
      '.div(teacherTemperature).softmax(1)',
      '.div(this.options.studentTemperature).softmax(1)',
    ],
    ['the center moves by its decay', '1 - this.options.centerDecay', 'this.options.centerDecay'],
    [
      'the last layer is frozen after the first epochs',
      'epoch < this.options.frozenEpochs',
      'epoch >= this.options.frozenEpochs',
    ],
  ]),
  ...changesOf(contrastive('instance-discrimination'), [
    ['the odds of noise are turned around', 'Math.log(negatives / count)', 'Math.log(count / negatives)'],
    ['negatives count as the mean', '.softplus().sum([1])', '.softplus().mean([1])'],
    ['Z lacks the factor n', '.exp().mean().mul(this.count)', '.exp().mean()'],
    [
      'Z follows every step',
      'ops.where(this.logNormalizer.isnan(), estimate.log(), this.logNormalizer)',
      'estimate.log()',
    ],
  ]),
  ...changesOf(contrastive('nnclr'), [
    [
      'the friend of a view meets the prediction of the same view',
      'contrast(first.friend, second.p,',
      'contrast(first.friend, first.p,',
    ],
    [
      'the farthest stands in for a view',
      'unit.matmul(known.t()).maskedFill(isLeftOut, -Infinity)',
      'unit.matmul(known.t()).neg().maskedFill(isLeftOut, -Infinity)',
    ],
    ['both directions are added', 'one.loss.add(two.loss).div(2)', 'one.loss.add(two.loss)'],
  ]),
  ...changesOf(contrastive('moco'), [
    [
      'keys have a graph',
      'const keys = withoutGraph(ofKeys);',
      'const keys = ofKeys();',
      ['src/methods/image/contrastive/moco.test.ts'],
      'the key encoder asks for no gradient and images carry none: there is no graph to cut',
    ],
    [
      'the symmetric loss meets the same view twice',
      'this.contrast(second, first, isOwn, order)',
      'this.contrast(first, second, isOwn, order)',
    ],
    [
      'the keys are of the query encoder',
      'this.keyProjection.forward(this.keyBackbone.features(part))',
      'this.projection.forward(this.backbone.features(part))',
    ],
  ]),
  ...changesOf(contrastive('i-jepa'), [
    [
      'targets are not normalized',
      "return ops.layerNorm(tokens.narrow(1, 1, tokens.size(1) - 1).to('float32'), [encoder.featureSize]);",
      "return tokens.narrow(1, 1, tokens.size(1) - 1).to('float32');",
    ],
    [
      'the class token is the first target',
      'tokens.narrow(1, 1, tokens.size(1) - 1)',
      'tokens.narrow(1, 0, tokens.size(1) - 1)',
    ],
  ]),
  ...changesOf(contrastive('cpc-v2'), [
    [
      'predictions are not scaled',
      '.mul(this.options.scale), targets',
      ', targets',
      ['src/methods/image/contrastive/cpc.test.ts'],
    ],
    [
      'every side is read from the top',
      'context.forward(turned(vectors, SIDES[i]!))',
      'context.forward(turned(vectors, SIDES[0]!))',
      ['src/methods/image/contrastive/cpc.test.ts'],
    ],
  ]),
  ...changesOf(contrastive('grid-method'), [
    [
      'a row that overlaps is predicted',
      'ignoredRows + 1 + i',
      'ignoredRows + i',
      ['src/methods/image/contrastive/cpc.test.ts'],
    ],
  ]),
  ...changesOf('methods/sound/cpc-sound.ts', [
    [
      'every step predicts the next vector',
      'gridNce(layer.forward(context), z, k + 1)',
      'gridNce(layer.forward(context), z, 1)',
    ],
  ]),
  ...changesOf(generative('mae'), [
    [
      'visible patches pay, too',
      'takeTokens(this.targets(views.images), views.hidden)',
      'takeTokens(this.targets(views.images), views.seen.narrow(1, 0, 1).expand(views.hidden.shape))',
    ],
  ]),
  ...changesOf('methods/targets/standardized.ts', [
    [
      'the deviation of a patch has the divisor P',
      'patches.var([2], { correction: 1, keepdim: true })',
      'patches.var([2], { correction: 0, keepdim: true })',
      ['src/methods/image/generative/mae.test.ts'],
    ],
  ]),
  ...changesOf(generative('context-encoder'), [
    ['a batch of one is taken', 'smallestBatch: 2,', 'smallestBatch: 1,'],
    ['the error is a mean over the whole image', '.div(hole.sum().mul(this.spec.channels))', '.div(squares.numel)'],
    [
      'the adversarial share is the rest',
      'reconstruction.mul(1 - share).add(adversarial.mul(share))',
      'reconstruction.mul(share).add(adversarial.mul(1 - share))',
    ],
    [
      'the hole counts tenfold, not its edge',
      'hole.logicalNot().mul(OVERLAP_WEIGHT).add(hole)',
      'hole.mul(OVERLAP_WEIGHT).add(hole.logicalNot())',
    ],
  ]),
  ...changesOf(generative('bigan'), [
    [
      'the generator helps the discriminator',
      'discriminatorLoss(generated, encoded)',
      'discriminatorLoss(encoded, generated)',
    ],
    ['codes are uniform in [0, 1]', '.mul(2).sub(1);\n  }\n\n  /** E(x)', ';\n  }\n\n  /** E(x)'],
  ]),
  ...changesOf(generative('big-bigan'), [
    ['the generator helps the discriminator', 'x.mean().sub(g.mean())', 'g.mean().sub(x.mean())'],
    ['the deviation is not positive', 'deviation: raw.softplus()', 'deviation: raw'],
    ['codes are not drawn', 'mean.add(deviation.mul(noise))', 'mean'],
    ['codes are uniform', 'ops.randn([count, this.options.codeSize]', 'ops.rand([count, this.options.codeSize]'],
    [
      'the discriminator sees every other pixel',
      'ops.avgPool2d(images, shrink)',
      'images.slice(2, 0, null, shrink).slice(3, 0, null, shrink)',
    ],
    [
      'pairs have a score where only images and codes should',
      "unary: ['image', 'code']",
      "unary: ['image', 'code', 'joint']",
    ],
  ]),
  ...changesOf('networks/score-discriminator.ts', [
    ['pairs are judged by images alone', 'ops.cat([ofImages, ofCodes], 1)', 'ops.cat([ofImages, ofCodes.mul(0)], 1)'],
    ['codes are scored by the pair', 'score(this.codeScore, ofCodes)', 'score(this.codeScore, ofPairs)'],
  ]),
  ...changesOf('networks/residual-mlp.ts', [
    [
      'only the first layer is normalized',
      'useSpectralNorm ? new',
      'useSpectralNorm && inputs !== width ? new',
      ['src/networks/score-discriminator.test.ts'],
    ],
  ]),
  ...changesOf(
    'engine/nn/norm.ts',
    [['one value per channel has a variance', 'if (x.numel === x.size(1))', 'if (x.numel === 0)']],
    ['src/engine/nn/module.test.ts'],
  ),
  ...changesOf('engine/nn/spectral-norm.ts', [
    ['weights are multiplied by the singular value', '.div(this.sigma())', '.mul(this.sigma())'],
    ['the power iteration stands still', 'if (this.isTraining) noGrad(', 'if (!this.isTraining) noGrad('],
    ['the singular value has no gradient', 'return u.dot(product);', 'return u.dot(product).detach();'],
  ]),
  ...changesOf('methods/losses/triplet.ts', [
    ['the negative is the own positive', 'p.roll([-1], [0])', 'p.roll([0], [0])'],
    ['the margin stands on the wrong side', '.add(margin)', '.sub(margin)'],
    ['vectors keep their length', '[l2Normalize(anchors), l2Normalize(positives)]', '[anchors, positives]'],
  ]),
  ...changesOf('methods/image/multi-task/multi-task.ts', [
    ['the last task alone counts', 'losses.reduce((sum, loss) => sum.add(loss))', 'losses.at(-1)!'],
    [
      'all tasks read the mixture of the first',
      'this.backbone.pyramid(inputs, this.backbone.layers), place)',
      'this.backbone.pyramid(inputs, this.backbone.layers), 0)',
      ['src/methods/image/multi-task/multi-task.test.ts'],
    ],
    ['the lasso costs nothing', 'losses.push(this.mixer.penalty().mul(this.options.sparsity))', 'this.mixer.penalty()'],
  ]),
  ...changesOf('methods/image/multi-task/inputs.ts', [
    [
      'harmonized patches are on another scale',
      'ofPatches: lightnessOf,',
      'ofPatches: (patches) => lightnessOf(patches).mul(2),',
      ['tests/wiring.test.ts'],
    ],
    [
      'patches keep their colors',
      "channels === 1 ? 'none' : 'drop'",
      "'none'",
      ['src/methods/image/multi-task/multi-task.test.ts'],
    ],
  ]),
  ...changesOf('networks/layer-mixer.ts', [
    [
      'weights keep their size',
      'this.weights.div(this.weights.vectorNorm(2, [1], true).clampMin(1e-12))',
      'this.weights.mul(1)',
    ],
    [
      'large maps are cut, not averaged',
      'ops.adaptiveAvgPool2d(map, [height, width])',
      'map.slice(2, 0, height).slice(3, 0, width)',
    ],
    ['signs hide weights', 'this.shares().abs().sum()', 'this.shares().sum()'],
  ]),
  ...changesOf(generative('colorization'), [
    [
      'the colors are counted on every n-th image',
      'Array.from(drawPart(count, PRIOR_IMAGES))',
      'Array.from({ length: Math.min(count, PRIOR_IMAGES) }, (_, i) => i * Math.max(1, Math.floor(count / PRIOR_IMAGES)))',
    ],
    ['rebalancing changes the value', 'weighted.add(plain.sub(weighted).detach())', 'weighted'],
    ['gray images count', 'perPixel.mean([1, 2]).mul(shares).sum()', 'perPixel.mean()'],
  ]),
  ...changesOf(generative('color-proxy'), [
    [
      'hues count alike',
      'hueWeights: at(chroma).mul(hueWeight)',
      'hueWeights: at(chroma.gt(-1).to("float32")).mul(hueWeight)',
    ],
    ['the gray value is no part of the hypercolumn', '[gray, ...maps]', '[gray.mul(0), ...maps]'],
    ['chromas count alike', '.clamp(0, FULL_WEIGHT).div(FULL_WEIGHT)', '.clamp(1, 1)'],
    ['predicted chroma is compared with the hue', 'paid(chroma, views.chromas,', 'paid(chroma, views.hues,'],
  ]),
  ...changesOf('methods/targets/hue-chroma.ts', [
    ['histograms reach half as far below as above', 'ops.arange(-reach, reach + 1,', 'ops.arange(-reach - 1, reach,'],
    ['gray pixels keep a hue', 'hue.maskedFill(chroma.eq(0), 0)', 'hue'],
    ['colors do not fade', '.div(FULL_RESULTANT).clampMax(1)', '.clampMin(1)'],
    [
      'places are columns and rows',
      'places.select(2, 0).mul(maps.size(3)).add(places.select(2, 1))',
      'places.select(2, 1).mul(maps.size(3)).add(places.select(2, 0))',
    ],
  ]),
  ...changesOf('methods/losses/divergence.ts', [
    [
      'the divergence has the wrong direction',
      'ops.klDiv(logits.logSoftmax(-1), shares, REDUCTION.none)',
      'ops.klDiv(shares.clampMin(1e-9).log(), logits.softmax(-1), REDUCTION.none)',
    ],
    [
      'the blind answer is the plain mean',
      'shares.mul(weights.unsqueeze(2)).sum([0, 1]).div(weights.sum().clampMin(1e-12))',
      'shares.mean([0, 1])',
    ],
  ]),
  ...changesOf('networks/hypercolumns.ts', [
    ['places are corners of pixels', '.add(0.5)', '.add(0)'],
    ['rows and columns are swapped', '[along(1, width), along(0, height)]', '[along(0, height), along(1, width)]'],
  ]),
  ...changesOf('augment/hue.ts', [
    ['the circle goes only half round', '.mul_(1 / 6);', '.mul_(1 / 12);'],
    ['channels have their share over half the width', '.mul_(-6).add_(2)', '.mul_(-12).add_(2)'],
  ]),
  ...changesOf('methods/targets/color-bins.ts', [
    [
      'soft bins are twice as wide',
      'distances.square().div(-2 * sigma ** 2)',
      'distances.square().div(-4 * sigma ** 2)',
    ],
    ['the farthest bins share a color', 'topk(k, 1, false, true)', 'topk(k, 1, true, true)'],
    ['frequent colors weigh more', 'mixture.reciprocal()', 'mixture'],
    [
      'the temperature is applied the wrong way round',
      ".to('float32').div(temperature).softmax(1)",
      ".to('float32').mul(temperature).softmax(1)",
    ],
    ['each bin receives a mass of 1', 'kernel.div(kernel.sum(0, true))', 'kernel.div(kernel.sum(1, true))'],
  ]),
  ...changesOf('methods/targets/channel-codings.ts', [
    ['a value belongs to the nearest edge of bins', '      .floor()\n', '      .round()\n'],
    ['bins are decoded by their lower edge', '.add(0.5).mul(width)', '.mul(width)'],
    ['the regression is not halved', '.square().sum(1).mul(0.5)', '.square().sum(1)'],
  ]),
  ...changesOf(generative('super-resolution'), [
    [
      'the discriminator sees images made from its own truth',
      'both([truth, output], (images)',
      'both([output, truth], (images)',
    ],
    [
      'the content loss has the weight of the other',
      'content.mul(contentWeight).add(adversarial.mul(adversarialWeight))',
      'content.mul(adversarialWeight).add(adversarial.mul(contentWeight))',
    ],
  ]),
  ...changesOf('networks/content-network.ts', [
    ['the distance is not relative', '.div(wanted.square().mean().clampMin(1e-12))', ''],
    ['an encoder with weights that are no numbers is taken', '      checkWeights(content.network);\n', ''],
    ['the content network learns', 'network.setRequiresGrad(false);', ''],
    ['the encoder sees pixels by the data at hand', '{ ...data, ...pixels }', 'data'],
    [
      'an encoder with more than a mean and a deviation is taken',
      'std !== undefined && note === undefined',
      'std !== undefined',
    ],
  ]),
  ...changesOf('backbones/statistics.ts', [
    ['a look moves the statistics', 'norm.running_mean = running_mean.clone();', ''],
    ['statistics are lost after a look', 'Object.assign(norm, own[i]);', ''],
  ]),
  ...['bigan', 'big-bigan'].flatMap((name) =>
    changesOf(generative(name), [
      [
        `the metric of ${name} moves the statistics of its generator`,
        'withoutStatistics(this.generator, () => noGrad(() =>',
        '((_: unknown, body: () => Tensor) => body())(this.generator, () => noGrad(() =>',
      ],
    ]),
  ),
  ...changesOf(labels('deeper-cluster'), [
    ['all super-classes weigh alike', '.mul(truth.numel / images.size(0))', '.div(parts.length)'],
    ['the super-class forgets the rotation', '.mul(ROTATIONS).add(drawn.to(rows.device))', '.mul(ROTATIONS)'],
  ]),
  ...changesOf(labels('local-aggregation'), [
    ['the background is the farthest memories', 'topk(most, 1, true, false)', 'topk(most, 1, false, false)'],
    [
      'images are close that share all clusterings',
      '(any, isClose) => any.logicalOr(isClose)',
      '(any, isClose) => any.logicalAnd(isClose)',
    ],
    ['the share is over the batch', 'logits.softmax(1).mul(isClose)', 'logits.softmax(0).mul(isClose)'],
  ]),
  ...changesOf(labels('noise-as-targets'), [
    ['targets are traded for the farthest', 'assign(similarity.neg())', 'assign(similarity)'],
    [
      'targets are traded in every epoch but the due one',
      'progress.epoch % assignEvery === 0',
      'progress.epoch % assignEvery !== 0',
    ],
  ]),
  ...changesOf(labels('synthetic-imagery'), [
    [
      'the discriminator takes rendered maps for real',
      'discriminatorLoss(logits[1], logits[0])',
      'discriminatorLoss(logits[0], logits[1])',
    ],
    [
      'depth and normals swap their weights',
      'depth.mul(depthWeight).add(normals.mul(normalWeight))',
      'depth.mul(normalWeight).add(normals.mul(depthWeight))',
    ],
  ]),
  ...changesOf('methods/image/patches/counting.ts', [
    ['the margin is on the own image', 'other.rsub(margin).relu()', 'own.rsub(margin).relu()'],
    ['three quarters are counted', 'ofQuarters.sum([0])', 'ofQuarters.narrow(0, 0, 3).sum([0])'],
    ['large distances pay', 'other.rsub(margin).relu()', 'other.sub(margin).relu()'],
  ]),
  ...changesOf('methods/image/geometric/rotation.ts', [
    ['labels are in the order of images', 'labels.repeatInterleave(images.size(0))', 'labels.repeat([images.size(0)])'],
  ]),
  ...changesOf('methods/image/geometric/egomotion.ts', [
    ['the losses are averaged', '.mul(degrees.length);', ';'],
    ['both frames are the first', 'maps.split(first.size(0), 0)', 'Array(2).fill(maps.narrow(0, 0, first.size(0)))'],
    ['all degrees of freedom share their labels', 'labels.select(1, d))] as const', 'labels.select(1, 0))] as const'],
  ]),
];
