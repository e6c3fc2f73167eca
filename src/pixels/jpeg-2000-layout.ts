/** Into how many parts a JPEG 2000 code stream says that it is cut; a decoder takes memory for each before it has seen any of their bytes. */
export interface Jpeg2000Layout {
  tiles: number;
  /** Of all tiles, components and resolutions — ITU-T T.800 §B.6. */
  precincts: number;
  /** Of all precincts and sub-bands — §B.7. */
  codeBlocks: number;
  /** Layers of the precincts of one tile — §B.9. */
  packetsOfTile: number;
}

/** SIZ — ITU-T T.800 §A.5.1; at most, for components may be subsampled. */
interface Size {
  tiles: number;
  tileColumns: number;
  tileRows: number;
  components: number;
}

/** COD or COC — ITU-T T.800 §A.6.1, §A.6.2. Sizes are exponents of 2. */
interface CodingStyle {
  levels: number;
  codeBlock: { x: number; y: number };
  /** Of each resolution, the lowest first; the largest there can be where the stream does not say. */
  precincts: readonly { x: number; y: number }[];
}

const [SOC_BYTES, SOT, SOD, COD, COC] = [2, 0xff90, 0xff93, 0xff52, 0xff53];
const LEVELS_MAX = 32;
const LARGEST = { x: 15, y: 15 };

/**
 * Takes every tile and component as the costliest of them: their styles may differ.
 * @param bytes from the beginning of the code stream on, of which SIZ is known to be there
 */
export function jpeg2000LayoutOf(bytes: Buffer): Jpeg2000Layout {
  const size = sizeOf(bytes);
  const layout = { tiles: size.tiles, precincts: 0, codeBlocks: 0, packetsOfTile: 0 };
  let layers = 1;
  for (const { marker, segment } of headerSegments(bytes)) {
    // Scod, SGcod of 4 bytes, SPcod; or Ccoc, Scoc, SPcoc.
    const isCod = marker === COD;
    if (isCod && segment.length >= 5) layers = Math.max(layers, segment.readUInt16BE(2));
    const at = isCod ? 0 : size.components < 257 ? 1 : 2;
    const style = styleOf(segment[at] ?? 0, segment.subarray(at + (isCod ? 5 : 1)));
    if (style === undefined) continue;
    const { precincts, codeBlocks } = partsOf(size, style);
    layout.precincts = Math.max(layout.precincts, precincts * size.components * size.tiles);
    layout.codeBlocks = Math.max(layout.codeBlocks, codeBlocks * size.components * size.tiles);
    layout.packetsOfTile = Math.max(layout.packetsOfTile, precincts * size.components);
  }
  return { ...layout, packetsOfTile: layout.packetsOfTile * layers };
}

function sizeOf(bytes: Buffer): Size {
  const number = (index: number) => bytes.readUInt32BE(8 + index * 4);
  const tileColumns = Math.max(1, number(4));
  const tileRows = Math.max(1, number(5));
  const across = Math.ceil((number(0) - number(6)) / tileColumns);
  const down = Math.ceil((number(1) - number(7)) / tileRows);
  return {
    tiles: Math.max(1, across) * Math.max(1, down),
    tileColumns: Math.min(tileColumns, number(0)),
    tileRows: Math.min(tileRows, number(1)),
    components: bytes.readUInt16BE(40),
  };
}

/** Those of the main header, and of the header of each tile-part — ITU-T T.800 §A.3. */
function* headerSegments(bytes: Buffer): Generator<{ marker: number; segment: Buffer }> {
  let at = SOC_BYTES;
  let nextPart = 0;
  while (at + 4 <= bytes.length) {
    const marker = bytes.readUInt16BE(at);
    if (marker === SOD) {
      if (nextPart <= at) return; // the last one, as long as the rest
      at = nextPart;
      continue;
    }
    if (marker < 0xff01) return;
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) return;
    if (marker === SOT && at + 10 <= bytes.length) nextPart = at + bytes.readUInt32BE(at + 6);
    if (marker === COD || marker === COC) {
      yield { marker, segment: bytes.subarray(at + 4, at + 2 + length) };
    }
    at += 2 + length;
  }
}

function styleOf(flags: number, parameters: Buffer): CodingStyle | undefined {
  if (parameters.length < 5) return undefined;
  const levels = Math.min(LEVELS_MAX, parameters[0] ?? 0);
  const codeBlock = { x: ((parameters[1] ?? 0) & 15) + 2, y: ((parameters[2] ?? 0) & 15) + 2 };
  const hasPrecincts = (flags & 1) === 1;
  const precincts = Array.from({ length: levels + 1 }, (_, resolution) => {
    const exponents = parameters[5 + resolution];
    if (!hasPrecincts || exponents === undefined) return LARGEST;
    return { x: exponents & 15, y: exponents >> 4 };
  });
  return { levels, codeBlock, precincts };
}

/** Of one component of one tile. */
function partsOf(
  { tileColumns, tileRows }: Size,
  { levels, codeBlock, precincts }: CodingStyle,
): { precincts: number; codeBlocks: number } {
  const sum = { precincts: 0, codeBlocks: 0 };
  for (const [resolution, { x, y }] of precincts.entries()) {
    const columns = Math.ceil(tileColumns / 2 ** (levels - resolution));
    const rows = Math.ceil(tileRows / 2 ** (levels - resolution));
    const count = Math.ceil(columns / 2 ** x) * Math.ceil(rows / 2 ** y);
    // A sub-band has half the size of its resolution, and so have the parts of a precinct in it.
    const [bands, half] = resolution === 0 ? [1, 0] : [3, 1];
    const across = alongBand(columns, Math.max(0, x - half), codeBlock.x, half);
    const down = alongBand(rows, Math.max(0, y - half), codeBlock.y, half);
    sum.precincts += count;
    sum.codeBlocks += count * bands * across * down;
  }
  return sum;
}

/** Code blocks of one precinct in one direction. */
function alongBand(samples: number, precinct: number, codeBlock: number, half: number): number {
  const length = Math.min(Math.ceil(samples / 2 ** half), 2 ** precinct);
  return Math.ceil(length / 2 ** Math.min(codeBlock, precinct));
}
