import { sendCharges } from '../budget/policy.ts'
import { parseSourceAddress } from '../budget/source-address.ts'
import { randomBytes, toBase64Url } from '../bytes.ts'
import { type Context, fingerprint } from '../context.ts'
import { ChallengeExpiredError, TooManyAttemptsError, TooManySendsError } from '../errors.ts'
import { sendCode } from '../message/send-code.ts'
import type { ResendRequest } from '../ports/otp-store.ts'
import type { KeySet } from '../token/keys.ts'
import type { Challenge } from './challenge.ts'
import { type ChallengeReference, findChallenge } from './find-challenge.ts'
import { deriveCode, hashCode } from './one-time-code.ts'
import { limited, type StartResult, startResult } from './start.ts'

/** What {@link PhoneAuth.resend} takes: the challenge, by its id or by the number alone. */
export type ResendOptions = ChallengeReference & {
  /** The client's IP address. Callers without one share one small budget. */
  readonly ip?: string | undefined
}

/** What {@link PhoneAuth.resend} gives. Who names the challenge by its number does not learn its id. */
export type ResendResult = Omit<StartResult, 'challengeId'> & { readonly challengeId: string | null }

/** Sends the code of an open challenge once more. */
export async function resend(context: Context, options: ResendOptions): Promise<ResendResult> {
  const { settings, stores } = context
  const { challenge, challengeId } = await findChallenge(context, options)
  const ring = await context.keyRing()
  const charges = sendCharges(settings.limits, {
    numberFingerprint: await fingerprint(ring, challenge.phoneNumber),
    source: parseSourceAddress(options.ip),
  })
  // Who knows only the number must not be able to replace the code of the person who holds the id.
  const isRotated = settings.code.resend === 'rotate' && challengeId !== null
  const { code, replacement } = isRotated
    ? await newCode(ring[0], challenge)
    : await sameCode(
        ring.find(({ id }) => id === challenge.keyId),
        challenge,
      )
  const result = await stores.otpStore.resend({ idHash: challenge.idHash, charges, replacement })
  switch (result.outcome) {
    case 'limited':
      throw await limited(context, challenge.phoneNumber, result)
    case 'no_sends_left':
      throw new TooManySendsError()
    case 'spent':
      throw new TooManyAttemptsError()
    case 'gone':
      throw new ChallengeExpiredError()
    case 'resent':
      await sendCode(context, result.challenge, code, result.at)
      return { challengeId, ...startResult(result.challenge, result.full, charges) }
  }
}

type CodeToSend = { readonly code: string; readonly replacement: ResendRequest['replacement'] }

async function sameCode(keys: KeySet | undefined, challenge: Challenge): Promise<CodeToSend> {
  // The secret it was derived from is no longer listed: the code can be neither repeated nor verified.
  if (keys === undefined) throw new ChallengeExpiredError()
  const { seed, phoneNumber, format } = challenge
  return { code: await deriveCode(keys, seed, phoneNumber, challenge, format), replacement: null }
}

async function newCode(keys: KeySet, challenge: Challenge): Promise<CodeToSend> {
  const seed = toBase64Url(randomBytes(16))
  const code = await deriveCode(keys, seed, challenge.phoneNumber, challenge, challenge.format)
  const codeHash = challenge.channel === 'none' ? challenge.codeHash : await hashCode(keys, code, challenge)
  return { code, replacement: { seed, codeHash, keyId: keys.id } }
}
