/** Videos of textured sprites that move over a textured ground, with everything known: flow, tracks, masks, joints, boxes. */
import { Prng } from '../prng.js';
import { cameraPath, fromPicture, type Pose, placed, spritePath, toPicture } from './sprite-motion.js';
import {
  labelsMotion,
  MOTION_CLASSES,
  SPRITE_SHAPES,
  type SpriteOptions,
  type SpriteShape,
  spriteLabel,
} from './sprite-options.js';
import { figureParts, SHAPES, type SpritePart } from './sprite-parts.js';
import {
  brightTexture,
  groundPalette,
  groundTexture,
  plainTexture,
  quadrantTexture,
  sampleTexture,
  type Texture,
} from './sprite-texture.js';

/** Points of each sprite that are followed. */
export const TRACKED_POINTS = 8;

/** A part of a sprite at work: what it looks like, and where it is in each frame. */
interface Part extends SpritePart {
  sprite: number;
  texture: Texture;
  /** World coordinates; not wrapped on a torus. */
  poses: readonly Pose[];
}

/** A point that stays on a part, in the part's coordinates. */
interface Anchor {
  part: number;
  u: number;
  v: number;
}

/** A frame with the part that each pixel shows. */
interface Painted {
  /** uint8 (H, W, 3). */
  pixels: Uint8Array;
  /** Per pixel: 1 + number of the part, 0 for the ground. */
  owners: Int16Array;
}

/**
 * One generated video, the same for the same options, seed and index. It is described when it is made, and painted frame by frame when
 * asked: any frame at any time. Coordinates are pixels, x to the right and y down; (0, 0) is the picture's upper left corner.
 */
export class SpriteVideo {
  /** Index into `spriteClasses(options)`. */
  readonly label: number;
  private readonly ground: Texture;
  private readonly parts: Part[] = [];
  private readonly camera: Pose[];
  private readonly points: Anchor[] = [];
  private readonly hinges: Anchor[] = [];
  private readonly painted = new Map<number, Painted>();
  /** The ground that a camera at rest sees. */
  private still: Float32Array | null = null;

  /** @param index of the video in its data set; classes take turns */
  constructor(
    readonly options: SpriteOptions,
    seed: number,
    index: number,
  ) {
    const { size, sprites, look, ground, scale } = options;
    const random = new Prng(seed, index);
    this.label = spriteLabel(options, index);
    // What is not the class is drawn, also where the class does not need it: the rest of the video is the same then.
    const drawn = { shape: random.below(SPRITE_SHAPES.length), motion: random.below(MOTION_CLASSES.length) };
    const isMotion = labelsMotion(options);
    const motion = MOTION_CLASSES[isMotion && options.motion === 'classes' ? this.label : drawn.motion]!;
    const anyShape = SPRITE_SHAPES[isMotion ? drawn.shape : index % SPRITE_SHAPES.length]!;
    const shape: SpriteShape = options.shape === 'any' ? anyShape : options.shape;
    const palette = groundPalette(random);
    const textured = look === 'quadrants' ? quadrantTexture(4, size, random) : groundTexture(size, palette, random);
    this.ground = ground === 'plain' && look !== 'quadrants' ? plainTexture(palette[0]) : textured;
    this.camera = cameraPath(options, random);
    const diameter = scale * size;
    for (let sprite = 0; sprite < sprites; sprite++) {
      const poses = spritePath(options, motion, shape === 'figure', random);
      const texture = (): Texture => {
        const texels = Math.max(8, Math.round(diameter));
        if (look === 'background') return groundTexture(size, palette, random);
        return look === 'quadrants' ? quadrantTexture(2, 2 * texels, random) : brightTexture(texels, random);
      };
      const first = this.parts.length;
      const parts = shape === 'figure' ? figureParts(options, random) : [SHAPES[shape]];
      for (const { joints, poses: own, ...part } of parts) {
        const placedPoses = poses.map((pose, t) =>
          placed({ ...pose, scale: (pose.scale * diameter) / 2 }, own?.[t] ?? REST),
        );
        this.parts.push({ ...part, joints, sprite, texture: texture(), poses: placedPoses });
        for (const [u, v] of joints) this.hinges.push({ part: this.parts.length - 1, u, v });
      }
      for (let i = 0; i < TRACKED_POINTS; i++) this.points.push(this.pointOn(first, random));
    }
  }

  /** A random point inside of a random part of the sprite whose first part this is. */
  private pointOn(first: number, random: Prng): Anchor {
    const part = first + random.below(this.parts.length - first);
    const { distance, across, along } = this.parts[part]!;
    for (;;) {
      const [u, v] = [across * (2 * random.uniform() - 1), along * (2 * random.uniform() - 1)];
      if (distance(u, v) < -EDGE) return { part, u, v };
    }
  }

  /** Frame `t`, uint8 (H, W, 3). */
  frame(t: number): Uint8Array {
    return this.paint(t).pixels;
  }

  /** Which sprite each pixel of frame `t` shows, uint8 (H, W): 0 for the ground, else 1 + number of the sprite. */
  masks(t: number): Uint8Array {
    return Uint8Array.from(this.paint(t).owners, (owner) => (owner === 0 ? 0 : 1 + this.parts[owner - 1]!.sprite));
  }

  /**
   * How far what each pixel of frame `from` shows has moved in frame `to`, (2, H, W) float: x, then y, in pixels. On a torus it moves on
   * beyond the edge.
   */
  flow(from: number, to: number): Float32Array {
    const { size } = this.options;
    const { owners } = this.paint(from);
    const flow = new Float32Array(2 * size * size);
    for (let row = 0, i = 0; row < size; row++)
      for (let column = 0; column < size; column++, i++) {
        const owner = owners[i]! - 1;
        const [before, after] =
          owner < 0 ? [this.camera[from]!, this.camera[to]!] : [this.poseOf(owner, from), this.poseOf(owner, to)];
        const [px, py] = owner < 0 ? [column + 0.5, row + 0.5] : this.unwrapped(before, column + 0.5, row + 0.5);
        const [u, v] = fromPicture(before, px, py);
        const [x, y] = toPicture(after, u, v);
        flow[i] = x - px;
        flow[size * size + i] = y - py;
      }
    return flow;
  }

  /** Points of the sprites in frame `t`, (P, 3) float: x, y, and 1 where the point is in the picture and not hidden, else 0. */
  tracks(t: number): Float32Array {
    return this.anchored(this.points, t);
  }

  /** The joints of the sprites in frame `t`, (J, 3) float as `tracks`. The joints of a sprite that is no figure are its middle and corners. */
  joints(t: number): Float32Array {
    return this.anchored(this.hinges, t);
  }

  /** The box around what is seen of each sprite in frame `t`, (K, 4) float: left, top, right, bottom; all -1 where nothing is. */
  boxes(t: number): Float32Array {
    const { size, sprites } = this.options;
    const masks = this.masks(t);
    const boxes = new Float32Array(4 * sprites).fill(-1);
    for (let i = 0; i < masks.length; i++) {
      if (masks[i] === 0) continue;
      const box = boxes.subarray(4 * (masks[i]! - 1), 4 * masks[i]!);
      const [x, y] = [i % size, Math.floor(i / size)];
      const isFirst = box[2]! < 0;
      box[0] = isFirst ? x : Math.min(box[0]!, x);
      box[1] = isFirst ? y : Math.min(box[1]!, y);
      box[2] = Math.max(box[2]!, x + 1);
      box[3] = Math.max(box[3]!, y + 1);
    }
    return boxes;
  }

  /** The motion of the camera up to frame `t`: where the world's points lie in the picture, relative to frame 0. */
  cameraPose(t: number): Readonly<Pose> {
    return this.camera[t]!;
  }

  private anchored(anchors: readonly Anchor[], t: number): Float32Array {
    const { size, edges } = this.options;
    const { owners } = this.paint(t);
    const found = new Float32Array(3 * anchors.length);
    for (const [i, { part, u, v }] of anchors.entries()) {
      let [x, y] = toPicture(this.poseOf(part, t), u, v);
      if (edges === 'torus') [x, y] = [wrapped(x, size), wrapped(y, size)];
      const isInside = x >= 0 && y >= 0 && x < size && y < size;
      const isSeen = isInside && owners[Math.floor(y) * size + Math.floor(x)] === part + 1;
      found.set([x, y, isSeen ? 1 : 0], 3 * i);
    }
    return found;
  }

  /** In the picture: the pose in the world, seen by the camera. */
  private poseOf(part: number, t: number): Pose {
    return placed(this.camera[t]!, this.parts[part]!.poses[t]!);
  }

  /** The place of a pixel of a part before it was wrapped: the copy of it that lies nearest to the part's middle. */
  private unwrapped({ x, y }: Pose, px: number, py: number): [number, number] {
    const { size, edges } = this.options;
    if (edges !== 'torus') return [px, py];
    return [px + size * Math.round((x - px) / size), py + size * Math.round((y - py) / size)];
  }

  private paint(t: number): Painted {
    const found = this.painted.get(t);
    if (found !== undefined) return found;
    const { size } = this.options;
    const colors = this.groundColors(t);
    const owners = new Int16Array(size * size);
    for (const part of this.parts.keys()) this.paintPart(part, t, colors, owners);
    const pixels = Uint8Array.from(colors, (value) => Math.min(255, Math.max(0, Math.round(255 * value))));
    const painted = { pixels, owners };
    // The last frames alone: asking for flow, masks and tracks of a frame paints it once.
    if (this.painted.size >= KEPT_FRAMES) this.painted.delete(this.painted.keys().next().value!);
    this.painted.set(t, painted);
    return painted;
  }

  /** The ground in frame `t`, to paint on. */
  private groundColors(t: number): Float32Array {
    if (this.still !== null) return this.still.slice();
    const { size, camera } = this.options;
    const colors = new Float32Array(3 * size * size);
    const color = new Float32Array(3);
    const pose = this.camera[t]!;
    for (let row = 0, i = 0; row < size; row++)
      for (let column = 0; column < size; column++, i += 3) {
        const [x, y] = fromPicture(pose, column + 0.5, row + 0.5);
        sampleTexture(this.ground, x, y, color);
        colors.set(color, i);
      }
    if (camera !== 'static') return colors;
    this.still = colors;
    return colors.slice();
  }

  private paintPart(part: number, t: number, colors: Float32Array, owners: Int16Array): void {
    const { size, edges } = this.options;
    const pose = this.poseOf(part, t);
    const { across, along } = this.parts[part]!;
    const reach = pose.scale * Math.hypot(across, along) + 1;
    const shifts = (middle: number): number[] => {
      if (edges !== 'torus') return [0];
      const nearest = wrapped(middle, size) - middle;
      return [nearest - size, nearest, nearest + size];
    };
    for (const dx of shifts(pose.x))
      for (const dy of shifts(pose.y))
        this.paintCopy(part, { ...pose, x: pose.x + dx, y: pose.y + dy }, reach, colors, owners);
  }

  private paintCopy(part: number, pose: Pose, reach: number, colors: Float32Array, owners: Int16Array): void {
    const { size, scale, look } = this.options;
    const { distance, texture } = this.parts[part]!;
    const color = new Float32Array(3);
    const bound = (value: number): number => Math.min(size, Math.max(0, value));
    const [left, right] = [bound(Math.floor(pose.x - reach)), bound(Math.ceil(pose.x + reach))];
    const [top, bottom] = [bound(Math.floor(pose.y - reach)), bound(Math.ceil(pose.y + reach))];
    // The pattern of the ground keeps the ground's number of texels per pixel; others span the sprite.
    const texels = look === 'background' ? (scale * size) / 2 : texture.side / 2;
    for (let row = top; row < bottom; row++)
      for (let column = left; column < right; column++) {
        const [u, v] = fromPicture(pose, column + 0.5, row + 0.5);
        const cover = Math.min(1, 0.5 - pose.scale * distance(u, v));
        if (cover <= 0) continue;
        sampleTexture(texture, (u + 1) * texels, (v + 1) * texels, color);
        const i = row * size + column;
        for (let k = 0; k < 3; k++) colors[3 * i + k] = colors[3 * i + k]! * (1 - cover) + color[k]! * cover;
        if (cover >= 0.5) owners[i] = part + 1;
      }
  }
}

const KEPT_FRAMES = 2;
/** Least distance of followed points from the edge, in radii of the sprite. */
const EDGE = 0.06;
const REST: Pose = { x: 0, y: 0, angle: 0, scale: 1 };

/** A position brought into [0, size). */
const wrapped = (position: number, size: number): number => position - size * Math.floor(position / size);
