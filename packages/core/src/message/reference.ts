/**
 * Identifies one message of a challenge, by the stored hash of the challenge id and the number of
 * the message, 1 for the first.
 */
export interface MessageName {
  readonly idHash: string
  readonly send: number
}

/**
 * The reference of a message, for the provider and its webhooks. It contains the hash of the
 * challenge id, which does not reveal the id, so it may be part of a URL.
 */
export function messageReference({ idHash, send }: MessageName): string {
  return `${idHash}.${send}`
}

/** Parses the reference of a message; `null` if it is invalid. */
export function readMessageReference(reference: unknown): MessageName | null {
  const match = typeof reference === 'string' ? /^([A-Za-z0-9_-]{43})\.([1-9][0-9]?)$/.exec(reference) : null
  return match === null ? null : { idHash: match[1] ?? '', send: Number(match[2]) }
}
