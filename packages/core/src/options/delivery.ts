import type { CodeService } from '../ports/code-service.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import type { Duration } from '../time/duration.ts'

/** How codes reach the user. */
export interface DeliveryOptions {
  /**
   * Sends the messages. Required unless you use a `codeService`.
   * @defaultValue none
   */
  readonly smsSender?: SmsSender | undefined
  /**
   * Creates, sends and checks the codes, in place of an SMS sender.
   * @defaultValue none: this library creates and checks the codes
   */
  readonly codeService?: CodeService | undefined
  /** The messages: their texts, their languages, and how long sending may take. */
  readonly messages?: MessageOptions
  /**
   * Numbers that have a fixed code and receive no message. Refused in production, and with a sender
   * that sends real messages, unless `unsafeAllowDevelopmentParts` is set.
   * @defaultValue none
   */
  readonly testNumbers?: TestNumberOptions | undefined
}

/** The messages: their texts, their languages, and how long sending may take. */
export interface MessageOptions {
  /**
   * The name of the application in the messages, 1 to 30 characters. A name such as `Booking.com`
   * is refused, because phones turn it into a link. The name can be in any script if every offered
   * language needs more than the GSM alphabet.
   * @defaultValue "Phone Auth"
   */
  readonly applicationName?: string
  /**
   * The host of the page where users type the code, such as `app.example.com`: phones then offer
   * the code on that host only.
   * @defaultValue none: phones offer the code on every page
   */
  readonly host?: string
  /**
   * The languages of the messages (BCP 47), the default first; `start` chooses among them. Texts
   * are bundled for en, hi, es, pt, fr, de, ar, id, zh and ja.
   * @defaultValue `["en"]`; with a code service, the service chooses
   */
  readonly locales?: readonly string[]
  /**
   * Custom texts by language, in place of the bundled ones. Each contains `{code}` once, and
   * optionally `{application}` and `{minutes}`. It must fit into one SMS together with the line
   * that `host` adds.
   * @defaultValue the bundled texts
   */
  readonly templates?: Readonly<Record<string, string>>
  /**
   * The 11-character hash that identifies your app to Android's SMS Retriever, which then reads the
   * code without asking the user for a permission.
   * @defaultValue none
   */
  readonly androidAppHash?: string
  /**
   * How long a start, a resend or a code service's check waits for the provider, 1 to 10 seconds. A
   * message that the provider has not accepted by then counts as possibly sent.
   * @defaultValue "10s"
   */
  readonly sendTimeout?: Duration
}

/** Numbers with fixed codes, for your tests and for the reviewers of app stores. */
export interface TestNumberOptions {
  /**
   * The fixed code of each number, by the number in E.164. Only numbers that regulators reserve for
   * fiction are accepted: no carrier assigns them.
   */
  readonly codes: Readonly<Record<string, string>>
  /** When the fixed codes end: from then on the numbers are ordinary numbers. */
  readonly until: Date
}
