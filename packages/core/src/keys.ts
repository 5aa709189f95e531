/**
 * Generates keys of access tokens for `accessToken.keys`, and rotates them without downtime.
 *
 * @module @phone-auth/core/keys
 */

export { announceKey, generateKeySet, promoteKey } from './keys/key-rotation.ts'
export type { AccessTokenAlgorithm, AccessTokenJwk, AccessTokenKeySet, PublicJwk } from './keys/key-set.ts'
