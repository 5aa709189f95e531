import type { Context } from '../context/context.ts'
import {
  AccessTokenExpiredError,
  InvalidAccessTokenError,
  InvalidInputError,
  isPhoneAuthError,
  StepUpRequiredError,
} from '../errors/index.ts'
import type { SignedIn } from '../ports/joint-steps.ts'
import type { Session } from '../ports/session-store.ts'
import type { UserId } from '../ports/user-store.ts'
import { type AccessTokenClaims, verifyAccessToken } from '../token/access-token.ts'

/** Options for {@link PhoneAuth.authenticate}. */
export interface AuthenticateOptions {
  /**
   * The access token, or an `Authorization` header: a `Bearer ` prefix is removed. `undefined` is
   * refused like an invalid token.
   */
  readonly accessToken: string | undefined
  /**
   * Whether to check that the session is still active, in the store or from an earlier check within
   * `session.cacheAge`. Without this check, the access token of a revoked session is accepted until
   * it expires.
   * @defaultValue true
   */
  readonly checkSession?: boolean
}

/** The user and the session that a valid access token was issued to. */
export interface AuthenticateResult {
  readonly userId: UserId
  readonly sessionId: string
  /** When the user proved possession of the number. */
  readonly authenticatedAt: Date
  readonly expiresAt: Date
}

/** Verifies an access token and returns the user and the session it was issued to. */
export async function authenticate(
  context: Context,
  { accessToken, checkSession = true }: AuthenticateOptions,
): Promise<AuthenticateResult> {
  const verified = await readAccessToken(context, accessToken)
  const { claims } = verified
  if (checkSession && !context.liveSessions.has(claims, context.now())) await askStore(context, verified)
  return resultOf(claims)
}

/** Verifies an access token and always asks the store. Use it for sensitive operations. */
export async function authenticateNow(context: Context, accessToken: string | undefined): Promise<AuthenticateResult> {
  const verified = await readAccessToken(context, accessToken)
  await askStore(context, verified)
  return resultOf(verified.claims)
}

async function askStore(context: Context, verified: VerifiedToken): Promise<void> {
  const { claims } = verified
  const { endings } = context.liveSessions
  const askedAt = context.now()
  const session = await context.stores.sessionStore.find(claims.sessionId)
  const isNoted = await requireSession(context, verified, session)
  if (isNoted) context.liveSessions.keep(claims, session?.oldestGeneration ?? 0, askedAt, endings)
}

function resultOf(claims: AccessTokenClaims): AuthenticateResult {
  const { userId, sessionId, authenticatedAt, expiresAt } = claims
  return {
    userId,
    sessionId,
    authenticatedAt: new Date(authenticatedAt * 1000),
    expiresAt: new Date(expiresAt * 1000),
  }
}

/** Verifies an access token and requires that possession of the number was proven recently. */
export async function requireFresh(
  context: Context,
  {
    accessToken,
    maxAgeSeconds = context.settings.session.freshSeconds,
  }: { readonly accessToken: string | undefined; readonly maxAgeSeconds?: number },
): Promise<AuthenticateResult> {
  if (typeof maxAgeSeconds !== 'number' || !(maxAgeSeconds > 0)) {
    throw new InvalidInputError('maxAgeSeconds', 'a number of seconds, more than 0')
  }
  const signedIn = await authenticateNow(context, accessToken)
  requireRecent(context, signedIn.authenticatedAt.getTime(), maxAgeSeconds)
  return signedIn
}

function requireRecent({ now, settings }: Context, authenticatedAtMs: number, maxAgeSeconds: number): void {
  const maxAgeMs = (maxAgeSeconds + settings.accessToken.clockToleranceSeconds) * 1000
  if (now().getTime() - authenticatedAtMs > maxAgeMs) throw new StepUpRequiredError(maxAgeSeconds)
}

/** Returns the session of an access token and its user. */
export async function findSignedIn(context: Context, accessToken: string | undefined): Promise<SignedIn> {
  return signedInOf(context, await readAccessToken(context, accessToken))
}

/**
 * Returns the session of an access token and its user. Requires that possession of the number was
 * proven within `session.fresh`.
 */
export async function findFreshlySignedIn(context: Context, accessToken: string | undefined): Promise<SignedIn> {
  const verified = await readAccessToken(context, accessToken)
  const signedIn = await signedInOf(context, verified)
  // The token's own time: a step-up renews the session, but not the tokens issued before it.
  requireRecent(context, verified.claims.authenticatedAt * 1000, context.settings.session.freshSeconds)
  return signedIn
}

async function signedInOf(context: Context, verified: VerifiedToken): Promise<SignedIn> {
  const signedIn = await context.jointSteps.findSignedIn(verified.claims.sessionId)
  await requireSession(context, verified, signedIn?.session ?? null)
  return signedIn as SignedIn
}

/**
 * Requires that the session of a token is active, and notes that its generation is used. Returns
 * `false` if the store could not note it.
 */
async function requireSession(
  { stores, verifiedTokens, liveSessions }: Context,
  { token, claims: { userId, sessionId, generation } }: VerifiedToken,
  session: Session | null,
): Promise<boolean> {
  if (session?.userId !== userId) {
    verifiedTokens.forget(token)
    liveSessions.forget(sessionId)
    throw new InvalidAccessTokenError()
  }
  // The client did not receive this token in time and repeated the exchange, or a thief did so. A
  // client refreshes, and a thief cannot use the token.
  if (generation < session.oldestGeneration) throw new AccessTokenExpiredError()
  // The first generation was not exchanged for anything.
  if (generation === 0 || generation !== session.generation || session.isGenerationUsed) return true
  try {
    // From now on, the refresh token that was exchanged is stolen if it is used again.
    await stores.sessionStore.markUsed(sessionId, generation)
    return true
  } catch (error) {
    // A database that is read-only for a while still answers who is signed in, and refreshes
    // nothing. The next call notes the use.
    if (isPhoneAuthError(error) && error.code === 'store_unavailable') return false
    throw error
  }
}

/** An access token without its `Bearer ` prefix, and its claims. */
export interface VerifiedToken {
  readonly token: string
  readonly claims: AccessTokenClaims
}

/** Verifies an access token, but does not check its session. */
export async function readAccessToken(
  { accessTokenSigner, now, settings, verifiedTokens }: Context,
  accessToken: unknown,
): Promise<VerifiedToken> {
  if (typeof accessToken !== 'string') throw new InvalidAccessTokenError()
  // Applications pass the whole header value (RFC 6750 section 2.1).
  const token = accessToken.replace(/^Bearer +/i, '')
  const known = verifiedTokens.find(token, now())
  if (known !== undefined) return { token, claims: known }
  const claims = await verifyAccessToken(await accessTokenSigner(), settings.accessToken, token, now())
  verifiedTokens.keep(token, claims)
  return { token, claims }
}
