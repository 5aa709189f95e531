import { type Context, emitAbout } from '../context/context.ts'
import { InvalidAccessTokenError } from '../errors/index.ts'
import { findSignedIn, readAccessToken } from '../session/authenticate.ts'
import { type AccessToken, issueAccess } from '../session/tokens.ts'
import { isTestNumber } from '../sign-in/code-of.ts'
import { type CodeRequestFacts, openChallenge, type StartResult } from '../sign-in/open-challenge.ts'
import { redeemChallenge } from '../sign-in/submit-code.ts'

/** Options for {@link PhoneAuth.startStepUp}. */
export interface StartStepUpOptions extends CodeRequestFacts {
  /** The access token of the user that proves possession of the number again. */
  readonly accessToken: string | undefined
}

/** Options for {@link PhoneAuth.verifyStepUp} and {@link PhoneAuth.verifyPhoneChange}. */
export interface SubmitOptions {
  /** The access token of the session that the code was requested in. */
  readonly accessToken: string | undefined
  /** The challenge, by the id that the start returned. */
  readonly challengeId: string
  /** The code, as the user typed it. */
  readonly code: string
  /** The client's IP address, for the limits. */
  readonly ip?: string | undefined
}

/** Sends a code to the user's own number. The code is valid for this session only. */
export async function startStepUp(context: Context, options: StartStepUpOptions): Promise<StartResult> {
  const { session, user } = await findSignedIn(context, options.accessToken)
  const { phoneNumber } = user
  const recipient = isTestNumber(context, phoneNumber) ? 'test_number' : 'person'
  const about = { purpose: 'step_up', sessionId: session.id, userId: user.id, phoneNumber, recipient } as const
  return openChallenge(context, about, options)
}

/** Checks the code and, if it is right, returns an access token as fresh as after a sign-in. */
export async function verifyStepUp(context: Context, options: SubmitOptions): Promise<AccessToken> {
  const { session, user } = await findSignedIn(context, options.accessToken)
  const { code, ip } = options
  const sessionId = session.id
  const { phoneNumber } = await redeemChallenge(context, options.challengeId, {
    code,
    ip,
    purpose: 'step_up',
    sessionId,
  })
  // The number was changed since the start, so the code proves possession of the previous number.
  if (phoneNumber !== user.phoneNumber) throw new InvalidAccessTokenError()
  const fresh = await context.stores.sessionStore.reauthenticate(session.id)
  if (fresh === null) throw new InvalidAccessTokenError()
  await emitAbout(context, phoneNumber, { type: 'stepped_up', sessionId: session.id, userId: user.id })
  // Not the latest generation: its answer may be lost, and the client does not have it.
  const { generation } = (await readAccessToken(context, options.accessToken)).claims
  return issueAccess(context, { ...fresh, generation }, fresh.authenticatedAt)
}
