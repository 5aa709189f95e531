import { emitAbout, type ProfileContext } from '../context/context.ts'
import {
  InvalidAccessTokenError,
  InvalidInputError,
  PhoneNumberTakenError,
  UserNotFoundError,
} from '../errors/index.ts'
import type { PhoneChangeResult } from '../options/hooks.ts'
import { maskPhoneNumber, parsePhoneNumber } from '../phone-number/phone-number.ts'
import { findFreshlySignedIn, findSignedIn } from '../session/authenticate.ts'
import { forgetKnown } from '../session/forget-known.ts'
import { reportRevoked } from '../session/report-revoked.ts'
import { isTestNumber } from '../sign-in/code-of.ts'
import { type CodeRequestFacts, openChallenge, type StartResult } from '../sign-in/open-challenge.ts'
import { redeemChallenge } from '../sign-in/submit-code.ts'
import type { SubmitOptions } from '../step-up/step-up.ts'

/** Options for {@link PhoneAuth.startPhoneChange}. */
export interface StartPhoneChangeOptions extends CodeRequestFacts {
  /** The access token of the user that changes the number. */
  readonly accessToken: string | undefined
  /** The number to change to, as the user wrote it. */
  readonly phoneNumber: string
  /**
   * Whether your application has confirmed the user's identity by other means. Never take this
   * value from a client.
   * @defaultValue false: possession of the old number must have been proven within `session.fresh`
   */
  readonly isReauthenticated?: boolean
}

/**
 * Sends a code to the new number. The code is valid for this session only. This does not reveal
 * whether another user has the number: {@link verifyPhoneChange} does, once possession is proven.
 */
export async function startPhoneChange<Profile extends object>(
  context: ProfileContext<Profile>,
  { accessToken, isReauthenticated = false, ...options }: StartPhoneChangeOptions,
): Promise<StartResult> {
  const find = isReauthenticated === true ? findSignedIn : findFreshlySignedIn
  const { session, user } = await find(context, accessToken)
  const phoneNumber = parsePhoneNumber(options.phoneNumber, context.settings.phoneNumber)
  if (phoneNumber === user.phoneNumber) throw new InvalidInputError('phoneNumber', 'another number than your own')
  const recipient = isTestNumber(context, phoneNumber) ? 'test_number' : 'person'
  const about = { purpose: 'change_phone', sessionId: session.id, userId: user.id, phoneNumber, recipient } as const
  return openChallenge(context, about, options)
}

/**
 * Checks the code and, if it is right, replaces the number. The user's other sessions and the open
 * challenges of both numbers end.
 */
export async function verifyPhoneChange<Profile extends object>(
  context: ProfileContext<Profile>,
  { accessToken, challengeId, code, ip }: SubmitOptions,
): Promise<PhoneChangeResult> {
  const { session, user } = await findSignedIn(context, accessToken)
  const submitted = { code, ip, purpose: 'change_phone', sessionId: session.id } as const
  const { phoneNumber } = await redeemChallenge(context, challengeId, submitted)
  const request = { userId: user.id, phoneNumber, sessionId: session.id }
  const result = await context.jointSteps.changePhoneNumber(request)
  if (result.outcome === 'session_ended') throw new InvalidAccessTokenError()
  if (result.outcome === 'taken') throw new PhoneNumberTakenError()
  if (result.outcome === 'not_found') throw new UserNotFoundError()
  const { previousPhoneNumber, user: changed } = result
  reportRevoked(context, user.id, result.endedSessionIds)
  const previousPhoneNumberMasked = maskPhoneNumber(previousPhoneNumber)
  await emitAbout(context, phoneNumber, { type: 'phone_changed', userId: user.id, previousPhoneNumberMasked })
  await context.hooks.afterPhoneChanged({ user: changed, previousPhoneNumber })
  if (result.failure !== undefined) throw result.failure
  await forgetKnown(context, previousPhoneNumber, phoneNumber)
  return { user: changed, previousPhoneNumber }
}
