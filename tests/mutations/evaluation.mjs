/**
 * Changes to evaluation: choices, baselines, intervals, comparisons, protocols, what is watched and kept. See scripts/mutate.mjs. One list, since
 * `npm run mutate evaluation` takes all changes to a room by its name.
 */
import { changesOf } from './lib/changes.mjs';

const file = (name) => `evaluate/${name}.ts`;
const EVALUATE = ['src/evaluate/evaluate.test.ts', 'src/evaluate/evaluate-refusals.test.ts'];
const FINETUNE = ['src/evaluate/finetune.test.ts'];
const TASK = ['src/evaluate/task.test.ts'];
const SEGMENTATION = ['src/evaluate/tasks/segmentation.test.ts', 'src/evaluate/tasks/segmentation-figures.test.ts'];

export const mutations = [
  ...changesOf('evaluate/pretext.ts', [
    ['batches without a metric have one', 'if (value !== undefined) found.push(value);', 'found.push(value ?? 0);'],
  ]),
  ...changesOf(file('validation'), [
    [
      'the higher loss breaks ties',
      'return a.loss < b.loss;',
      'return a.loss > b.loss;',
      ['src/evaluate/validation.test.ts'],
    ],
    [
      'an error is better when it is higher',
      "better === 'higher' ? a.score > b.score",
      "better !== 'none' ? a.score > b.score",
      TASK,
    ],
    [
      'the last of equals is taken',
      'isBetter(row, winner, better) ? row : winner',
      'isBetter(winner, row, better) ? winner : row',
    ],
    ['a class with one sample is held out', 'members.length > 1);', 'members.length > 0);'],
    [
      'a tenth is held out',
      'stratifiedSplit(classes, { fraction: 1 / FOLDS, seed })',
      'stratifiedSplit(classes, { fraction: 1 / 10, seed })',
    ],
    ['many samples take turns', 'const HOLD_OUT_FROM = 1000;', 'const HOLD_OUT_FROM = 1e9;'],
    ['folds of small classes begin anew', 'foldOf[i] = next++ % FOLDS', 'foldOf[i] = members.indexOf(i) % FOLDS'],
    ['what is held out is also trained on', 'units.filter((i) => foldOf[i] !== fold)', 'units.filter(() => true)'],
    ['one training has no validation', 'return held.length > 0 ? {', 'return held.length > 9999 ? {'],
  ]),
  ...changesOf(file('examples'), [
    ['samples that ask nothing are shown', 'example.merit === null ? []', 'example.merit === -1 ? []'],
    ['the worst come first', 'b.merit - a.merit ||', 'a.merit - b.merit ||'],
    ['rows are those of other samples', 'const chosen = rows.map((row) => positions[row]!);', 'const chosen = rows;'],
  ]),
  ...changesOf(file('measuring'), [
    [
      'answers of every encoder are shown',
      "const isShown = kind === 'pretrained' && seed",
      "const isShown = kind !== 'supervised' && seed",
      ['src/evaluate/examples.test.ts'],
    ],
    [
      'a peer at chance is not told',
      'if (!isAboveChance(scoreOf(classification, answers), floor, answers.length))',
      'if (answers.length === 0)',
      ['src/evaluate/peers/train-peer.test.ts'],
    ],
  ]),
  ...changesOf(file('learner'), [
    ["the head's rate is the network's", 'learningRate * headFactor', 'learningRate * 1', FINETUNE],
    [
      'a whole network on maps has a calibrated head',
      "from === null || (part === 'all' && task.reads === 'map')",
      'from === null',
      ['src/evaluate/tasks/detection.test.ts'],
    ],
  ]),
  ...changesOf('backbones/statistics.ts', [
    ['batches of statistics count alike', 'this.#count += count;', 'count = 16;\n    this.#count += count;'],
    [
      'the variance between batches of statistics is lost',
      '+ count * mean ** 2;',
      '+ count * (this.#sums[i]! / this.#count) ** 2;',
    ],
  ]),
  ...changesOf(file('baselines'), [
    [
      'the weaker random network is kept',
      "task.better === 'higher' ? score > best.score",
      "task.better === 'higher' ? score < best.score",
    ],
    [
      'the first random network is kept',
      'const isBest = best === null ||',
      'const isBest = best === null || score > 9 &&',
    ],
    ['batch norms are always estimated', "start.batchNorm === 'as made'", "start.batchNorm === ('never' as string)"],
    [
      'only the own initialization is tried',
      "(['ordinary', \"the method's own\"] as const)",
      '(["the method\'s own", "the method\'s own"] as const)',
    ],
    [
      'only the ordinary initialization is tried',
      "const isOrdinary = start.initialization === 'ordinary';",
      'const isOrdinary = true;',
    ],
    ['the halves are learnt from and scored alike', 'half(order.slice(middle))]', 'half(order.slice(0, middle))]'],
    [
      'the halves are in the order of the data',
      'const order = shuffledPositions(data.count);',
      'const order = Int32Array.from(data.ids.keys());',
    ],
    [
      'samples without a label are scored',
      'filter((position) => targets?.isKnown(position) === true)',
      'filter(() => targets !== null)',
    ],
    [
      'the fixed initialization looks at the first samples',
      'drawPart(seen.count, looked)',
      'Int32Array.from({ length: Math.min(looked, seen.count) }, (_, i) => i)',
    ],
    [
      'the fixed initialization has no batch statistics',
      '  reestimateBatchNorm(backbone, preparedBatches(encoder, data, batchSize));\n  return encoder;',
      '  return encoder;',
    ],
    [
      'the last batch is left out of the statistics',
      'of evenParts(seen.count, batchSize))',
      'of evenParts(seen.count, batchSize).slice(0, -1))',
    ],
    [
      'batch statistics are read in the order of the data',
      'const order = shuffledPositions(seen.count);',
      'const order = Int32Array.from({ length: seen.count }, (_, i) => i);',
    ],
    [
      'supervised training follows no seed',
      'const network = makeFresh(request.seed);',
      'const network = makeFresh(0);',
    ],
    [
      'supervised training starts from the given encoder',
      "network, from: null, part: 'all' }",
      "network, from: network, part: 'head' }",
    ],
  ]),
  ...changesOf(file('intervals'), [
    ['the interval of a share is normal', 'const weight = 1 + Z ** 2 / n;', 'const weight = 1;'],
    [
      'shares have no interval of their own',
      'if (isCounted) intervals[score]',
      'if (isCounted && values.length < 0) intervals[score]',
    ],
    ['the variance is that of the population', 'n > 1 ? squares / (n - 1) : 0', 'n > 1 ? squares / n : 0'],
    ['an interval is one deviation of single values', 'Math.sqrt(variance / values.length)', 'Math.sqrt(variance)'],
    [
      'groups are in the order of the samples',
      'groupOf[position] = rank % groups',
      'groupOf[rank] = rank % groups',
      EVALUATE,
      'any groups serve where the samples are in no order, as in the tests',
    ],
    [
      'all answers are looked at for each group',
      'if (sums === undefined) return',
      'if (answers.length > 0) return',
      SEGMENTATION,
    ],
    ['the group is left in', 'groupOf[i] === group', 'groupOf[i] !== group', SEGMENTATION],
    [
      'pseudo-values are those of what is left out',
      'groups * whole[name]! - (groups - 1) * others[name]!',
      'others[name]!',
    ],
  ]),
  ...changesOf(file('comparison'), [
    ['the samples are not paired', 'value - b.values[i]!)', 'value - b.values[(i + 1) % b.values.length]!)'],
    [
      'seeds are not paired',
      'others.find(({ seed }) => seed === measured.seed)',
      'others.find(({ seed }) => seed >= 0)',
    ],
    ['the scatter of single answers counts twice', 'ofSeeds + ofSamples - shared);', 'ofSeeds + ofSamples);'],
    ['the seeds are left aside', 'Math.max(ofSeeds, ofSamples, ofSeeds + ofSamples - shared)', 'Math.max(ofSamples)'],
    ['the samples are left aside', 'Math.max(ofSeeds, ofSamples, ofSeeds + ofSamples - shared)', 'Math.max(ofSeeds)'],
    [
      'degrees of freedom are those of the samples',
      'df: spread > 0 ? variance ** 2 / spread : Math.max(1, samples - 1),',
      'df: samples - 1,',
    ],
    [
      'a difference without scatter is sure',
      'error > 0 ? twoSidedP(mean / error, df) : 1',
      'error > 0 ? twoSidedP(mean / error, df) : 0',
    ],
    ['comparisons share no error rate', '(found.length - rank)', '(found.length - rank > 0 ? 1 : 1)'],
    ['all comparisons have the first level', '(found.length - rank)', 'found.length'],
    ['what comes after a failure is shown', 'isShown = p < 1 - level;', 'isShown = true; void p;'],
    ['less is better everywhere', "difference > 0 === (better === 'higher')", 'difference < 0'],
    [
      'what is not shown has a verdict',
      'isShown ? verdictOf(mean, better) : VERDICT_NONE',
      'isShown || mean !== 0 ? verdictOf(mean, better) : VERDICT_NONE',
    ],
    [
      'training from scratch is compared with no line',
      "[line.protocol, 'supervised'].includes(protocol)",
      'line.protocol === protocol',
    ],
    [
      'a baseline that leads is compared with nothing',
      "...(leader === 'pretrained' ? [] :",
      '...(leader !== undefined ? [] :',
    ],
  ]),
  ...changesOf(file('table'), [
    [
      'the higher mean is the best',
      'const best = metric === score.metric ? leaderOf([...figures.keys()], compared) : null;',
      'const best = [...figures].sort(([, a], [, b]) => b.mean - a.mean)[0]![0];',
    ],
    [
      'better than one is better than all',
      'encoders.every((other) => other === one || beats(one, other))',
      'encoders.some((other) => beats(one, other))',
    ],
    [
      'what cannot be shown is a loss',
      "encoder === 'pretrained' && verdict === 'worse');\n  if (losses",
      "encoder === 'pretrained' && verdict !== 'better');\n  if (losses",
    ],
    ['one seed is not told', 'seeds === 1);', 'seeds === 0);'],
    ['shares are not in percent', 'isShare ? (100 * value).toFixed(1)', 'isShare ? value.toFixed(1)'],
    ['more than all right is asked for', 'if (threshold < 1) return', 'if (threshold < 9) return'],
  ]),
  ...changesOf(file('result'), [
    [
      'the deviation is that of the population',
      'Math.sqrt(squares / (n - 1))',
      'Math.sqrt(squares / n)',
      ['src/evaluate/table.test.ts'],
    ],
    ['figures of two kinds are averaged', 'task, metric, labels])', 'task, labels])', ['src/evaluate/table.test.ts']],
  ]),
  ...changesOf(file('frozen-features'), [
    [
      'features of all training samples are read',
      'union([reference, ...cells.map(({ chosen }) => chosen)])',
      'Int32Array.from(train.data.ids.keys())',
      EVALUATE,
      'costs time only: no figure changes',
    ],
    [
      'test features are those of training samples',
      "held.push(await read(test.data, 'test features'));",
      "held.push(await read(train.data.subset(test.data.ids.map((_, i) => i % train.data.count)), 'test features'));",
      EVALUATE,
    ],
  ]),
  ...changesOf(file('subject'), [
    ['the encoder may change', 'if (fingerprint(backbone) !== before)', 'if (before.length === 0)', EVALUATE],
    ['a run and an encoder are given', '(run !== undefined && encoder !== undefined)', 'run === null', EVALUATE],
    ['seeds may be negative', 'Number.isSafeInteger(seed) && seed >= 0', 'Number.isSafeInteger(seed)', EVALUATE],
  ]),
  ...changesOf(file('measuring'), [
    [
      'a random network is fine-tuned whole',
      "protocols.filter((protocol) => protocol !== 'finetune')",
      'protocols.filter(() => true)',
      EVALUATE,
    ],
    [
      'every seed has the labels of the first',
      'cells.filter((cell) => cell.seed === seed)',
      'cells.filter((cell) => cell.seed === seeds[0])',
      EVALUATE,
    ],
    [
      'a training that diverges ends everything',
      "if (!(error instanceof AutodidactError) || error.code !== 'DIVERGED') throw error;",
      'throw error;',
      EVALUATE,
    ],
    [
      'a short budget is not told',
      'const warning = await work();',
      'await work();\n      const warning = null;',
      EVALUATE,
    ],
    ['what is no number is a row', 'if (!Number.isFinite(value)) {', 'if (value === null) {', TASK],
    [
      'notes come twice',
      'if (!this.notes.includes(sentence)) this.notes.push(sentence);',
      'this.notes.push(sentence);',
      EVALUATE,
    ],
    [
      'a stop is noticed at the end',
      '          checkStopped(this.options.signal);\n',
      '',
      EVALUATE,
      'every further piece of work checks the signal itself',
    ],
  ]),
  ...changesOf(file('setting'), [
    [
      'test samples without a label score',
      'filter((position) => known.targets.isKnown(position))',
      'filter(() => known.targets.count > 0)',
      EVALUATE,
    ],
    [
      'labels of the test data are matched by position',
      'task.match?.(known.targets, train.targets, known.data.name) ?? known.targets',
      'known.targets',
      EVALUATE,
    ],
    ['notes on the data are left out', ', ...(task.review?.(train.targets, test.targets) ?? [])];', '];', EVALUATE],
    [
      'amounts that were short are not told',
      'if (note !== null && !notes.includes(note)) notes.push(note);',
      '',
      EVALUATE,
    ],
  ]),
  ...changesOf(file('label-amounts'), [
    [
      'too little is rounded up',
      'if (short.length > 0 && short.length === groups.length) throw',
      'if (short.length > 9999) throw',
    ],
    [
      'a short class gives nothing',
      'const whole = budget.fraction === undefined ? short.flatMap(([, members]) => [...members]) : [];',
      'const whole: number[] = [];',
    ],
    ['1 means all', "typeof amount === 'number' || text.includes('.')", "typeof amount === 'number' || text !== ''"],
    ['percents are shares', 'Number(percent[1]) / 100', 'Number(percent[1])'],
  ]),
  ...changesOf(file('knn'), [
    [
      'every neighbor counts alike',
      '    .div(options.temperature)\n    .exp();',
      '    .div(options.temperature)\n    .mul(0)\n    .exp();',
    ],
    [
      'the length of features counts',
      'const memory = normalized(train.features).t();',
      'const memory = train.features.t();',
    ],
    ['far neighbors vote', 'similarities.topk(options.k, 1)', 'similarities.neg().topk(options.k, 1)'],
    ['small sets have 200 neighbors', 'trainCount >= 10_000 ? 200 : 20', 'trainCount >= 10 ? 200 : 20'],
    ['features that are no numbers vote', "  checkFeatures(test.features, 'test');\n", ''],
  ]),
  ...changesOf(file('linear'), [
    [
      'the test set standardizes',
      'const scale = form.scaling(train.features);',
      'const scale = form.scaling(test.features);',
    ],
    [
      'the first penalty is taken',
      'bestOf(validation, task.better)?.l2 ?? DEFAULT_L2',
      'validation[0]?.l2 ?? DEFAULT_L2',
    ],
    [
      'penalties are judged by what they were fitted to',
      '[part(fold.kept), part(fold.held)]',
      '[part(fold.kept), part(fold.kept)]',
    ],
    [
      'the reference is left aside',
      'standardization(reference ?? train)',
      'standardization(train)',
      [...EVALUATE, 'src/evaluate/linear.test.ts'],
    ],
    ['features that are no numbers are fitted', 'form.check(features, name);', ''],
    ['references that are no numbers are fitted', "checkFeatures(reference, 'reference');", ';'],
    [
      'samples are answered by the first ones',
      'features : form.at(features, positions)',
      'features : form.at(features, all.subarray(0, positions.length))',
      [...EVALUATE, 'src/evaluate/fit-sparse.test.ts'],
    ],
    ['scores of folds are added', 'score: row.score / scored', 'score: row.score'],
  ]),
  ...changesOf(file('logistic'), [
    ['biases are penalized', 'biasSlope.div(count)) };', 'biasSlope.div(count).add(bias, { alpha: l2 })) };'],
    [
      'a dimension without variance is blown up',
      'ops.where(isVarying, std.reciprocal(), ops.zerosLike(std))',
      'std.clampMin(1e-12).reciprocal()',
    ],
    ['weights of rows are left aside', '(share === null ? values : values.mul(share))', 'values'],
    ['the last part of the rows is left out', 'Math.ceil(count / length) }', 'Math.floor(count / length) }'],
    ['the curvature is not told', '{ tolerance, maxIterations, preconditioner }', '{ tolerance, maxIterations }'],
    ['the curvature has no penalty', 'moments.add(penalty)', 'moments.add(penalty.mul(100))'],
    ['the span of the rows is not turned back', 'basis === null ? found : found.mm(basis.t())', 'found'],
  ]),
  ...changesOf(file('lbfgs'), [
    [
      'the gradient alone leads',
      'remember(pairs, difference(found.x, x), difference(found.gradient, gradient), history);',
      '',
    ],
    [
      'any lower place will do',
      '    if (isFlat(place, start)) return place;\n    if (place.slope >= 0)',
      '    if (place.value < start.value) return place;\n    if (place.slope >= 0)',
    ],
    ['the preconditioner is asked once', 'due = Math.max(FIRST_RENEWAL, 2 * iterations);', 'due = -1;'],
    ['its factor is not found out', '1 / (newest.rho * dot(newest.y, precondition(newest.y)))', '1'],
    ['a fit never pauses', '    yield;\n', '', ['src/evaluate/steps.test.ts']],
  ]),
  ...changesOf(file('steps'), [
    ['tensors of paused work stay', '    scope.close();\n', ''],
    ['work that is given up is not ended', '    scope.enter(() => void steps.return(undefined as never));\n', ''],
    ['a stop is not looked for', '      checkStopped(signal);\n', ''],
  ]),
  ...changesOf(file('finetune'), [
    [
      'the lowest rate is tried alone',
      'for (const learningRate of learningRates)\n',
      'for (const learningRate of learningRates.slice(0, 1))\n',
    ],
    ['weight decay is not searched', 'if (weightDecay !== decay) await', 'if (weightDecay < 0) await'],
    [
      'the first candidate is taken',
      'const found = bestOf(this.validation, this.request.task.better);',
      'const found = this.validation[0] ?? null;',
    ],
    [
      'the test set chooses',
      'await this.learner.train(kept, held, training)',
      'await this.learner.train(kept, kept, training)',
    ],
    [
      'the final training leaves the held-out samples aside',
      'const all = allOf(this.request.train.data.count);',
      'const all = this.split?.kept ?? allOf(this.request.train.data.count);',
    ],
    ['the budget is in steps alone', 'Math.max(steps, Math.ceil(epochs * perEpoch))', 'Math.max(steps, 0 * perEpoch)'],
    ['the length is never doubled', 'const isRising = await this.lengthen();', 'const isRising = false;'],
    [
      'the cap is not kept',
      'if (this.spent + 2 * length > this.settings.mostSteps) return true;',
      'if (this.spent > 50 * this.settings.mostSteps) return true;',
    ],
    ['a rising validation is not told', 'isRising ? warning : null', 'isRising && false ? warning : null'],
    ['a search takes the whole cap', '2 * trials)', 'trials)'],
    [
      'passes are counted over kept samples',
      '/ train.data.count;\n    const measures',
      '/ (split?.kept.length ?? train.data.count);\n    const measures',
    ],
    ['the head alone has the rates of a network', "part === 'head' ? HEAD_FACTOR : 1", "part === 'head' ? 1 : 1"],
  ]),
  ...changesOf(file('learner'), [
    [
      'what is frozen is in training mode',
      '    this.backbone.eval();\n    for (const module of this.trained) module.train();',
      '    this.backbone.train();\n    for (const module of this.trained) module.train();',
      FINETUNE,
    ],
    [
      'everything is trained',
      '    this.backbone.setRequiresGrad(false);\n',
      '',
      FINETUNE,
      'the optimizer has the trained parts alone; the others only gather gradients',
    ],
    ['trainings go on from the one before', '    this.backbone.loadStateDict(this.start);\n', '', FINETUNE],
    ['the head keeps what it learnt', '    this.head.reset(random);\n', '', FINETUNE],
    ['features are not centered', '        this.mean.copy_(rows.mean(0));\n', '', FINETUNE],
    [
      'a training goes on without improvement',
      'if (step - best.steps >= this.settings.patience * interval) return best;',
      '',
      FINETUNE,
    ],
    [
      'the last look is taken',
      'if (best === null || isBetter(look, best, task.better)) best = look;',
      'best = look;',
      FINETUNE,
    ],
    ['the rate stays', 'optimizer.scaleLearningRate(schedule(step));', '', FINETUNE],
    [
      'nothing is augmented',
      'return { ...unchanged, samples: this.augment(samples, random) };',
      'return unchanged;',
      FINETUNE,
    ],
    [
      'the loss that is no number trains on',
      'if (!Number.isFinite(this.step(positions, optimizer, random))) return null;',
      'this.step(positions, optimizer, random);',
      FINETUNE,
    ],
  ]),
  ...changesOf(file('features'), [
    ['features are read in training mode', '    backbone.eval();\n    for (let from', '    for (let from'],
    ['a change of the network is overlooked', 'if (fingerprint(backbone) !== before)', 'if (before.length === 0)'],
    ['the modes stay', '    restoreModes();\n', ''],
    ['weights that are no numbers are used', '  checkWeights(backbone);\n', ''],
    ['features that are no numbers are given', 'if (bad !== null)', 'if (bad === -1)'],
    [
      'samples of another form are read',
      'const seen = seenFor(task, encoder, dataset);',
      'const seen = dataset.seenBy(encoder.spec) ?? dataset;',
    ],
    ['a stop is not looked for', '      checkStopped(signal);\n', ''],
  ]),
  ...changesOf(file('monitor'), [
    [
      'what is scored is in the bank too',
      '[data.subset(side(true)), data.subset(side(false))]',
      '[data.subset(side(true)), data.subset(order)]',
    ],
    [
      'the samples are evenly spaced',
      'const drawn = drawPart(data.count, MOST_WATCHED);',
      'const drawn = Int32Array.from({ length: Math.min(data.count, SCORED + BANK) }, (_, i) => Math.floor((i * data.count) / Math.min(data.count, SCORED + BANK)));',
    ],
    [
      'the parts are in the order of the data',
      'shuffledPositions(drawn.length).map((rank) => drawn[rank]!)',
      'drawn.map((position) => position)',
    ],
    [
      'both views are one',
      'return { spec, backbone, preparation, prepare: (samples) => encoder.prepare(views(samples, random)) };',
      'return { spec, backbone, preparation, prepare: (samples) => encoder.prepare(views(samples, new Generator(VIEW_SEED))) };',
    ],
    ['unlabeled samples are scored', 'filter((i) => labels[i]! >= 0)', 'filter((i) => labels[i]! >= -1)'],
    [
      'views differ each time',
      'const random = new Generator(VIEW_SEED);',
      'const random = new Generator(Math.floor(Math.random() * 1e9));',
    ],
  ]),
  ...changesOf(file('scores'), [
    ['alignment is of distances', '.vectorNorm(2, 1).pow(alpha).mean()', '.vectorNorm(2, 1).mean()'],
    ['a row is a pair with itself', 'potentials.diagonal(from).zero_();', ''],
    ['the rank is of eigenvalues', 'clampMin(0).sqrt().toNumbers()', 'clampMin(0).toNumbers()'],
    ['a view finds any view', 'nearest.filter((row, i) => row === i)', 'nearest.filter((row) => row >= 0)'],
  ]),
  ...changesOf(file('records'), [
    [
      'an evaluation replaces all others',
      'const earlier = readOrSetAside(path);',
      'const earlier = readOrSetAside(path).slice(0, 0);',
    ],
    ['a repetition is added', 'earlier.filter((other) => !isSame(other))', 'earlier'],
    [
      'other data are a repetition',
      'return JSON.parse(JSON.stringify({ encoder, prints, task, options }));',
      'return JSON.parse(JSON.stringify({ encoder, task, options })); void prints;',
    ],
    ['any encoder is the present one', 'result.encoder === present,', 'result.encoder !== null,'],
    ['a damaged file is lost', 'renameSync(path, ', 'String('],
  ]),
  ...changesOf(file('tasks/classification'), [
    [
      'chance is one class among all',
      'Math.max(...known) / known.reduce((sum, count) => sum + count, 0)',
      '1 / known.length',
    ],
    ['one class can be learnt', 'if (taught.length < 2)', 'if (taught.length < 0)', EVALUATE],
    ['a missing class is not told', '...(unasked.length > 0', '...(unasked.length > 99', EVALUATE],
    ['a class that was not taught is not told', '...(untaught.length > 0', '...(untaught.length > 99', EVALUATE],
    ['a single sample is not told', '...(single.length > 0', '...(single.length > 99', EVALUATE],
    [
      'classes are matched by position',
      'match: (test, { classes }, name) => test.numberedBy(classes, name),',
      'match: (test) => test,',
      EVALUATE,
    ],
  ]),
];
