declare module 'dicom-character-set' {
  interface LibraryCodeElement {
    codeElement: 'G0' | 'G1';
    escapeSequence: number[];
    encoding: string;
    bytesPerCodePoint: 1 | 2;
  }
  /** By defined term; the library looks a term up here at every call. */
  export const characterSets: Record<
    string,
    { encoding: string } | { extension: true; elements: LibraryCodeElement[] }
  >;
  /** @throws Error where the text has an escape sequence of no declared set */
  export function convertBytes(
    specificCharacterSet: string,
    bytes: Uint8Array,
    options: { vr: string },
  ): string;
}
