import type { Challenge } from '../challenge/challenge.ts'
import { hashCode } from '../challenge/one-time-code.ts'
import type { Context } from '../context/context.ts'
import { randomBytes, toBase64Url } from '../crypto/bytes.ts'
import { sendCode } from '../delivery/send-code.ts'
import { ChallengeExpiredError, TooManyAttemptsError, TooManySendsError } from '../errors/index.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import { resendCharges } from '../limits/policy.ts'
import type { ResendRequest } from '../ports/otp-store.ts'
import { continueFrom } from '../time/store-time.ts'
import { codeOf, isTestNumber } from './code-of.ts'
import { type ChallengeReference, findChallenge } from './find-challenge.ts'
import { limited, type StartResult, startResult } from './open-challenge.ts'
import { sourceOf } from './source-of.ts'
import type { StartOptions } from './start.ts'

/** Options for {@link PhoneAuth.resend}: the challenge, by its id or by the number alone. */
export type ResendOptions = ChallengeReference & Pick<StartOptions, 'ip' | 'locale'>

/**
 * The result of {@link PhoneAuth.resend}. The `challengeId` is `null` if the caller named the
 * challenge by its number.
 */
export type ResendResult = Omit<StartResult, 'challengeId'> & { readonly challengeId: string | null }

/** Sends the code of an open challenge once more. */
export async function resend(context: Context, options: ResendOptions): Promise<ResendResult> {
  const { settings, stores } = context
  const { challenge, challengeId } = await findChallenge(context, options)
  const ring = await context.keyRing()
  const charged = {
    ...challenge,
    source: sourceOf(context, options.ip),
    devicePart: null,
    isTestNumber: isTestNumber(context, challenge.phoneNumber, challenge.createdAt),
  }
  const charges = resendCharges(settings.limits, charged, challenge.lane)
  // A caller that knows only the number must not replace the code of the client that has the id.
  const isOurs = context.provider.codeService === null
  const isRotated = settings.code.resend === 'rotate' && isOurs && challengeId !== null
  const { code, replacement } = isRotated
    ? await newCode(context, ring[0], challenge)
    : await sameCode(
        context,
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
    case 'resent': {
      const storeTime = continueFrom(result.at)
      const { challenge: resent, at: now } = result
      const { source } = charged
      await sendCode(context, { challenge: resent, code, now, locale: options.locale, source })
      return { challengeId, ...startResult(result.challenge, result.full, storeTime()) }
    }
  }
}

type CodeAndHash = { readonly code: string; readonly replacement: ResendRequest['replacement'] }

async function sameCode(context: Context, keys: SecretKeys | undefined, challenge: Challenge): Promise<CodeAndHash> {
  // The secret of this code is no longer listed, so the code can be neither repeated nor verified.
  if (keys === undefined) throw new ChallengeExpiredError()
  return { code: await codeOf(context, keys, challenge, challenge.createdAt), replacement: null }
}

async function newCode(context: Context, keys: SecretKeys, challenge: Challenge): Promise<CodeAndHash> {
  const seed = toBase64Url(randomBytes(16))
  const code = await codeOf(context, keys, { ...challenge, seed }, challenge.createdAt)
  const codeHash = challenge.channel === 'none' ? challenge.codeHash : await hashCode(keys, code, challenge)
  return { code, replacement: { seed, codeHash, keyId: keys.id } }
}
