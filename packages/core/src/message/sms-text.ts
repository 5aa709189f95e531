/** What a code message says besides the code. */
export interface SmsTextOptions {
  /** The name the recipient knows the application by. */
  readonly applicationName: string
  /** The host of the page the code is typed into, for the origin-bound last line; `null` to leave the line out. */
  readonly host: string | null
}

// The characters of the GSM 03.38 default alphabet; a message of others travels as UCS-2, in segments of 70 instead of 160.
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ!"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/

const MAX_APPLICATION_NAME = 30
const MAX_HOST = 48

/** The most GSM-7 characters that one SMS carries, and so the most that a message costs once. */
export const MAX_SEGMENT = 160

/**
 * The text of a code message: the code in a sentence and, last, the line by which browsers and phones offer to fill it in on the
 * page of `host` and nowhere else (WICG origin-bound one-time codes, `@host #code`).
 */
export function smsText(code: string, minutes: number, { applicationName, host }: SmsTextOptions): string {
  const expiry = `It expires in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`
  const sentence = `${code} is your ${applicationName} code. ${expiry}`
  return host === null ? sentence : `${sentence}\n\n@${host} #${code}`
}

/** What is wrong with the message options, one sentence each; empty if nothing is. */
export function smsTextProblems({ applicationName, host }: SmsTextOptions): string[] {
  const problems: string[] = []
  const isPlainName = GSM_7.test(applicationName) && !/[@#\r\n]|:\/\/|www\./i.test(applicationName)
  if (applicationName.trim() === '' || applicationName.length > MAX_APPLICATION_NAME || !isPlainName) {
    problems.push(
      `applicationName must have 1 to ${MAX_APPLICATION_NAME} characters of the GSM alphabet, without line breaks, @, # or links.`,
    )
  }
  if (
    host !== null &&
    (host.length > MAX_HOST || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(host))
  ) {
    problems.push(
      `host must be a lower-case host name of at most ${MAX_HOST} characters, without scheme, port or path.`,
    )
  }
  return problems
}
