import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { SendOptions, SmsReceipt } from './sms-sender.ts'

/** A code to make and send. */
export interface CodeRequest {
  readonly to: PhoneNumber
  /** The language to write in (BCP 47); `null` to leave it to the service, because the application names none. */
  readonly locale: string | null
}

/** A code that somebody submitted for a number. */
export interface CodeCheck {
  readonly to: PhoneNumber
  readonly code: string
}

/** What a code service says of a submitted code: right, wrong, no more checks allowed, or no code is open for the number. */
export type CodeVerdict = 'approved' | 'wrong' | 'spent' | 'gone'

/**
 * A provider that makes, sends and checks the codes itself.
 *
 * Budgets, attempts, sessions and events stay with Phone Auth: every check is claimed in the store before the service is asked, so that
 * the service compares no more codes of a challenge than its attempts.
 */
export interface CodeService {
  /** Why the service must not serve in production, if so. */
  readonly developmentOnly?: string

  /**
   * Sends a number a code, or the one that is open once more. Throws what `SmsSender.send` does, and `RateLimitedError` when the service
   * sends this number no more for now.
   */
  start(request: CodeRequest, options: SendOptions): Promise<SmsReceipt>

  /** Judges a code. Throws `SmsUnavailableError` when it cannot. */
  check(check: CodeCheck, options: SendOptions): Promise<CodeVerdict>
}
