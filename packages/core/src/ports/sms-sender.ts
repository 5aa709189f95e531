import type { Purpose } from '../challenge/challenge.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'

/**
 * Which template a message is written by, and the values that fill it in, for gateways that send
 * approved texts only: India's DLT, WhatsApp.
 */
export interface MessageTemplate {
  /** What the code is for. */
  readonly purpose: Purpose
  /** The language of the text (BCP 47). */
  readonly locale: string
  /** Whether the code is a hardened one, for which a gateway may need another template. */
  readonly isHardened: boolean
  readonly variables: {
    /** The code as the text shows it. As secret as the text. */
    readonly code: string
    /** `applicationName` of the options. */
    readonly application: string
    /** How many minutes the code is still good. */
    readonly minutes: string
  }
  /**
   * The code in its groups, for templates whose variables take neither spaces nor hyphens: one
   * group of an ordinary code, three or five of a hardened one. As secret as the text.
   */
  readonly codeGroups: readonly string[]
}

/** A message to one phone number. */
export interface SmsMessage {
  readonly to: PhoneNumber
  /** The whole text. It holds the code: it must not reach a log. */
  readonly text: string
  /** The code as the text shows it. As secret as the text. */
  readonly code: string
  /** What the text was written by, for providers that keep the texts themselves. */
  readonly template: MessageTemplate
  /** How long the code is still good: a message that arrives later is of no use. */
  readonly expiresInSeconds: number
  /**
   * Names the message in what the provider later tells of it: give it back to
   * `PhoneAuth.noteDelivery`. It is not a secret.
   */
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
  /**
   * What `report` is to name the message by: 1 to 255 characters. Without it nothing is reported of
   * the message.
   */
  readonly handle?: string
}

/** What became of a message that the provider accepted. */
export interface MessageOutcome {
  readonly to: PhoneNumber
  /** The handle that came with the receipt. */
  readonly handle: string
  /**
   * `verified`: the user submitted the right code. `replaced`: a later message of the same
   * challenge took its place. `expired`: the challenge ended unused.
   */
  readonly outcome: 'verified' | 'replaced' | 'expired'
}

/** Sends messages through a provider. */
export interface SmsSender {
  /** Why the sender must not serve in production, if so. */
  readonly developmentOnly?: string

  /**
   * Resolves when the provider accepted the message, which does not mean that it arrived.
   *
   * - Throws `SmsRejectedError` when the provider refuses the message for good.
   * - Throws `SmsUnavailableError` otherwise, and says whether the message may have gone out all
   *   the same.
   * - Any other error is taken for an unknown outcome.
   * - Never sends again what may have gone out.
   */
  send(message: SmsMessage, options: SendOptions): Promise<SmsReceipt>

  /**
   * Receives what became of a message, for providers that choose their routes by it. Implement it
   * only for a provider that wants to know: it costs one more write to the store for each message.
   *
   * - Runs in the background, once at most for each outcome; no answer to a user waits for it.
   * - What it throws becomes a `report_failed` event and changes nothing else.
   * - `expired` comes when the challenge is purged, which may be an hour after its end.
   */
  report?(outcome: MessageOutcome, options: SendOptions): Promise<void>
}
