/** Every bound that the message layer sets on what a peer may send. */
export const limits = {
  /** A command set has some 300 bytes; lists of tags may make it longer. */
  commandSetBytesMax: 64 * 1024,
  /** One value of UI, AE or LO. The longest legal one has 64 characters. */
  textBytesMax: 1024,
  /** Error Comment (0000,0902) is LO: 64 characters — PS3.7 Annex C, PS3.5 Table 6.2-1. */
  errorCommentCharsMax: 64,
} as const;
