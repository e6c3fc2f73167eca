/** A picture of 8 bits a channel. */
export interface Picture {
  width: number;
  height: number;
  /** Grey; or red, green, blue. */
  channels: 1 | 3;
  /** Row by row, the channels of a pixel together. */
  shades: Uint8Array;
}

/**
 * Makes a picture smaller, each new pixel the mean of those that it covers. Never larger: where pixels are not square, one side shrinks.
 * @param sizeMax pixels of the longer side
 * @param pixelAspect height of a pixel by its width
 */
export function shrunk(picture: Picture, sizeMax: number, pixelAspect: number): Picture {
  // The shape that the picture has on a screen, at most as large as it is stored.
  const squareWidth = pixelAspect > 1 ? picture.width / pixelAspect : picture.width;
  const squareHeight = pixelAspect < 1 ? picture.height * pixelAspect : picture.height;
  const scale = Math.min(1, sizeMax / Math.max(squareWidth, squareHeight));
  const width = Math.max(1, Math.round(squareWidth * scale));
  const height = Math.max(1, Math.round(squareHeight * scale));
  if (width === picture.width && height === picture.height) return picture;
  const { channels } = picture;
  const shades = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = meansOfRows(picture, ...covered(y, height, picture.height));
    for (let x = 0; x < width; x++) {
      const [from, to] = covered(x, width, picture.width);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let column = from; column < to; column++) sum += row[column * channels + channel] ?? 0;
        shades[(y * width + x) * channels + channel] = Math.round(sum / (to - from));
      }
    }
  }
  return { width, height, channels, shades };
}

/** Stored pixels, from and to, that a new one covers. */
function covered(at: number, count: number, storedCount: number): [from: number, to: number] {
  const from = Math.floor((at * storedCount) / count);
  return [from, Math.max(from + 1, Math.floor(((at + 1) * storedCount) / count))];
}

function meansOfRows({ width, channels, shades }: Picture, from: number, to: number): Float32Array {
  const length = width * channels;
  const means = new Float32Array(length);
  for (let row = from; row < to; row++) {
    const start = row * length;
    for (let at = 0; at < length; at++) means[at] = (means[at] ?? 0) + (shades[start + at] ?? 0);
  }
  for (let at = 0; at < length; at++) means[at] = (means[at] ?? 0) / (to - from);
  return means;
}
