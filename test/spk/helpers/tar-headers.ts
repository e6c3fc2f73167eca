/** Headers of a tar archive as they are in it, extended ones among them. */
export function tarHeaders(archive: Buffer): { name: string; type: string; magic: string }[] {
  const headers = [];
  for (let at = 0; archive[at] !== 0 && at < archive.length; ) {
    const text = (from: number, to: number) => archive.toString('latin1', at + from, at + to);
    headers.push({ name: text(0, 100).replaceAll('\0', ''), type: text(156, 157), magic: text(257, 265) });
    at += 512 + Math.ceil(Number.parseInt(text(124, 136), 8) / 512) * 512;
  }
  return headers;
}
