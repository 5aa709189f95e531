import { AccessTokenExpiredError } from '../errors/index.ts'
import type { AccessTokenClaims } from '../token/access-token.ts'
import { remember } from './remember.ts'

/**
 * Remembers access tokens that were verified or issued here, so that the next calls of a client
 * verify no signature. An entry can only expire: every call still checks elsewhere whether the
 * session is active.
 */
export class VerifiedTokens {
  readonly #claims = new Map<string, AccessTokenClaims>()
  readonly #toleranceSeconds: number

  constructor(toleranceSeconds: number) {
    this.#toleranceSeconds = toleranceSeconds
  }

  /**
   * The claims of a remembered token.
   *
   * @throws {@link AccessTokenExpiredError} if it has expired.
   */
  find(token: string, now: Date): AccessTokenClaims | undefined {
    const claims = this.#claims.get(token)
    if (claims !== undefined && claims.expiresAt <= Math.floor(now.getTime() / 1000) - this.#toleranceSeconds) {
      this.#claims.delete(token)
      throw new AccessTokenExpiredError()
    }
    return claims
  }

  keep(token: string, claims: AccessTokenClaims): void {
    remember(this.#claims, token, claims)
  }

  /** Forgets the token of an ended session. */
  forget(token: string): void {
    this.#claims.delete(token)
  }
}
