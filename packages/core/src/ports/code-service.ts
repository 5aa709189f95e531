import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { MessageOutcome, SendOptions, SmsReceipt } from './sms-sender.ts'

/** A request to create a code and send it. */
export interface CodeRequest {
  readonly to: PhoneNumber
  /**
   * The language of the message (BCP 47); `null` if the application sets no languages, so that the
   * service chooses one.
   */
  readonly locale: string | null
}

/** What the service returns when it accepts a {@link CodeRequest}. */
export interface CodeReceipt extends SmsReceipt {
  /** The service's id of the verification, for `check` and `report`: 1 to 255 characters. */
  readonly handle: string
}

/** A code that a user submitted for a phone number. */
export interface CodeCheck {
  readonly to: PhoneNumber
  /**
   * The handle of the challenge's latest successful start; `null` if no start succeeded. A start
   * that failed may still have sent a code.
   */
  readonly handle: string | null
  readonly code: string
}

/**
 * The service's result for a submitted code: `approved`, `wrong`, `spent` if no checks are left, or
 * `gone` if no code is open for the phone number.
 */
export type CodeVerdict = 'approved' | 'wrong' | 'spent' | 'gone'

/**
 * A provider that creates, sends and checks the codes itself.
 *
 * Phone Auth still keeps the budgets, attempts, sessions and events. It counts each attempt in the
 * store before it calls `check`, so the service compares no more codes of a challenge than the
 * challenge has attempts.
 */
export interface CodeService {
  /** Why the service must not be used in production, if it must not. */
  readonly developmentOnly?: string

  /**
   * Sends a code to a phone number, or sends the open code again.
   *
   * Throws the same errors as `SmsSender.send`, and `RateLimitedError` if the service sends no more
   * codes to this phone number for now.
   */
  start(request: CodeRequest, options: SendOptions): Promise<CodeReceipt>

  /** Checks a code. Throws `SmsUnavailableError` if the service cannot check it. */
  check(check: CodeCheck, options: SendOptions): Promise<CodeVerdict>

  /** Receives the outcome of a verification, as `SmsSender.report` does. */
  report?(outcome: MessageOutcome, options: SendOptions): Promise<void>
}
