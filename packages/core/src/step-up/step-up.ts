import { type Context, emitAbout } from '../context/context.ts'
import { InvalidAccessTokenError } from '../errors/index.ts'
import { findSignedIn } from '../session/authenticate.ts'
import { type AccessToken, issueAccess } from '../session/tokens.ts'
import { isTestNumber } from '../sign-in/code-of.ts'
import { type CodeRequestFacts, openChallenge, type StartResult } from '../sign-in/open-challenge.ts'
import { redeemChallenge } from '../sign-in/submit-code.ts'

/** What {@link PhoneAuth.startStepUp} takes. */
export interface StartStepUpOptions extends CodeRequestFacts {
  /** The token of who is to prove possession of the number anew. */
  readonly accessToken: string
}

/** A code that somebody who is signed in has typed. */
export interface SubmitOptions {
  readonly accessToken: string
  /** What the start gave. */
  readonly challengeId: string
  /** What the person typed. */
  readonly code: string
  /** The client's IP address, for the limits. */
  readonly ip?: string | undefined
}

/** Sends a code to the user's own number, good for this session alone. */
export async function startStepUp(context: Context, options: StartStepUpOptions): Promise<StartResult> {
  const { session, user } = await findSignedIn(context, options.accessToken)
  const { phoneNumber } = user
  const recipient = isTestNumber(context, phoneNumber) ? 'test_number' : 'person'
  return openChallenge(context, { purpose: 'step_up', subject: session.id, phoneNumber, recipient }, options)
}

/** Checks the code; when it is right, gives a token as fresh as after a sign-in. */
export async function verifyStepUp(context: Context, options: SubmitOptions): Promise<AccessToken> {
  const { session, user } = await findSignedIn(context, options.accessToken)
  const { code, ip } = options
  const subject = session.id
  const { phoneNumber } = await redeemChallenge(context, options.challengeId, { code, ip, purpose: 'step_up', subject })
  // The number was changed meanwhile: what was proven is possession of the former one.
  if (phoneNumber !== user.phoneNumber) throw new InvalidAccessTokenError()
  const fresh = await context.stores.sessionStore.reauthenticate(session.id)
  if (fresh === null) throw new InvalidAccessTokenError()
  await emitAbout(context, phoneNumber, { type: 'stepped_up', sessionId: session.id, userId: user.id })
  return issueAccess(context, fresh, fresh.authenticatedAt)
}
