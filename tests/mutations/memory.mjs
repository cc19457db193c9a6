/** Changes to queues, memory banks, momentum copies, assignments and clusters. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const contrastive = (name) => `methods/image/contrastive/${name}.ts`;

export const mutations = [
  ...changesOf('methods/memory/queue.ts', [
    ['the queue does not wrap around', '.remainder(this.features.size(0))', '.clampMax(this.features.size(0) - 1)'],
    [
      'the queue starts with vectors of any length',
      'l2Normalize(ops.randn([capacity, size]))',
      'ops.randn([capacity, size])',
    ],
    [
      'a queue is full a row early',
      'this.pushed.item() >= this.features.size(0)',
      'this.pushed.item() >= this.features.size(0) - 1',
    ],
    ['the next batch overwrites the last row', 'this.pushed.add_(count)', 'this.pushed.add_(count - 1)'],
    [
      'the place in the queue is not saved',
      "this.pushed = this.buffer('pushed', ops.zeros([], { dtype: 'int64' }));",
      "this.pushed = ops.zeros([], { dtype: 'int64' });",
    ],
  ]),
  ...changesOf('methods/memory/queue.ts', [
    ['a queue is longer than the data', 'Math.min(capacity, Math.max(batch, count))', 'capacity'],
    [
      'images are noted a batch late',
      'this.images.indexCopy_(0, slots, images)',
      'this.images.indexCopy_(0, this.oldest(rows.size(0)), images)',
    ],
  ]),
  ...changesOf('methods/memory/memory-bank.ts', [
    ['a memory moves by the share that stays', '.lerp(rows, decay)', '.lerp(rows, 1 - decay)'],
    [
      'memories do not keep unit length',
      'l2Normalize(embeddings.to(rows.dtype).lerp(rows, decay))',
      'embeddings.to(rows.dtype).lerp(rows, decay)',
    ],
    ['memories start with positive numbers', 'drawn.sub(most)', 'drawn'],
    ['memories start twice as long', 'const most = Math.sqrt(3 / size);', 'const most = 2 * Math.sqrt(3 / size);'],
  ]),
  ...changesOf('methods/memory/history-pool.ts', [
    ['all samples are exchanged', '.lt(0.5)', '.lt(1)'],
    ['samples without a place are exchanged', 'isOld.logicalAnd(slots.lt(this.capacity))', 'isOld'],
    [
      'the pool is shown before it is full',
      'this.capacity === 0 || this.filled.item() < this.capacity',
      'this.capacity === 0',
    ],
    [
      'the old and the new are swapped',
      'this.maps.indexSelect(0, slots).to(samples.dtype), samples)',
      'samples, this.maps.indexSelect(0, slots).to(samples.dtype))',
    ],
    [
      'the pool keeps what was not exchanged',
      'const exchanged = isOld.nonzero().flatten();',
      'const exchanged = isOld.logicalNot().nonzero().flatten();',
    ],
    ['the free places are not used up', 'this.filled.add_(taken);', ''],
  ]),
  ...changesOf('methods/memory/scene-supply.ts', [
    ['scores are of scenes of the stock', 'if (isNew || this.stockSize === null)', 'if (this.stockSize === null)'],
    [
      'the same scenes come at every step',
      'return on(this.render(drawSeed(random), count), random);',
      'return on(this.render(STOCK_SEED, count), random);',
    ],
    ['the stock is rendered at every step', 'this.stock ??= kept(', 'this.stock = kept('],
  ]),
  ...changesOf('engine/autograd.ts', [
    ['targets have a graph', 'return noGrad(() => scope(body));', 'return scope(body);'],
  ]),
  ...changesOf('methods/targets/ema.ts', [
    [
      'the decay is the share that moves',
      'ops.foreachLerp_(moved, towards, 1 - decay)',
      'ops.foreachLerp_(moved, towards, decay)',
    ],
    ['a copy learns by gradient', 'copy.setRequiresGrad(false);', ''],
    ['a copy starts at weights of its own', 'copy.loadStateDict(original.stateDict());', ''],
    [
      'the decay falls',
      '1 - ((1 - start) * (Math.cos(Math.PI * share) + 1)) / 2',
      '1 - ((1 - start) * (1 - Math.cos(Math.PI * share))) / 2',
    ],
    ['the copy moves before the first step', 'if (step === 0) return 1;', ''],
    ['the decay is a step ahead', '(step - 1) / totalSteps', 'step / totalSteps'],
    [
      'networks that do not pair up are moved',
      'moved.length === towards.length && moved.every',
      'moved.length !== 1 && moved.every',
    ],
  ]),
  ...changesOf('methods/targets/sinkhorn.ts', [
    ['only samples are balanced', 'logQ = logQ.sub(logQ.logsumexp([0], true)); // every prototype the same', ''],
    ['scores are multiplied by epsilon', '.div(epsilon); // (N, K)', '.mul(epsilon); // (N, K)'],
    ['one round less', 'round < rounds', 'round < rounds - 1'],
    ['columns sum to 1', 'return logQ.softmax(1);', 'return logQ.softmax(0);'],
  ]),
  ...changesOf('methods/targets/step-mean.ts', [
    ['micro-batches weigh alike', 'mean.mul(count / total)', 'mean.div(parts.length)'],
  ]),
  ...changesOf('methods/targets/assignment.ts', [
    ['the rows of the columns are returned', 'columns[row] = BigInt(column)', 'columns[column] = BigInt(row)'],
  ]),
  ...changesOf('methods/clusters/k-means.ts', [
    ['centroids are sums', 'sums.div(counts.clampMin(1).unsqueeze(1))', 'sums'],
    ['empty clusters stay empty', 'return splitForEmpty(centroids, counts.toNumbers(), random);', 'return false;'],
    ['the product is counted once', '.mul(2)).minDim(1)', ').minDim(1)'],
    ['the length of a point is forgotten', 'least.add(block.square().sum([1])).clampMin(0)', 'least'],
    [
      'both halves of a cluster move the same way',
      'centroid.mul_(factor.neg().add(1));',
      'centroid.mul_(factor.add(1));',
    ],
    ['clusters of one are split', 'Math.max(0, count - 1)', 'count'],
    ['a start has the first points', 'order.narrow(0, 0, clusters)', 'order.sort()[0].narrow(0, 0, clusters)'],
    [
      'blocks overlap by a row',
      'points.narrow(0, part * rows, Math.min(rows, count - part * rows))',
      'points.narrow(0, Math.max(0, part * rows - part), Math.min(rows, count - part * rows))',
    ],
    ['k-means stops after a repair', '!isRepaired && next', 'next'],
  ]),
  ...changesOf('methods/clusters/pca.ts', [
    ['the smallest variances are kept', 'const start = found.length - kept;', 'const start = 0;'],
    ['points are not centered', 'block().sub(mean).matmul(projection)', 'block().matmul(projection)'],
    ['whitening divides by the variance', '.rsqrt()', '.reciprocal()'],
    ['the covariance has the divisor N - 1', 'return sum.div(count);', 'return sum.div(count - 1);'],
    ['directions without variance are whitened', 'const LEAST_VARIANCE = 1e-6;', 'const LEAST_VARIANCE = 0;'],
  ]),
  ...changesOf('methods/clusters/nmi.ts', [
    ['the information is divided by the mean entropy', 'Math.sqrt(entropyA * entropyB)', '((entropyA + entropyB) / 2)'],
    [
      'the joint entropy is added',
      'entropyA + entropyB - entropy(both, count)',
      'entropyA + entropyB + entropy(both, count)',
    ],
    ['a single label agrees with everything', 'return a.size === b.size ? 1 : 0;', 'return 1;'],
  ]),
  ...changesOf('methods/image/automatic-labels/cluster-labels.ts', [
    [
      'the first round agrees with arbitrary labels',
      'this.rounds.item() === 0 ? 0 :',
      'this.rounds.item() < 0 ? 0 :',
      ['src/methods/image/automatic-labels/deep-cluster.test.ts'],
    ],
    [
      'the largest share is that of the smallest cluster',
      'sizes.amax().item() / labels.numel',
      'sizes.amin().item() / labels.numel',
      ['src/methods/image/automatic-labels/deep-cluster.test.ts'],
    ],
    [
      'features of a block go to the first rows',
      'all.narrow(0, from, indices.length).copy_(rows);',
      'all.narrow(0, 0, indices.length).copy_(rows);',
      ['src/methods/image/automatic-labels/deep-cluster.test.ts'],
    ],
  ]),
  ...changesOf(contrastive('moco'), [
    [
      'the key encoder moves by the share that stays',
      '[this.backbone, this.projection], this.options.decay);',
      '[this.backbone, this.projection], 1 - this.options.decay);',
    ],
    [
      'the key backbone does not move',
      '[this.keyBackbone, this.keyProjection], [this.backbone, this.projection]',
      '[this.keyProjection], [this.projection]',
    ],
    [
      'only the first keys enter the queue',
      'for (const { keys, indices } of carries) for (const ofView of keys) this.queue.pushOf(ofView, indices);',
      'this.queue.pushOf(carries[0]!.keys[0]!, carries[0]!.indices);',
    ],
    [
      'earlier keys of the same image are negatives',
      'this.queue.features, this.temperature, isOwn)',
      'this.queue.features, this.temperature)',
    ],
    [
      'the key encoder is trained',
      'modules: [this.backbone, this.projection] }',
      'modules: [this.backbone, this.projection, this.keyProjection] }',
    ],
    ['keys are not shuffled', 'useShuffle ? order : null', 'null'],
  ]),
  ...changesOf(contrastive('byol'), [
    [
      'the target projection does not move',
      '[this.targetBackbone, this.targetProjection], [this.backbone, this.projection], decay',
      '[this.targetBackbone], [this.backbone], decay',
    ],
    [
      'the target has a constant decay',
      'const decay = risingDecay(this.options.decay, progress);',
      'const { decay } = this.options;',
    ],
  ]),
  ...changesOf(contrastive('dino'), [
    [
      'the teacher head does not move',
      '[this.teacherBackbone, this.teacherHead], [this.backbone, this.head], decay',
      '[this.teacherBackbone], [this.backbone], decay',
    ],
    [
      'the center is that of the student',
      'carry = { mean: answers.mean([0]), count }',
      'carry = { mean: scores.detach().mean([0]), count }',
    ],
  ]),
  ...changesOf(contrastive('i-jepa'), [
    [
      'the target follows along a cosine',
      "risingDecay(this.options.decay, progress, 'linear')",
      'risingDecay(this.options.decay, progress)',
    ],
  ]),
  ...changesOf(contrastive('nnclr'), [
    ['the queue takes predictions', 'embeddings: first.unit,', 'embeddings: first.p.detach(),'],
    ['the queue takes the second views', 'embeddings: first.unit,', 'embeddings: second.unit,'],
    [
      'an image is its own neighbor',
      'this.queue.isOf(indices).logicalOr(this.queue.isEmpty)',
      'this.queue.isOf(indices.sub(1000)).logicalOr(this.queue.isEmpty)',
    ],
    ['noise stands in for views', 'this.queue.isOf(indices).logicalOr(this.queue.isEmpty)', 'this.queue.isOf(indices)'],
  ]),
  ...changesOf(contrastive('swav'), [
    ['both queues take the first crops', 'queue.push(embeddings[i]!)', 'queue.push(embeddings[0]!)'],
    ['the queue is filled from the start', 'if (epoch < this.options.queueStartEpoch) return;', ''],
    [
      'prototypes have any length',
      'this.prototypes.weight.copy_(l2Normalize(this.prototypes.weight))',
      'this.prototypes.weight.copy_(this.prototypes.weight)',
    ],
    [
      'prototypes are normalized while frozen only',
      'step > this.options.frozenSteps',
      'step <= this.options.frozenSteps',
    ],
  ]),
  ...changesOf(contrastive('instance-discrimination'), [
    [
      'memories move to the embeddings of other images',
      'this.memory.update(labels, embeddings, this.options.decay)',
      'this.memory.update(labels.flip([0]), embeddings, this.options.decay)',
    ],
    ['memories have a graph', 'embeddings: embeddings.detach()', 'embeddings', ['tests/contract.test.ts']],
  ]),
  ...changesOf('methods/heads/norm-groups.ts', [
    ['results stay in the shuffled order', '.indexSelect(0, order.argsort())', ''],
    ['parts may have one sample', 'Math.floor(count / 2)', 'count'],
  ]),
];
