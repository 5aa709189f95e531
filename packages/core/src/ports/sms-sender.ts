import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** A message to one phone number. */
export interface SmsMessage {
  readonly to: PhoneNumber
  /** The whole text. It holds the code: it must not reach a log. */
  readonly text: string
  /** The code as the text shows it, for providers that keep the text themselves, as WhatsApp does. As secret as the text. */
  readonly code: string
  /** How long the code is still good: a message that arrives later is of no use. */
  readonly expiresInSeconds: number
  /** The language of the text (BCP 47). */
  readonly locale: string
  /** Names the message in what the provider later tells of it: give it back to `PhoneAuth.noteDelivery`. It is no secret. */
  readonly reference: string
}

/** How long a sender may take. */
export interface SendOptions {
  /** Milliseconds that the caller waits. */
  readonly timeoutMs: number
  /** Aborted when the caller waits no longer: let go of the request. */
  readonly signal: AbortSignal
}

/** What the provider said when it accepted a message. */
export interface SmsReceipt {
  /** The provider's id of the message, where it gives one. */
  readonly messageId?: string
  /** How many messages the provider charges, where it says so. */
  readonly segments?: number
  /** The provider's word for how far the message is, such as `queued`. */
  readonly status?: string
}

/** Sends messages through a provider. */
export interface SmsSender {
  /** Why the sender must not serve in production, if so. */
  readonly developmentOnly?: string

  /**
   * Resolves when the provider accepted the message, which does not mean that it arrived.
   *
   * - Throws `SmsRejectedError` when the provider refuses the message for good.
   * - Throws `SmsUnavailableError` otherwise, and says whether the message may have gone out all the same.
   * - Any other error is taken for an unknown outcome.
   * - Never sends again what may have gone out.
   */
  send(message: SmsMessage, options: SendOptions): Promise<SmsReceipt>
}
