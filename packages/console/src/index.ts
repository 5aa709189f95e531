/**
 * An SMS sender that prints each message instead of sending it, for development.
 *
 * @module @phone-auth/console
 */

import type { SmsMessage, SmsReceipt, SmsSender } from '@phone-auth/core/adapters'

/** Options for {@link consoleSender}. */
export interface ConsoleSenderOptions {
  /**
   * Receives each line.
   * @defaultValue `console.log`
   */
  readonly print?: (line: string) => void
}

/**
 * Creates a sender that prints each message on one line, including the code. `PhoneAuth` refuses it
 * in production.
 *
 * @example
 * ```ts
 * import { consoleSender } from '@phone-auth/console'
 *
 * const smsSender = consoleSender() // SMS to +14155550123: 123456 is your Phone Auth code. …
 * ```
 */
export function consoleSender({ print = console.log }: ConsoleSenderOptions = {}): SmsSender {
  return {
    developmentOnly: 'the console sender prints codes instead of sending them.',
    async send({ to, text }: SmsMessage): Promise<SmsReceipt> {
      print(`SMS to ${to}: ${onOneLine(text)}`)
      return {}
    },
  }
}

// A line break must not look like the start of another log line. It is escaped and not removed,
// because phones interpret the last line of a message.
function onOneLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}
