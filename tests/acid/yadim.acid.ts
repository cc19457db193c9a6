/**
 * YADIM must learn to know the places of another view of an image, and from that to tell the classes apart. Control: the same with
 * the second view taken from another image, where there is nothing to know.
 */
import { learnsPlaces } from './places.js';

learnsPlaces('yadim', { backbone: 'resnet18', width: 8, epochs: 40, batchSize: 100, learningRate: 2e-3 });
