import type { Context } from '../context/context.ts'
import { InvalidAccessTokenError, InvalidInputError, StepUpRequiredError } from '../errors/index.ts'
import type { SignedIn } from '../ports/joint-steps.ts'
import type { Session } from '../ports/session-store.ts'
import type { UserId } from '../ports/user-store.ts'
import { type AccessTokenClaims, verifyAccessToken } from '../token/access-token.ts'

/** How {@link PhoneAuth.authenticate} checks. */
export interface AuthenticateOptions {
  /**
   * Whether to make sure that the session still stands: by asking the store, or because that was done within `session.cacheAge`. Without it a
   * revoked session's access token serves until it expires.
   * @defaultValue true
   */
  readonly checkSession?: boolean
}

/** Whom a valid access token stands for. */
export interface AuthenticateResult {
  readonly userId: UserId
  readonly sessionId: string
  /** When the user proved possession of the number. */
  readonly authenticatedAt: Date
  readonly expiresAt: Date
}

/** Verifies an access token and says whom it stands for. */
export async function authenticate(
  context: Context,
  accessToken: string,
  { checkSession = true }: AuthenticateOptions,
): Promise<AuthenticateResult> {
  const claims = await readAccessToken(context, accessToken)
  if (checkSession && !context.liveSessions.has(claims, context.now())) await askStore(context, accessToken, claims)
  return resultOf(claims)
}

/** Verifies an access token and asks the store, whatever is remembered: for what is delicate. */
export async function authenticateNow(context: Context, accessToken: string): Promise<AuthenticateResult> {
  const claims = await readAccessToken(context, accessToken)
  await askStore(context, accessToken, claims)
  return resultOf(claims)
}

async function askStore(context: Context, accessToken: string, claims: AccessTokenClaims): Promise<void> {
  const { endings } = context.liveSessions
  const askedAt = context.now()
  const session = await context.stores.sessionStore.find(claims.sessionId)
  requireSession(context, accessToken, claims, session)
  context.liveSessions.keep(claims, askedAt, endings)
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

/** Verifies an access token whose user proved possession of the number lately. */
export async function requireFresh(
  context: Context,
  accessToken: string,
  maxAgeSeconds: number = context.settings.session.freshSeconds,
): Promise<AuthenticateResult> {
  if (!(maxAgeSeconds > 0)) throw new InvalidInputError('maxAgeSeconds', 'a number of seconds')
  const signedIn = await authenticateNow(context, accessToken)
  const ageMs = context.now().getTime() - signedIn.authenticatedAt.getTime()
  const toleranceMs = context.settings.accessToken.clockToleranceSeconds * 1000
  if (ageMs > maxAgeSeconds * 1000 + toleranceMs) throw new StepUpRequiredError(maxAgeSeconds)
  return signedIn
}

/** Finds who signed in with an access token. */
export async function findSignedIn(context: Context, accessToken: string): Promise<SignedIn> {
  const claims = await readAccessToken(context, accessToken)
  const signedIn = await context.jointSteps.findSignedIn(claims.sessionId)
  requireSession(context, accessToken, claims, signedIn?.session ?? null)
  return signedIn as SignedIn
}

function requireSession(
  { verifiedTokens, liveSessions }: Context,
  accessToken: string,
  { userId, sessionId }: AccessTokenClaims,
  session: Session | null,
): void {
  if (session?.userId === userId) return
  verifiedTokens.forget(accessToken)
  liveSessions.forget(sessionId)
  throw new InvalidAccessTokenError()
}

async function readAccessToken(
  { accessTokenKeys, now, settings, verifiedTokens }: Context,
  accessToken: unknown,
): Promise<AccessTokenClaims> {
  if (typeof accessToken !== 'string') throw new InvalidAccessTokenError()
  const known = verifiedTokens.find(accessToken, now())
  if (known !== undefined) return known
  const claims = await verifyAccessToken(await accessTokenKeys(), settings.accessToken, accessToken, now())
  verifiedTokens.keep(accessToken, claims)
  return claims
}
