import { type Context, emitAbout, type ProfileContext } from '../context.ts'
import { ChallengeExpiredError, SignInRefusedError } from '../errors.ts'
import type { SignInOutcome } from '../ports/joint-sign-in.ts'
import type { User } from '../ports/user-store.ts'
import { needsCompletion } from '../profile/profile.ts'
import { endSessions } from '../session/end-sessions.ts'
import { newSession } from '../session/new-session.ts'
import { issueTokens, type Tokens } from '../session/tokens.ts'
import { issueRefreshToken } from '../token/refresh-token.ts'
import { type ChallengeReference, nameChallenge } from './find-challenge.ts'
import { refusal } from './refusal.ts'
import { attemptBy, isCodeOf, requireCode, tellTampered } from './submit-code.ts'

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
  /** Whether possession of the number had not been proven for `dormantAfter`: the number may have become somebody else's. */
  readonly isDormant: boolean
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
  const typed = requireCode(context, options.code)
  const name = await nameChallenge(context, options)
  const refreshToken = await issueRefreshToken(await context.keyRing())
  const { sessionId } = refreshToken
  const submitted = { code: typed, purpose: 'sign_in', subject: null, ip: options.ip } as const
  const { attempt, code } = await attemptBy(context, name, submitted)
  const outcome = await context.jointSignIn.signIn({
    attempt,
    registration: settings.registration,
    session: newSession(settings, sessionId, refreshToken, options),
  })
  if (outcome.outcome !== 'signed_in') throw await refusal(context, outcome, name.by)
  const { user, profile, session, isNewUser } = outcome
  if (!(await isCodeOf(context, outcome.challenge, code))) {
    await context.stores.sessionStore.revoke(sessionId)
    await tellTampered(context, outcome.challenge)
    throw new ChallengeExpiredError()
  }
  if (isNewUser) await emitAbout(context, user.phoneNumber, { type: 'user_created', userId: user.id })
  const isDormant = await noteDormancy(context, user)
  await askGate(context, outcome, { isDormant, ip: options.ip, userAgent: options.userAgent })
  await emitAbout(context, user.phoneNumber, { type: 'signed_in', sessionId, userId: user.id })
  const { maxSessions } = settings.session
  if (maxSessions !== null) {
    endSessions(context, user.id, await context.stores.sessionStore.keepLatest(user.id, maxSessions))
  }
  return {
    ...(await issueTokens(context, session, refreshToken)),
    user,
    isNewUser,
    isDormant,
    profile: profile.fields as Partial<Profile>,
    needsProfileCompletion: needsCompletion(context.profile, profile.fields),
  }
}

async function noteDormancy(context: Context, { id: userId, phoneNumber, verifiedAt, previouslyVerifiedAt }: User) {
  if (verifiedAt === null || previouslyVerifiedAt === null) return false
  const isDormant = verifiedAt.getTime() - previouslyVerifiedAt.getTime() > context.settings.dormantAfterSeconds * 1000
  if (isDormant) await emitAbout(context, phoneNumber, { type: 'dormant_sign_in', userId })
  return isDormant
}

// The session is there already, but nobody has its tokens; a gate that refuses ends it before anybody gets them.
async function askGate<Profile extends object>(
  context: ProfileContext<Profile>,
  { user, profile, isNewUser, session }: Extract<SignInOutcome, { outcome: 'signed_in' }>,
  facts: { readonly isDormant: boolean; readonly ip: string | undefined; readonly userAgent: string | undefined },
): Promise<void> {
  const fields = profile.fields as Partial<Profile>
  const refused = await context.hooks.beforeSignIn({ user, profile: fields, isNewUser, ...facts })
  if (refused === null) return
  await context.stores.sessionStore.revoke(session.id)
  await emitAbout(context, user.phoneNumber, { type: 'sign_in_refused', userId: user.id })
  throw new SignInRefusedError(refused)
}
