/**
 * One of a challenge's messages: which challenge, by its stored name, and which message, 1 for the
 * first.
 */
export interface MessageName {
  readonly idHash: string
  readonly send: number
}

/**
 * The name of a message for the world outside. It holds the hash of the challenge id, from which
 * nobody finds the id, so that it may stand in a URL.
 */
export function messageReference({ idHash, send }: MessageName): string {
  return `${idHash}.${send}`
}

/** Reads a message's name; `null` if it is none. */
export function readMessageReference(reference: unknown): MessageName | null {
  const match = typeof reference === 'string' ? /^([A-Za-z0-9_-]{43})\.([1-9][0-9]?)$/.exec(reference) : null
  return match === null ? null : { idHash: match[1] ?? '', send: Number(match[2]) }
}
