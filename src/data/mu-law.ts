import { scope, type Tensor } from '../engine/index.js';

/** The curve's bend, as in telephony and WaveNet. */
const MU = 255;

/**
 * Waveforms as bytes by the mu-law (ITU-T G.711's continuous form): quiet parts keep more of the 256 steps than loud ones.
 *
 * @param waves float in [-1, 1], any shape; values beyond are clipped
 * @returns uint8 of the same shape; 0 becomes 128
 */
export function encodeMuLaw(waves: Tensor): Tensor {
  return scope(() => {
    const clipped = waves.clamp(-1, 1);
    const bent = clipped.abs().mul(MU).log1p().div(Math.log1p(MU)).mul(clipped.sign());
    return bent.add(1).mul(127.5).round().clamp(0, 255).to('uint8');
  });
}

/** Back from bytes to float32 in [-1, 1]; within 1/127.5 of the bent value, so that loud samples may differ by 0.04. */
export function decodeMuLaw(bytes: Tensor): Tensor {
  return scope(() => {
    const bent = bytes.to('float32').div(127.5).sub(1);
    return bent.abs().mul(Math.log1p(MU)).expm1().div(MU).mul(bent.sign());
  });
}
