import { TextDecoder } from 'node:util';

const decoders = new Map<string, TextDecoder>();

/**
 * Text of bytes in one encoding, by its WHATWG name. Never throws: what is not valid becomes U+FFFD. A byte order mark stays.
 */
export function decodeIn(encoding: string, bytes: Buffer): string {
  if (encoding === 'utf-8') return bytes.toString('utf8');
  // Making one takes longer than decoding a name.
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding, { ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  return decoder.decode(bytes);
}
