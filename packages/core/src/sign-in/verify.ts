import type { Challenge } from '../challenge/challenge.ts'
import { type Context, emitAbout, type ProfileContext } from '../context/context.ts'
import { ChallengeExpiredError, isPhoneAuthError, SignInRefusedError } from '../errors/index.ts'
import { devicePart, issueDeviceToken } from '../limits/subjects.ts'
import type { User, UserId } from '../ports/user-store.ts'
import { type ProfileState, profileState } from '../profile/completion.ts'
import { newSession } from '../session/new-session.ts'
import { reportRevoked } from '../session/report-revoked.ts'
import { issueTokens, type Tokens } from '../session/tokens.ts'
import { signInOver } from '../stores/compose-sign-in.ts'
import { issueRefreshToken } from '../token/refresh-token.ts'
import { type ChallengeReference, nameChallenge } from './find-challenge.ts'
import { refusal } from './refusal.ts'
import { sourceOf } from './source-of.ts'
import { prepareAttempt, proofBy, requireCode } from './submit-code.ts'

/**
 * Options for {@link PhoneAuth.verify}: the challenge, by its id or by the number alone, and the
 * code.
 */
export type VerifyOptions = ChallengeReference & {
  /** The code, as the user typed it. */
  readonly code: string
  /** The client's IP address, for the limits and for the list of sessions. */
  readonly ip?: string | undefined
  /** The client's user agent, for the list of sessions. */
  readonly userAgent?: string | undefined
  /** The device token of the client's last sign-in, which the new one replaces. */
  readonly deviceToken?: string | undefined
}

/** A completed sign-in. */
export type VerifyResult<Profile extends object> = Tokens &
  ProfileState<Profile> & {
    readonly user: User
    /**
     * A token by which later starts recognise this device: 256 random bits. Give it to the client
     * only. It does not sign in; it keeps attackers from using up the limits of the number's own
     * devices (OWASP, Device Cookies).
     */
    readonly deviceToken: string
    /** Whether this sign-in created the user. */
    readonly isNewUser: boolean
    /**
     * Whether the number was last verified, by a sign-in or a change of number, longer than
     * `dormantAfter` ago. It may have been given to another person.
     */
    readonly isDormant: boolean
  }

/** Checks a code and, if it is right, consumes the challenge and signs the user in. */
export async function verify<Profile extends object>(
  context: ProfileContext<Profile>,
  options: VerifyOptions,
): Promise<VerifyResult<Profile>> {
  const { settings } = context
  const typed = requireCode(context, options.code)
  const name = await nameChallenge(context, options)
  const refreshToken = await issueRefreshToken(await context.keyRing())
  const { sessionId } = refreshToken
  const deviceToken = issueDeviceToken()
  const previous = await devicePart(options.deviceToken)
  const submitted = {
    code: typed,
    purpose: 'sign_in',
    sessionId: null,
    ip: options.ip,
    known: [await devicePart(deviceToken), sourceOf(context, options.ip)?.prefix].filter(isPresent),
    forgotten: [previous].filter(isPresent),
  } as const
  const { attempt, code } = await prepareAttempt(context, name, submitted)
  const request = {
    attempt,
    registration: settings.registration,
    session: newSession(settings, sessionId, refreshToken, options),
  }
  const proves = proofBy(context, code)
  const outcome = context.hooks.hasGate
    ? await signInOver(context.stores, request, (challenge) => askGate(context, challenge, proves, options))
    : await context.jointSteps.signIn(request)
  if (outcome.outcome === 'gone' || outcome.outcome === 'wrong' || outcome.outcome === 'spent') {
    throw await refusal(context, outcome, name.by)
  }
  const isProven = await proves(outcome.challenge)
  if (outcome.outcome !== 'signed_in') throw await refusal(context, outcome, name.by)
  const { user, profile, session, isNewUser } = outcome
  if (!isProven) {
    await context.stores.sessionStore.revoke(sessionId)
    throw new ChallengeExpiredError()
  }
  if (isNewUser) await emitAbout(context, user.phoneNumber, { type: 'user_created', userId: user.id })
  const isDormant = isLongAgo(context, user.previouslyVerifiedAt, user.verifiedAt)
  if (isDormant) await emitAbout(context, user.phoneNumber, { type: 'dormant_sign_in', userId: user.id })
  await emitAbout(context, user.phoneNumber, { type: 'signed_in', sessionId, userId: user.id })
  const { maxSessions } = settings.session
  if (maxSessions !== null) await evict(context, user.id, maxSessions)
  return {
    ...(await issueTokens(context, session, refreshToken)),
    user,
    deviceToken,
    isNewUser,
    isDormant,
    ...(await profileState(context.profile, profile.fields)),
  }
}

// The hook runs before the sign-in is stored, so that a refused sign-in leaves the user unchanged.
async function askGate<Profile extends object>(
  context: ProfileContext<Profile>,
  challenge: Challenge,
  proves: (challenge: Challenge) => Promise<boolean>,
  { ip, userAgent }: VerifyOptions,
): Promise<UserId | null> {
  const { phoneNumber, consumedAt } = challenge
  if (!(await proves(challenge))) throw new ChallengeExpiredError()
  const known = await context.stores.userStore.findByPhoneNumber(phoneNumber)
  // Unknown and inactive users are refused without calling the hook.
  if (known === null && context.settings.registration === 'closed') throw new ChallengeExpiredError()
  if (known?.user.isActive === false) {
    throw await refusal(context, { outcome: 'inactive', challenge, user: known.user }, 'challenge_id')
  }
  const refused = await context.hooks.beforeSignIn({
    phoneNumber,
    user: known?.user ?? null,
    profile: (known?.profile.fields ?? {}) as Partial<Profile>,
    isDormant: isLongAgo(context, known?.user.verifiedAt ?? null, consumedAt),
    ip,
    userAgent,
  })
  if (refused === null) return known?.user.id ?? null
  await emitAbout(context, phoneNumber, { type: 'sign_in_refused', by: 'beforeSignIn', userId: known?.user.id ?? null })
  throw new SignInRefusedError(refused)
}

function isPresent<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}

function isLongAgo({ settings }: Context, proven: Date | null, now: Date | null): boolean {
  return proven !== null && now !== null && now.getTime() - proven.getTime() > settings.dormantAfterSeconds * 1000
}

// The sign-in is complete and its code is used. If the store fails here, the next sign-in ends the
// remaining sessions.
async function evict(context: Context, userId: UserId, maxSessions: number): Promise<void> {
  try {
    reportRevoked(context, userId, await context.stores.sessionStore.keepLatest(userId, maxSessions))
  } catch (error) {
    if (!isPhoneAuthError(error)) throw error
  }
}
