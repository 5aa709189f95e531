import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** A message to one phone number. */
export interface SmsMessage {
  readonly to: PhoneNumber
  /** The whole text. It holds the code: it must not reach a log. */
  readonly text: string
}

/** What the provider said when it accepted a message. */
export interface SmsReceipt {
  /** The provider's id of the message, where it gives one. */
  readonly messageId?: string
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
   */
  send(message: SmsMessage): Promise<SmsReceipt>
}
