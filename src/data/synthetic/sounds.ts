import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';

/** Samples per second of the generated sounds. */
export const SAMPLE_RATE = 8000;

/** A timbre: where its spectrum has its peaks, in Hz, and which harmonics it has. */
interface Timbre {
  name: string;
  formants: readonly (readonly [center: number, width: number])[];
  /** Share of the even harmonics; a closed pipe has almost none. */
  even: number;
  /** How fast a note dies away, in halvings per note. */
  decay: number;
}

/** The classes of the generated set, by label: voices and instruments that differ in timbre alone. */
const TIMBRES: readonly Timbre[] = [
  {
    name: 'a',
    formants: [
      [750, 150],
      [1150, 200],
    ],
    even: 1,
    decay: 0,
  },
  {
    name: 'i',
    formants: [
      [300, 100],
      [2300, 300],
    ],
    even: 1,
    decay: 0,
  },
  {
    name: 'u',
    formants: [
      [320, 100],
      [800, 150],
    ],
    even: 1,
    decay: 0,
  },
  {
    name: 'e',
    formants: [
      [450, 120],
      [1900, 250],
    ],
    even: 1,
    decay: 0,
  },
  { name: 'reed', formants: [[500, 900]], even: 0.05, decay: 0.5 },
  { name: 'string', formants: [[600, 1600]], even: 1, decay: 2 },
  { name: 'flute', formants: [[200, 350]], even: 0.4, decay: 0.3 },
  {
    name: 'bell',
    formants: [
      [1800, 500],
      [3000, 400],
    ],
    even: 0.5,
    decay: 4,
  },
];

export const SOUND_CLASSES: readonly string[] = TIMBRES.map(({ name }) => name);

const HARMONICS = 24;
const HIGHEST = 3800;
const NOTES = 4;
/** Of 16 bits. */
const LOUDEST = 32_767;

/**
 * Makes `rounds` sounds of every class, interleaved: sound i has the timbre i mod 8. Each is four notes of random pitch (90 to 360
 * Hz) and loudness with a little vibrato and noise, so that nothing but the timbre gives the class away.
 *
 * @param length samples of each sound
 * @returns int16 (8 rounds, length)
 */
export function makeSounds(rounds: number, length: number, random: Generator): Tensor {
  return noGrad(() =>
    scope(() => {
      const sounds = TIMBRES.map((timbre) => scope(() => play(timbre, rounds, length, random)));
      return ops.stack(sounds, 1).flatten(0, 1).clamp(-1, 1).mul(LOUDEST).round().to('int16');
    }),
  );
}

/** (count, length), hardly beyond [-1, 1]. */
function play({ formants, even, decay }: Timbre, count: number, length: number, random: Generator): Tensor {
  const uniform = (low: number, high: number, shape: readonly number[]): Tensor =>
    ops
      .rand(shape, { generator: random })
      .mul(high - low)
      .add(low);
  const perNote = Math.ceil(length / NOTES);
  const ofNotes = (values: Tensor): Tensor => values.repeatInterleave(perNote, 1).narrow(1, 0, length);
  const time = ops.arange(0, length, 1, { dtype: 'float32' }).unsqueeze(0); // (1, L) in samples

  const pitch = ofNotes(uniform(Math.log(90), Math.log(360), [count, NOTES]).exp()); // Hz
  const vibrato = time
    .mul((2 * Math.PI) / SAMPLE_RATE)
    .mul(uniform(3, 7, [count, 1]))
    .add(uniform(0, 2 * Math.PI, [count, 1]))
    .sin();
  const frequency = pitch.mul(vibrato.mul(uniform(0, 0.01, [count, 1])).add(1)); // (N, L)
  const phase = frequency.mul((2 * Math.PI) / SAMPLE_RATE).cumsum(1);

  const numbers = tensor(Float32Array.from({ length: HARMONICS }, (_, i) => i + 1)).view([1, HARMONICS, 1]);
  const height = frequency.unsqueeze(1).mul(numbers); // (N, H, L) in Hz
  const peaks = formants.map(([center, width]) => height.sub(center).div(width).square().neg().exp());
  const parity = tensor(Float32Array.from({ length: HARMONICS }, (_, i) => (i % 2 === 0 ? 1 : even)));
  const strength = peaks
    .reduce((sum, peak) => sum.add(peak))
    .add(0.02)
    .mul(height.lt(HIGHEST))
    .mul(parity.view([1, HARMONICS, 1]));
  const tone = phase.unsqueeze(1).mul(numbers).sin().mul(strength).sum(1); // (N, L)

  const within = time.remainder(perNote).div(perNote); // 0 to 1 within each note
  const envelope = within
    .mul(-decay * Math.LN2)
    .exp()
    .mul(within.mul(40).clampMax(1))
    .mul(within.neg().add(1).mul(40).clampMax(1));
  const loud = tone.mul(envelope).mul(ofNotes(uniform(0.5, 1, [count, NOTES])));
  const level = uniform(0.3, 0.9, [count, 1]);
  const noise = ops.randn([count, length], { generator: random }).mul(uniform(0.002, 0.02, [count, 1]));
  return loud
    .div(loud.abs().amax([1], true).clampMin(1e-6))
    .mul(level)
    .add(noise);
}
