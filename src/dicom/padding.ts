/**
 * Text without these characters at its end. A loop, since a regular expression like / +$/ takes quadratic time on a value of many blanks
 * before its last letter, and values come from the network.
 */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** Without padding — PS3.5 §6.2: blanks, and NULs where modalities pad with them. */
export function withoutPadding(text: string): string {
  return withoutTrailing(text, ' \0');
}
