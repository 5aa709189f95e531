import { emitAbout, type ProfileContext } from '../context/context.ts'
import {
  InvalidAccessTokenError,
  InvalidInputError,
  PhoneNumberTakenError,
  UserNotFoundError,
} from '../errors/index.ts'
import { maskPhoneNumber, type PhoneNumber, parsePhoneNumber } from '../phone-number/phone-number.ts'
import { findSignedIn, requireFresh } from '../session/authenticate.ts'
import { endUserSessions } from '../session/end-user-sessions.ts'
import { isTestNumber } from '../sign-in/code-of.ts'
import { type CodeRequestFacts, openChallenge, type StartResult } from '../sign-in/open-challenge.ts'
import { redeemChallenge } from '../sign-in/submit-code.ts'
import type { SubmitOptions } from '../step-up/step-up.ts'

/** What {@link PhoneAuth.startPhoneChange} takes. */
export interface StartPhoneChangeOptions extends CodeRequestFacts {
  readonly accessToken: string
  /** The number to change to, as the person wrote it. */
  readonly phoneNumber: string
  /**
   * Whether the application has made sure by other means that it is the user who asks. Never take this from a client.
   * @defaultValue false: possession of the old number must have been proven within `session.fresh`
   */
  readonly isReauthenticated?: boolean
}

/** A number that was changed. */
export interface PhoneChangeResult {
  readonly phoneNumber: PhoneNumber
  readonly previousPhoneNumber: PhoneNumber
}

/** Sends a code to the new number, good for this session alone. Whether somebody has the number is not told before it is proven. */
export async function startPhoneChange<Profile extends object>(
  context: ProfileContext<Profile>,
  { accessToken, isReauthenticated = false, ...options }: StartPhoneChangeOptions,
): Promise<StartResult> {
  if (isReauthenticated !== true) await requireFresh(context, accessToken)
  const { session, user } = await findSignedIn(context, accessToken)
  const phoneNumber = parsePhoneNumber(options.phoneNumber, context.settings.phoneNumber)
  if (phoneNumber === user.phoneNumber) throw new InvalidInputError('phoneNumber', 'another number than your own')
  const recipient = isTestNumber(context, phoneNumber) ? 'test_number' : 'person'
  return openChallenge(context, { purpose: 'change_phone', subject: session.id, phoneNumber, recipient }, options)
}

/** Checks the code; when it is right, the new number takes the place of the old one, and everything that hung on either ends. */
export async function verifyPhoneChange<Profile extends object>(
  context: ProfileContext<Profile>,
  { accessToken, challengeId, code, ip }: SubmitOptions,
): Promise<PhoneChangeResult> {
  const { session, user } = await findSignedIn(context, accessToken)
  const submitted = { code, ip, purpose: 'change_phone', subject: session.id } as const
  const { phoneNumber } = await redeemChallenge(context, challengeId, submitted)
  const { userStore, sessionStore, otpStore } = context.stores
  // Stores that share a database look once more, within the step.
  if ((await sessionStore.find(session.id)) === null) throw new InvalidAccessTokenError()
  const ending = await endUserSessions(context, user.id, session.id)
  const result = await userStore.changePhoneNumber(user.id, phoneNumber, session.id)
  if (result.outcome === 'session_ended') throw new InvalidAccessTokenError()
  if (result.outcome === 'taken') throw new PhoneNumberTakenError()
  if (result.outcome === 'not_found') throw new UserNotFoundError()
  const { previousPhoneNumber } = result
  try {
    // Stores that share a database have done both in the same step; these are for those that do not.
    await ending.end()
    await otpStore.discard([previousPhoneNumber, phoneNumber])
  } finally {
    // The number is changed, whatever became of the rest: its owner must be warned.
    const previousPhoneNumberMasked = maskPhoneNumber(previousPhoneNumber)
    await emitAbout(context, phoneNumber, { type: 'phone_changed', userId: user.id, previousPhoneNumberMasked })
    const now = await userStore.findById(user.id).catch(() => null)
    await context.hooks.afterPhoneChanged({ user: now?.user ?? { ...user, phoneNumber }, previousPhoneNumber })
  }
  return { phoneNumber, previousPhoneNumber }
}
