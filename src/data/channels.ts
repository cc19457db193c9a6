/** Maximum number of channels of an image. */
export const MOST_CHANNELS = 16;

/** "gray", "color" or "6 channels". */
export function channelsInWords(channels: number): string {
  if (channels === 1) return 'gray';
  return channels === 3 ? 'color' : `${channels} channels`;
}

/** A displayable version of an image, uint8 H x W x C: gray and color as they are, otherwise the first three channels (or one). */
export function shownChannels(image: Uint8Array, channels: number): { image: Uint8Array; channels: 1 | 3 } {
  if (channels === 1 || channels === 3) return { image, channels };
  const shown = channels < 3 ? 1 : 3;
  const pixels = image.length / channels;
  const picture = new Uint8Array(pixels * shown);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < shown; c++) picture[i * shown + c] = image[i * channels + c]!;
  return { image: picture, channels: shown };
}
