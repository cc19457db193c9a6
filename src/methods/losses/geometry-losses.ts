import { ops, scope, type Tensor } from '../../engine/index.js';

/**
 * The scale-invariant error of depth, with d = predicted - true logarithms of depth, both (N, 1, H, W):
 * 1/2 (mean d^2 - lambda (mean d)^2) for each image, averaged over the images. With lambda = 1 a common factor on an image's
 * depths costs nothing; 1/2 is the authors' choice, 0 the plain squared error.
 *
 * Eigen, Puhrsch, Fergus, "Depth Map Prediction from a Single Image using a Multi-Scale Deep Network", NIPS 2014, equation 4.
 */
export function scaleInvariantLoss(predicted: Tensor, truth: Tensor, lambda: number): Tensor {
  return scope(() => {
    const difference = predicted.sub(truth).flatten(1); // (N, H W)
    const squares = difference.square().mean([1]);
    const common = difference.mean([1]).square().mul(lambda);
    return squares.sub(common).mean().div(2);
  });
}

/** 1 - cosine of the angle between predicted vectors of any length and true unit normals, (N, 3, H, W), averaged over the pixels. */
export function normalLoss(predicted: Tensor, truth: Tensor): Tensor {
  return scope(() => ops.cosineSimilarity(predicted, truth, 1).neg().add(1).mean());
}

/** The mean angle between the same in degrees. */
export function normalAngle(predicted: Tensor, truth: Tensor): Tensor {
  return scope(() => {
    const cosines = ops.cosineSimilarity(predicted, truth, 1).clamp(-1, 1);
    return cosines
      .acos()
      .mean()
      .mul(180 / Math.PI);
  });
}

/** The fewest contour pixels that an image of this side needs, for the 350 at 256 pixels of Ren and Lee's code: lines grow with the side. */
export function fewestContourPixels(side: number): number {
  return Math.round((350 * side) / 256);
}

/**
 * Binary cross-entropy of contours from logits and a map of zeros and ones, both (N, 1, H, W), where the few contour pixels weigh as
 * much as all others of their image: the factor on them is negatives / positives. Images with fewer than `fewest` contour pixels do
 * not count; without any other, the loss is 0.
 */
export function contourLoss(logits: Tensor, truth: Tensor, fewest: number): Tensor {
  return scope(() => {
    const [x, y] = [logits.flatten(1), truth.flatten(1).to('float32')];
    const positives = y.sum([1]);
    const counts = positives.ge(Math.max(1, fewest)).to('float32'); // (N)
    const weight = positives.neg().add(y.size(1)).div(positives.clampMin(1)).unsqueeze(1);
    const ofContour = x.neg().softplus().mul(y).mul(weight);
    const ofRest = x.softplus().mul(y.neg().add(1));
    const perImage = ofContour.add(ofRest).mean([1]);
    return perImage.mul(counts).sum().div(counts.sum().clampMin(1));
  });
}
