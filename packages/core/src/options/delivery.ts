import type { CodeService } from '../ports/code-service.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import type { Duration } from '../time/duration.ts'

/** How codes reach the user. */
export interface DeliveryOptions {
  /**
   * Sends the messages. Required, unless there is a `codeService`.
   * @defaultValue none
   */
  readonly smsSender?: SmsSender | undefined
  /**
   * Makes, sends and checks the codes in place of a sender.
   * @defaultValue none: codes are made here
   */
  readonly codeService?: CodeService | undefined
  /** The messages: their texts, their languages, and how long sending may take. */
  readonly messages?: MessageOptions
  /**
   * Numbers that have a fixed code and receive no message. Refused in production and beside a
   * sender that really sends, unless `unsafeAllowDevelopmentParts` is set.
   * @defaultValue none
   */
  readonly testNumbers?: TestNumberOptions | undefined
}

/** The messages: their texts, their languages, and how long sending may take. */
export interface MessageOptions {
  /**
   * The name of the application in the messages.
   * @defaultValue "Phone Auth"
   */
  readonly applicationName?: string
  /**
   * The host of the page where users type the code, such as `app.example.com`: phones then offer
   * the code there and nowhere else.
   * @defaultValue none: phones offer the code on every page
   */
  readonly host?: string
  /**
   * The languages on offer (BCP 47), the default first; `start` chooses among them. Bundled are en,
   * hi, es, pt, fr, de, ar, id, zh and ja.
   * @defaultValue `["en"]`; with a code service, its own choice
   */
  readonly locales?: readonly string[]
  /**
   * Custom texts by language, in place of the bundled ones: `{code}` once, and optionally
   * `{application}` and `{minutes}`. Each must fit into one SMS together with the line of `host`.
   * @defaultValue the bundled texts
   */
  readonly templates?: Readonly<Record<string, string>>
  /**
   * The 11 characters by which Android's SMS Retriever knows your app: it then reads the code
   * without asking the user for a permission.
   * @defaultValue none
   */
  readonly androidAppHash?: string
  /**
   * How long a start, a resend or a code service's check waits for the provider, 1 to 10 seconds. A
   * message that is not accepted by then counts as one that may have been sent.
   * @defaultValue "10s"
   */
  readonly sendTimeout?: Duration
}

/** Numbers with fixed codes, for your tests and for the reviewers of app stores. */
export interface TestNumberOptions {
  /**
   * The code of each number, by the number in E.164. Only numbers that no carrier assigns: those
   * that regulators keep for fiction.
   */
  readonly codes: Readonly<Record<string, string>>
  /** When the numbers become ordinary ones. */
  readonly until: Date
}
