/**
 * CPC must find the patches further down among those of all images better than it could where there is nothing to know, and its features
 * must tell the classes apart better than the random network's. Control: images whose patches were exchanged with those of other images,
 * place by place. What batch norm in the encoder gives away is held beside it.
 */
import { findsPatchesFurtherOn } from './patches-further-on.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 8, batchSize: 16, learningRate: 3e-3 };

findsPatchesFurtherOn('cpc', TRAINING, {}, { hasLeak: true });
