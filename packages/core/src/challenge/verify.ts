import { failureCharges } from '../budget/policy.ts'
import { parseSourceAddress } from '../budget/source-address.ts'
import { type Context, emitAbout, type ProfileContext } from '../context.ts'
import { ChallengeExpiredError, InvalidInputError } from '../errors.ts'
import type { Attempt } from '../ports/otp-store.ts'
import type { User } from '../ports/user-store.ts'
import { needsCompletion } from '../profile/profile.ts'
import { newSession } from '../session/new-session.ts'
import { issueTokens, type Tokens } from '../session/tokens.ts'
import { issueRefreshToken } from '../token/refresh-token.ts'
import { askCodeService } from './ask-code-service.ts'
import type { Challenge } from './challenge.ts'
import { codeOf } from './code-of.ts'
import { type ChallengeReference, nameChallenge } from './find-challenge.ts'
import { hashCodeUnderEveryKey, isSameCode, readCode } from './one-time-code.ts'
import { refusal } from './refusal.ts'

/** What {@link PhoneAuth.verify} takes: the challenge, by its id or by the number alone, and the code. */
export type VerifyOptions = ChallengeReference & {
  /** What the person typed. */
  readonly code: string
  /** The client's IP address, for the limits and for the list of sessions. */
  readonly ip?: string | undefined
  /** What the client calls itself, for the list of sessions. */
  readonly userAgent?: string | undefined
}

/** A completed sign-in. */
export interface VerifyResult<Profile extends object> extends Tokens {
  readonly user: User
  /** Whether this sign-in created the user. */
  readonly isNewUser: boolean
  /** The profile fields set so far. */
  readonly profile: Partial<Profile>
  readonly needsProfileCompletion: boolean
}

/** Checks a code; when it is right, consumes the challenge and signs its number in. */
export async function verify<Profile extends object>(
  context: ProfileContext<Profile>,
  options: VerifyOptions,
): Promise<VerifyResult<Profile>> {
  const { settings } = context
  const { codeService } = context.provider
  const code = readCode(options.code, settings.code.length)
  // No service makes hardened codes; asked for one it would answer that the question is wrong, which is no failure of its own.
  if (code === null || (codeService !== null && code.length !== settings.code.length)) {
    throw new InvalidInputError('code', `the ${settings.code.length} digits of the message, as a string`)
  }
  const { idHash, by } = await nameChallenge(context, options)
  const ring = await context.keyRing()
  const purpose = 'sign_in'
  const subject = null
  const refreshToken = await issueRefreshToken(ring)
  const { sessionId } = refreshToken
  const submitted: Attempt = {
    idHash,
    purpose,
    subject,
    by,
    codeHashes: await hashCodeUnderEveryKey(ring, code, { idHash, purpose, subject }),
    failureCharges: failureCharges(settings.limits, parseSourceAddress(options.ip)),
  }
  const judged = codeService === null ? null : await askCodeService(context, codeService, submitted, code)
  const outcome = await context.jointSignIn.signIn({
    attempt: judged?.attempt ?? submitted,
    registration: settings.registration,
    session: newSession(settings, sessionId, refreshToken, options),
  })
  if (outcome.outcome !== 'signed_in') throw await refusal(context, outcome, by)
  const { user, profile, session, challenge, isNewUser } = outcome
  if (!(await isCodeOf(context, challenge, judged?.code ?? code))) {
    await context.stores.sessionStore.revoke(session.id)
    await emitAbout(context, user.phoneNumber, { type: 'challenge_tampered' })
    throw new ChallengeExpiredError()
  }
  if (isNewUser) await emitAbout(context, user.phoneNumber, { type: 'user_created', userId: user.id })
  await emitAbout(context, user.phoneNumber, { type: 'signed_in', sessionId, userId: user.id })
  return {
    ...(await issueTokens(context, session, refreshToken)),
    user,
    isNewUser,
    profile: profile.fields as Partial<Profile>,
    needsProfileCompletion: needsCompletion(context.profile, profile.fields),
  }
}

// The stored hash was compared, but a hash can be moved; deriving the code anew from the row proves that seed, number and purpose are
// those it was sent with.
async function isCodeOf(context: Context, challenge: Challenge, code: string): Promise<boolean> {
  const keys = (await context.keyRing()).find(({ id }) => id === challenge.keyId)
  if (keys === undefined) return false
  return isSameCode(await codeOf(context, keys, challenge, challenge.createdAt), code)
}
