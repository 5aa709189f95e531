/**
 * An SMS sender that prints each message instead of sending it, for development.
 *
 * @module
 */

import type { SmsMessage, SmsReceipt, SmsSender } from '@phone-auth/core'

/** What {@link consoleSender} can be told. */
export interface ConsoleSenderOptions {
  /**
   * Takes each line.
   * @defaultValue `console.log`
   */
  readonly print?: (line: string) => void
}

/**
 * Makes a sender that prints each message on one line, the code included; production refuses it.
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

// A line break must not look like another log line, nor get lost: the last line of a message has a
// meaning of its own.
function onOneLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}
