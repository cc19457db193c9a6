import { counted } from '../../format.js';
import { boxOf, type CocoFile } from './coco-file.js';

/**
 * What the user should know of the boxes and key points of a file, which are read as they are.
 *
 * @param points number of key points of an object
 */
export function cocoNotes({ name, images, annotations }: CocoFile, points: number): string[] {
  const sizes = new Map(images.map(({ id, width, height }) => [String(id), { width, height }]));
  const found = { boxes: 0, fractions: 0, sized: 0, beyond: 0, corners: 0 };
  for (const annotation of annotations) {
    const box = boxOf(annotation);
    if (box === null) continue;
    const [left, top, width, height] = box;
    found.boxes += 1;
    if (left + width <= 1 && top + height <= 1) found.fractions += 1;
    const { width: right, height: bottom } = sizes.get(String(annotation.image_id)) ?? {};
    if (right === undefined || bottom === undefined) continue;
    found.sized += 1;
    // Less than a pixel comes from rounding.
    if (left <= -1 || top <= -1 || left + width >= right + 1 || top + height >= bottom + 1) found.beyond += 1;
    if (left >= 0 && top >= 0 && width > left && height > top && width <= right && height <= bottom) found.corners += 1;
  }
  const notes: string[] = [];
  if (found.boxes > 0 && found.fractions === found.boxes)
    notes.push(`All boxes of ${name} lie within the first pixel: boxes are in pixels, not in fractions of the image.`);
  if (found.beyond > 0)
    notes.push(
      `Boxes of ${name} that reach beyond their image, and end at its edge: ${found.beyond} of ${found.boxes}.`,
    );
  if (found.beyond > 0 && found.corners === found.sized)
    notes.push('All would fit as the places of two corners, but boxes are left, top, width and height.');
  const wrong = annotations.filter(
    ({ keypoints }) => Array.isArray(keypoints) && keypoints.length > 0 && keypoints.length !== 3 * points,
  ).length;
  if (wrong > 0)
    notes.push(
      `The key points of ${counted(wrong, 'object')} of ${name} are left out: they are not 3 numbers for each of the ` +
        `${points} that its categories name.`,
    );
  return notes;
}
