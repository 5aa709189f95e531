import { AccessTokenExpiredError } from '../errors/index.ts'
import type { AccessTokenClaims } from '../token/access-token.ts'
import { remember } from './remember.ts'

/**
 * Remembers access tokens that were verified or issued here, so that a client's next calls cost no
 * signature. What is remembered can only expire: whether the session still stands is asked
 * elsewhere, each time.
 */
export class VerifiedTokens {
  readonly #claims = new Map<string, AccessTokenClaims>()
  readonly #toleranceSeconds: number

  constructor(toleranceSeconds: number) {
    this.#toleranceSeconds = toleranceSeconds
  }

  /** What a token is known to say. @throws {@link AccessTokenExpiredError} if its time is over. */
  find(token: string, now: Date): AccessTokenClaims | undefined {
    const claims = this.#claims.get(token)
    if (claims !== undefined && claims.expiresAt <= Math.floor(now.getTime() / 1000) - this.#toleranceSeconds) {
      this.#claims.delete(token)
      throw new AccessTokenExpiredError()
    }
    return claims
  }

  /** Remembers a token. */
  keep(token: string, claims: AccessTokenClaims): void {
    remember(this.#claims, token, claims)
  }

  /** Forgets the token of a session that is over. */
  forget(token: string): void {
    this.#claims.delete(token)
  }
}
