import { Prng } from '../prng.js';

/**
 * What stands where in a generated scene, as plain numbers. World coordinates in meters: x to the right, y up, z ahead; the
 * ground is y = 0 and the camera stands above the origin.
 */
export interface SceneLayout {
  camera: Camera;
  /** The ground and the two walls of a corner. */
  planes: readonly Body[];
  /** Object i has the value i + 1 in the instance mask. */
  objects: readonly SceneObject[];
  light: Light;
  sensor: Sensor;
}

/** A pinhole camera without roll, whose principal point is the center of the image. */
export interface Camera {
  /** Focal length as a share of the image's side. */
  focal: number;
  /** Meters above the ground. */
  height: number;
  /** How far it looks down, in radians. */
  pitch: number;
}

/** A box or a body of revolution: |x|, |y|, |z| <= 1 after moving, turning about the vertical and scaling. */
export interface Body {
  center: Triple;
  half: Triple;
  /** Turn about the vertical in radians. */
  yaw: number;
  texture: Texture;
}

export interface SceneObject extends Body {
  /** Index into `SCENE_CLASSES`. */
  label: number;
}

/**
 * Two colors and where each shows. A point at (x, y, z) meters in the body's axes has the coordinates f p + o; the weights choose
 * between blocks, stripes and clouds of them.
 */
export interface Texture {
  colors: readonly [Triple, Triple];
  weights: Triple;
  frequency: Triple;
  offset: Triple;
}

/** A distant lamp and the light from everywhere. */
export interface Light {
  /** Unit vector towards the lamp. */
  towards: Triple;
  strength: number;
  ambient: number;
}

/** What the camera makes of the light: v + curve v (1 - v) after the cast, then blur and noise. */
export interface Sensor {
  /** Factors on red, green and blue. */
  cast: Triple;
  curve: number;
  /** Share of the mean over 3 x 3 pixels. */
  blur: number;
  /** Standard deviation in [0, 1]. */
  noise: number;
  noiseSeed: number;
}

export type Triple = readonly [number, number, number];

/** How scenes look: plainly colored and clean, or muted, clouded, noisy and of another contrast. */
export type SceneLook = 'synthetic' | 'real-like';

/** The classes of the objects, by label. */
export const SCENE_CLASSES = ['box', 'sphere', 'cylinder', 'cone'] as const;

/** The most objects that a scene may have. */
export const MOST_OBJECTS = 12;

const PLACING_TRIALS = 30;
/** Least distance in meters between two objects, and between an object and a wall. */
const CLEARANCE = 0.15;

/** Scene `index` of the series `seed`: the same on every machine, whatever else is drawn. */
export function layOut(seed: number, index: number, mostObjects: number, look: SceneLook): SceneLayout {
  const draw = new Draw(new Prng(seed, index));
  const camera = { focal: draw.between(0.95, 1.25), height: draw.between(1, 1.9), pitch: draw.between(0.15, 0.42) };
  const walls = [draw.between(-0.95, -0.25), draw.between(0.25, 0.95)].map((yaw) => ({
    yaw,
    distance: draw.between(5, 8),
  }));
  const planes: Body[] = [
    { center: [0, 0, 0], half: [1, 1, 1], yaw: 0, texture: drawTexture(draw, look, 1.2) },
    // The wall's normal is its own z axis, as a box's is of its far side.
    ...walls.map(({ yaw, distance }): Body => {
      const center: Triple = [distance * Math.sin(yaw), 0, distance * Math.cos(yaw)];
      return { center, half: [1, 1, 1], yaw, texture: drawTexture(draw, look, 0.8) };
    }),
  ];
  const wanted = 1 + draw.below(mostObjects);
  const objects: SceneObject[] = [];
  for (let trial = 0; objects.length < wanted && trial < wanted * PLACING_TRIALS; trial++) {
    const object = drawObject(draw, look, objects.length === 0 ? 0.45 : 0.95, camera);
    const [x, , z] = object.center;
    const isClear = walls.every(({ yaw, distance }) => {
      return x * Math.sin(yaw) + z * Math.cos(yaw) + reach(object) + CLEARANCE < distance;
    });
    const isFree = objects.every((other) => {
      const gap = Math.hypot(x - other.center[0], z - other.center[2]) - reach(object) - reach(other);
      return gap > CLEARANCE;
    });
    // One object at least is in sight, or hidden by another.
    const isShown = objects.length > 0 || isInView(object, camera);
    if (isClear && isFree && isShown) objects.push(object);
  }
  return { camera, planes, objects, light: drawLight(draw, look), sensor: drawSensor(draw, look) };
}

/** Radius of the circle on the ground that holds the object. */
function reach({ label, half }: SceneObject): number {
  return label === 0 ? Math.hypot(half[0], half[2]) : half[0];
}

/** Whether the object's middle is neither above nor below the image. */
function isInView({ center: [, y, z] }: SceneObject, { focal, height, pitch }: Camera): boolean {
  const [c, s] = [Math.cos(pitch), Math.sin(pitch)];
  const below = (height - y) * c - z * s;
  const ahead = (height - y) * s + z * c;
  return Math.abs((focal * below) / ahead) < 0.45;
}

/** An object on the ground, within this share of the half field of view to either side. */
function drawObject(draw: Draw, look: SceneLook, spread: number, { focal }: Camera): SceneObject {
  const label = draw.below(SCENE_CLASSES.length);
  const wide = draw.between(0.22, 0.55);
  const tall = draw.between(0.25, 0.75);
  const deep = draw.between(0.22, 0.55);
  const yaw = draw.between(0, 2 * Math.PI);
  const z = draw.between(2.2, 5.5);
  const x = (draw.between(-spread, spread) * z) / (2 * focal);
  const half: Triple = label === 0 ? [wide, tall, deep] : label === 1 ? [wide, wide, wide] : [wide, tall, wide];
  return { label, center: [x, half[1], z], half, yaw, texture: drawTexture(draw, look, 3) };
}

function drawTexture(draw: Draw, look: SceneLook, scale: number): Texture {
  const frequency: Triple = [
    scale * draw.between(0.6, 1.6),
    scale * draw.between(0.6, 1.6),
    scale * draw.between(0.6, 1.6),
  ];
  const offset: Triple = [draw.between(0, 8), draw.between(0, 8), draw.between(0, 8)];
  const kind = draw.below(4);
  if (look === 'synthetic') {
    const color = draw.color(0.25, 0.95);
    const contrast = draw.between(0.55, 0.8);
    const colors = [color, draw.share() < 0.5 ? scaled(color, contrast) : draw.color(0.25, 0.95)] as const;
    // Half of the bodies are plain.
    const weights: Triple = [kind === 0 ? 1 : 0, kind === 1 ? 1 : 0, 0];
    return { colors, weights, frequency, offset };
  }
  const gray = draw.between(0.35, 0.85);
  const tint = (): Triple => {
    const value = gray * draw.between(0.6, 1.25);
    return [value * draw.between(0.8, 1.2), value * draw.between(0.85, 1.1), value * draw.between(0.7, 1.1)];
  };
  const blocks = kind === 0 ? 0.35 : 0;
  return { colors: [tint(), tint()], weights: [blocks, 0, 1 - blocks], frequency: scaled(frequency, 1.6), offset };
}

function drawLight(draw: Draw, look: SceneLook): Light {
  const elevation = draw.between(0.6, 1.25);
  // Behind the camera or beside it: the walls stand ahead.
  const azimuth = Math.PI + draw.between(-1.7, 1.7);
  const [across, up] = [Math.cos(elevation), Math.sin(elevation)];
  const towards: Triple = [across * Math.sin(azimuth), up, across * Math.cos(azimuth)];
  const isReal = look === 'real-like';
  return {
    towards,
    strength: isReal ? draw.between(0.35, 0.85) : draw.between(0.7, 0.85),
    ambient: isReal ? draw.between(0.3, 0.5) : draw.between(0.28, 0.36),
  };
}

function drawSensor(draw: Draw, look: SceneLook): Sensor {
  const noiseSeed = draw.below(2 ** 32);
  if (look === 'synthetic') return { cast: [1, 1, 1], curve: 0, blur: 0, noise: 0, noiseSeed };
  const cast: Triple = [draw.between(0.9, 1.1), 1, draw.between(0.85, 1.1)];
  return {
    cast,
    curve: draw.between(-0.25, 0.6),
    blur: draw.between(0.3, 0.9),
    noise: draw.between(0.02, 0.05),
    noiseSeed,
  };
}

function scaled([a, b, c]: Triple, factor: number): Triple {
  return [a * factor, b * factor, c * factor];
}

/** Draws from one scene's stream. */
class Draw {
  constructor(private readonly prng: Prng) {}

  share(): number {
    return this.prng.uniform();
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.prng.uniform();
  }

  below(count: number): number {
    return this.prng.below(count);
  }

  color(low: number, high: number): Triple {
    return [this.between(low, high), this.between(low, high), this.between(low, high)];
  }
}
