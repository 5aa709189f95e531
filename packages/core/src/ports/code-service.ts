import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { MessageOutcome, SendOptions, SmsReceipt } from './sms-sender.ts'

/** A code to make and send. */
export interface CodeRequest {
  readonly to: PhoneNumber
  /**
   * The language to write in (BCP 47); `null` to leave it to the service, because the application
   * names none.
   */
  readonly locale: string | null
}

/** What the service said when it accepted a {@link CodeRequest}. */
export interface CodeReceipt extends SmsReceipt {
  /** What the service knows the verification by, for `check` and `report`: 1 to 255 characters. */
  readonly handle: string
}

/** A code that a user submitted for a number. */
export interface CodeCheck {
  readonly to: PhoneNumber
  /**
   * The handle of the challenge's latest start that succeeded; `null` where none did, although a
   * code may have gone out all the same.
   */
  readonly handle: string | null
  readonly code: string
}

/**
 * What a code service says of a submitted code: right, wrong, no more checks allowed, or no code is
 * open for the number.
 */
export type CodeVerdict = 'approved' | 'wrong' | 'spent' | 'gone'

/**
 * A provider that makes, sends and checks the codes itself.
 *
 * Budgets, attempts, sessions and events stay with Phone Auth: every check is claimed in the store
 * before the service is asked, so that the service compares no more codes of a challenge than its
 * attempts.
 */
export interface CodeService {
  /** Why the service must not serve in production, if so. */
  readonly developmentOnly?: string

  /**
   * Sends a number a code, or the one that is open once more. Throws what `SmsSender.send` does,
   * and `RateLimitedError` when the service sends this number no more for now.
   */
  start(request: CodeRequest, options: SendOptions): Promise<CodeReceipt>

  /** Judges a code. Throws `SmsUnavailableError` when it cannot. */
  check(check: CodeCheck, options: SendOptions): Promise<CodeVerdict>

  /** Receives what became of a verification, as `SmsSender.report` does. */
  report?(outcome: MessageOutcome, options: SendOptions): Promise<void>
}
