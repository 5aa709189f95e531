import { PhoneAuthError } from './phone-auth-error.ts'

/** Details of a provider's failure, for the operators of the application. */
export interface ProviderFailure {
  /** What is wrong and how to fix it. Contains no code and no whole phone number. */
  readonly explanation?: string
  /** The provider's error code. */
  readonly providerCode?: number | null
  /** For an unknown outcome: whether a provider that was called later refused the number. */
  readonly concernsRecipient?: boolean
  /**
   * How many seconds to wait because the provider gets too many calls (HTTP status 429). Such an
   * error does not count as a failure of the provider.
   */
  readonly retryAfterSeconds?: number | null
}

/**
 * Why a message was refused.
 *
 * - `invalid_number`, `unreachable`, `unsubscribed`: the number is invalid, or its line or its
 *   owner receives no messages.
 * - `not_on_channel`: the owner does not use the channel, such as WhatsApp. Another channel may
 *   reach the number, so `failover` tries the next sender.
 * - `region_not_enabled`, `recipient_not_verified`, `credentials`, `misconfigured`: you must fix
 *   the account that sends the message.
 * - `blocked`: the provider suspects fraud.
 */
export type SmsRejection =
  | 'invalid_number'
  | 'unreachable'
  | 'unsubscribed'
  | 'not_on_channel'
  | 'region_not_enabled'
  | 'recipient_not_verified'
  | 'credentials'
  | 'misconfigured'
  | 'blocked'
  | 'other'

/** Thrown when the sender refuses a message permanently. The message was not sent. */
export class SmsRejectedError extends PhoneAuthError {
  override readonly name = 'SmsRejectedError'
  readonly code = 'sms_rejected'
  readonly reason: SmsRejection
  readonly providerCode: number | null

  constructor(reason: SmsRejection = 'other', { explanation, providerCode = null }: ProviderFailure = {}) {
    super(explanation ?? 'The SMS provider refused the message. Check the number, or use another one.')
    this.reason = reason
    this.providerCode = providerCode
  }

  /**
   * Whether the number is the reason, so that no other provider would or should deliver the
   * message.
   */
  get concernsRecipient(): boolean {
    return this.reason === 'invalid_number' || this.reason === 'unreachable' || this.reason === 'unsubscribed'
  }
}

/**
 * A challenge with a message that may have been sent although the sender failed. If the code
 * arrives, it is valid.
 */
export interface PendingChallenge {
  readonly challengeId: string
  readonly expiresAt: Date
  /** Whole seconds until `expiresAt`, when the error was thrown. */
  readonly expiresInSeconds: number
  /** When a resend is allowed; `null` when all messages of the challenge are sent. */
  readonly resendAt: Date | null
  /** Whole seconds until `resendAt`; `null` when all messages of the challenge are sent. */
  readonly resendInSeconds: number | null
}

/** Thrown when the sender cannot be reached, or fails in a way that leaves the outcome unknown. */
export class SmsUnavailableError extends PhoneAuthError {
  override readonly name = 'SmsUnavailableError'
  readonly code = 'sms_unavailable'
  /** Whether the message may have been sent anyway. If so, do not send it again blindly. */
  readonly mayHaveBeenSent: boolean
  readonly providerCode: number | null
  /**
   * Whether a provider that was called later refused the number, so that no other should be called.
   */
  readonly concernsRecipient: boolean
  /**
   * How many seconds to wait because the provider gets too many calls; `null` for other failures.
   */
  readonly retryAfterSeconds: number | null
  // Private, so that printing the error does not print the challenge id.
  readonly #challenge: PendingChallenge | null

  constructor(
    mayHaveBeenSent: boolean,
    { explanation, providerCode = null, concernsRecipient = false, retryAfterSeconds = null }: ProviderFailure = {},
    challenge: PendingChallenge | null = null,
  ) {
    super(explanation ?? 'The SMS provider is not available at the moment. Try again shortly.')
    this.mayHaveBeenSent = mayHaveBeenSent
    this.providerCode = providerCode
    this.concernsRecipient = concernsRecipient
    this.retryAfterSeconds = retryAfterSeconds
    this.#challenge = challenge
  }

  /** From `start`, when the message may have been sent: the challenge to continue with. */
  get challenge(): PendingChallenge | null {
    return this.#challenge
  }
}
