import type { Fit, PixelShape } from './decode.js';
import { encodeObjects, type ImageObject, type ImageObjects } from './objects.js';
import type { PackIndex } from './pack-file.js';
import { resizeMask } from './resize-mask.js';
import type { Annotations, ImageSource, NamedObject, Skipped } from './sources/source.js';

const VOID = 255;

/** What is marked in one image of a source of files. */
export interface Marks {
  width: number;
  height: number;
  objects: NamedObject[] | null;
  /** In the size of the pack; all void where the image has none, null where no image has one. */
  mask: Uint8Array | null;
  hasMask: boolean;
  flaws: string[];
}

/** Reads what is marked in an image. @param size of the image in its file */
export async function readMarks(
  annotations: Annotations,
  id: string,
  size: { width: number; height: number },
  shape: PixelShape,
  fit: Fit,
): Promise<Marks> {
  const { width, height } = size;
  const { objects, mask, flaws } = await annotations.read(id, { width, height });
  const own = mask && resizeMask(mask, { width, height, channels: 1 }, shape, fit);
  const empty = annotations.hasMasks ? new Uint8Array(shape.height * shape.width).fill(VOID) : null;
  return { width, height, objects, mask: own ?? empty, hasMask: own !== null, flaws };
}

type Collected = {
  masks: Omit<NonNullable<PackIndex['masks']>, 'shape'> | null;
  objects: NonNullable<PackIndex['objects']> | null;
  flaws: Skipped[];
};

/** Gathers what is marked in the images of a pack, in their order, for its index. */
export class CollectedMarks {
  private readonly generated: (ImageObjects | null)[] = [];
  /** Without the masks, which are in a file of the pack. */
  private readonly read: Omit<Marks, 'mask'>[] = [];
  private readonly flaws: Skipped[] = [];

  constructor(
    private readonly source: ImageSource,
    private readonly fit: Fit,
  ) {}

  /** The objects of generated images. */
  addObjects(images: readonly ImageObject[][]): void {
    if (this.source.form !== 'pixels') return;
    const { width, height } = this.source;
    for (const objects of images) this.generated.push({ width, height, objects });
  }

  add(id: string, { mask: _, ...marks }: Marks): void {
    this.read.push(marks);
    if (marks.flaws.length > 0) this.flaws.push({ id, reason: marks.flaws.join('; ') });
  }

  async collected(): Promise<Collected> {
    const { source, fit } = this;
    if (source.form === 'pixels') {
      const { maskClasses, objectClasses } = source;
      const images = encodeObjects(this.generated);
      return {
        masks: maskClasses === undefined ? null : { classes: maskClasses },
        objects: objectClasses === undefined ? null : { classes: objectClasses, pointNames: [], fit, images },
        flaws: [],
      };
    }
    const { annotations } = source;
    if (annotations === undefined) return { masks: null, objects: null, flaws: [] };
    const classes = [...(await annotations.classes())];
    const indexOf = new Map(classes.map((name, i) => [name, i]));
    const images = this.read.map(({ width, height, objects }): ImageObjects | null => {
      if (objects === null) return null;
      return {
        ...{ width, height },
        objects: objects.map(({ className, ...object }) => ({ ...object, class: indexOf.get(className)! })),
      };
    });
    const known = Uint8Array.from(this.read, ({ hasMask }) => (hasMask ? 1 : 0));
    return {
      masks: annotations.hasMasks
        ? { classes: ['background', ...classes], known: Buffer.from(known).toString('base64') }
        : null,
      objects: { classes, pointNames: [...annotations.pointNames], fit, images: encodeObjects(images) },
      flaws: this.flaws,
    };
  }
}
