import type { Purpose } from '../challenge/challenge.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'

/**
 * The template of a message and the values of its variables, for gateways that send approved texts
 * only, such as India's DLT and WhatsApp.
 */
export interface MessageTemplate {
  /** What the code is for. */
  readonly purpose: Purpose
  /** The language of the text (BCP 47). */
  readonly locale: string
  /** Whether the code is hardened. A gateway may need another template for a hardened code. */
  readonly isHardened: boolean
  readonly variables: {
    /** The code as the text shows it. As secret as the text. */
    readonly code: string
    /** `messages.applicationName` of the options. */
    readonly application: string
    /** How many minutes the code is still valid. */
    readonly minutes: string
  }
  /**
   * The groups of the code, for templates with variables that allow neither spaces nor hyphens: one
   * group for an ordinary code, three or five for a hardened code. As secret as the text.
   */
  readonly codeGroups: readonly string[]
}

/** A message to one phone number. */
export interface SmsMessage {
  readonly to: PhoneNumber
  /** The whole text. It contains the code, so it must not be logged. */
  readonly text: string
  /** The code as the text shows it. As secret as the text. */
  readonly code: string
  /** The template of the text, for providers that store the texts themselves. */
  readonly template: MessageTemplate
  /** How long the code is still valid. A message that arrives later is useless. */
  readonly expiresInSeconds: number
  /**
   * Identifies the message in the provider's delivery receipts: pass it to
   * `PhoneAuth.recordDelivery`. It is not a secret.
   */
  readonly reference: string
}

/** How long a sender may take, and for which client. */
export interface SendOptions {
  /** How many milliseconds the caller waits. */
  readonly timeoutMs: number
  /** Aborted when the caller stops waiting. Cancel the request then. */
  readonly signal: AbortSignal
  /**
   * The network of the client that waits, such as `203.0.113.0/24`, or `unknown`. By it guards
   * share out the room for calls that wait. Undefined if no client waits.
   */
  readonly source?: string | undefined
}

/** What the provider returned when it accepted a message. */
export interface SmsReceipt {
  /** The provider's id of the message, if it returns one. */
  readonly messageId?: string
  /** How many messages the provider charges for, if it says so. */
  readonly segments?: number
  /** The provider's word for the state of the message, such as `queued`. */
  readonly status?: string
  /**
   * Identifies the message in calls of `report`: 1 to 255 characters. Without a handle, nothing is
   * reported about the message.
   */
  readonly handle?: string
}

/** The outcome of a message that the provider accepted. */
export interface MessageOutcome {
  readonly to: PhoneNumber
  /** The handle of the receipt. */
  readonly handle: string
  /**
   * `verified`: the user submitted the right code. `replaced`: a later message of the same
   * challenge replaced this one. `expired`: the challenge expired unused.
   */
  readonly outcome: 'verified' | 'replaced' | 'expired'
}

/** Sends messages through a provider. */
export interface SmsSender {
  /** Why the sender must not be used in production, if it must not. */
  readonly developmentOnly?: string

  /**
   * The most characters of a code, not counting spaces and hyphens, that a message to a region can
   * hold. `PhoneAuth` refuses options with longer codes for an allowed region. Implement it only if
   * the messages have such a limit.
   */
  maxCodeLength?(region: string): number

  /**
   * Sends a message. Resolves when the provider has accepted it, which does not mean that it has
   * arrived. A sender never sends again a message that may already have been sent.
   *
   * Throws `SmsRejectedError` if the provider refuses the message permanently. Otherwise throws
   * `SmsUnavailableError`, which states whether the message may have been sent. Any other error is
   * treated as an unknown outcome.
   */
  send(message: SmsMessage, options: SendOptions): Promise<SmsReceipt>

  /**
   * Receives the outcome of a message. Implement it only if the provider uses outcomes to choose
   * its routes: it costs one more write to the store for each message.
   *
   * Runs in the background, at most once for each outcome; no response to a user waits for it. An
   * error it throws becomes a `report_failed` event and has no other effect. The outcome `expired`
   * is reported when the challenge is purged, which may be an hour after it expired.
   */
  report?(outcome: MessageOutcome, options: SendOptions): Promise<void>
}
