import { PhoneAuthError } from './phone-auth-error.ts'

/** What the people who run the application are told of a provider's failure. */
export interface ProviderFailure {
  /** What is wrong and how to mend it. Holds no code and no whole phone number. */
  readonly explanation?: string
  /** The provider's own number for it. */
  readonly providerCode?: number | null
  /** For an unknown outcome: whether a provider that was asked later refused the number. */
  readonly concernsRecipient?: boolean
}

/**
 * Why a message was refused: the number is none, or its line or its owner receives none
 * (`invalid_number`, `unreachable`, `unsubscribed`); or the account that sends it must be mended
 * (`region_not_enabled`, `recipient_not_verified`, `credentials`, `misconfigured`); or the provider
 * takes it for fraud (`blocked`).
 */
export type SmsRejection =
  | 'invalid_number'
  | 'unreachable'
  | 'unsubscribed'
  | 'region_not_enabled'
  | 'recipient_not_verified'
  | 'credentials'
  | 'misconfigured'
  | 'blocked'
  | 'other'

/** Thrown when the sender refuses a message for good. It did not go out. */
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
   * Whether it lies with the number, so that no other provider would or should deliver the message
   * either.
   */
  get concernsRecipient(): boolean {
    return this.reason === 'invalid_number' || this.reason === 'unreachable' || this.reason === 'unsubscribed'
  }
}

/**
 * A challenge whose message may have gone out although the sender failed: its code, should it
 * arrive, is good.
 */
export interface PendingChallenge {
  readonly challengeId: string
  readonly expiresAt: Date
  /** When a resend is admitted; `null` when all the challenge's messages are sent. */
  readonly resendAt: Date | null
}

/** Thrown when the sender failed in a way that leaves the outcome open, or could not be reached. */
export class SmsUnavailableError extends PhoneAuthError {
  override readonly name = 'SmsUnavailableError'
  readonly code = 'sms_unavailable'
  /**
   * Whether the message may have gone out all the same. If so, it must not be blindly sent again.
   */
  readonly mayHaveBeenSent: boolean
  readonly providerCode: number | null
  /**
   * Whether a provider that was asked later refused the number, so that none should be asked any
   * more.
   */
  readonly concernsRecipient: boolean
  // Not a property: whoever prints the error would print the challenge id.
  readonly #challenge: PendingChallenge | null

  constructor(
    mayHaveBeenSent: boolean,
    { explanation, providerCode = null, concernsRecipient = false }: ProviderFailure = {},
    challenge: PendingChallenge | null = null,
  ) {
    super(explanation ?? 'The SMS provider is not available at the moment. Try again shortly.')
    this.mayHaveBeenSent = mayHaveBeenSent
    this.providerCode = providerCode
    this.concernsRecipient = concernsRecipient
    this.#challenge = challenge
  }

  /** From `start`, when the message may have gone out: the challenge, to go on with. */
  get challenge(): PendingChallenge | null {
    return this.#challenge
  }
}
