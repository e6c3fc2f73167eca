/** Text of an element with a 16-bit length in Explicit VR Little Endian, read on the way by nobody else's decoder. */
export function explicitText(dataSet: Buffer, tag: number): string {
  for (let offset = 0; offset + 8 <= dataSet.length; ) {
    const found = dataSet.readUInt16LE(offset) * 0x10000 + dataSet.readUInt16LE(offset + 2);
    const isLong = /^O/.test(dataSet.toString('latin1', offset + 4, offset + 6));
    const start = offset + (isLong ? 12 : 8);
    const end = start + (isLong ? dataSet.readUInt32LE(offset + 8) : dataSet.readUInt16LE(offset + 6));
    if (found === tag) return dataSet.toString('latin1', start, end).replace(/[\0 ]+$/, '');
    offset = end;
  }
  return '';
}
