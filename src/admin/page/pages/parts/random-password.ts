/** Without letters and digits that are taken for one another. */
const CHARACTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_CHARACTERS = 4;

/** 80 bits, in groups that can be told over the telephone: `7kfm-q2xz-…`. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_CHARACTERS));
  // 32 characters: five bits of each byte, all of them equally likely.
  const letters = [...bytes].map((byte) => CHARACTERS.charAt(byte % CHARACTERS.length)).join('');
  return letters.match(/.{4}/g)?.join('-') ?? letters;
}
