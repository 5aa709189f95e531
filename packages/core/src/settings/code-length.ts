import { HARDENED_FORMATS, type HardenedCodes, hardenedFormat } from '../challenge/code-format.ts'
import type { SmsSender } from '../ports/sms-sender.ts'

const SHORTEST = HARDENED_FORMATS.alphanumeric.length

/** Returns one sentence for each kind of code that is too long for the sender's messages. */
export function codeLengthProblems(
  smsSender: SmsSender | undefined,
  regions: Iterable<string>,
  code: { readonly length: number; readonly hardened: HardenedCodes },
): string[] {
  const problems = new Set<string>()
  for (const region of regions) {
    const max = smsSender?.maxCodeLength?.(region) ?? Number.POSITIVE_INFINITY
    const { length } = hardenedFormat(code.hardened, region)
    const fix =
      max < SHORTEST
        ? `use a sender that can send codes of ${SHORTEST} characters`
        : `set code.hardened: 'alphanumeric' for codes of ${SHORTEST} characters`
    if (code.length > max) problems.add(`code.length must be at most ${max}, the longest code that smsSender can send.`)
    if (length > max)
      problems.add(`smsSender can send codes of at most ${max} characters, but hardened codes have ${length}; ${fix}.`)
  }
  return [...problems]
}
