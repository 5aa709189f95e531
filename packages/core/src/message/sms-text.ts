import type { CodeFormat } from '../challenge/challenge.ts'
import { displayCode } from '../challenge/code-format.ts'
import { isGsm7, type SmsSegments, smsSegments } from './segments.ts'
import { BUNDLED_TEMPLATES, filledIn, templateProblems } from './templates.ts'

/** What a code message says besides the code. */
export interface SmsTextOptions {
  /** The name the recipient knows the application by. */
  readonly applicationName: string
  /**
   * The host of the page the code is typed into, for the origin-bound last line; `null` to leave
   * the line out.
   */
  readonly host: string | null
  /**
   * The hash by which Android's SMS Retriever hands the message to the application; `null` to leave
   * it out.
   */
  readonly androidAppHash: string | null
  /** The template of each language on offer, the default one first. */
  readonly templates: ReadonlyMap<string, string>
}

/** The texts that an application asks for. */
export interface TextChoice {
  readonly locales: readonly string[]
  readonly templates: Readonly<Record<string, string>>
}

const ENGLISH = 'en'
const ENGLISH_TEMPLATE = BUNDLED_TEMPLATES[ENGLISH] ?? ''

const MAX_APPLICATION_NAME = 30
const MAX_HOST = 48

// The longest time that a message is written with; a hardened code lives five minutes.
const LONGEST_MINUTES = 10

// SMS Retriever reads messages of at most 140 bytes: as many GSM-7 characters, and half as many of
// UCS-2, which is a segment of those anyway.
const MAX_RETRIEVER_UNITS = 140

/** A text and the language it is in. */
export interface SmsText {
  readonly text: string
  readonly locale: string
}

/**
 * The text of a code message: the code in a sentence, the hash of an Android app if there is one
 * and, last, the line by which browsers and phones offer the code on the page of `host` and nowhere
 * else (WICG origin-bound one-time codes, `@host #code`).
 *
 * Where the language would take a second segment, as a long code does in some, the sentence is in
 * the default language, and where that would, in the library's own English.
 */
export function smsText(code: string, minutes: number, locale: string, options: SmsTextOptions): SmsText {
  const [standard = ENGLISH] = options.templates.keys()
  for (const candidate of [locale, standard]) {
    const template = options.templates.get(candidate) ?? ENGLISH_TEMPLATE
    const text = textOf(template, code, minutes, options)
    if (tooLong(text, options) === null) return { text, locale: candidate }
  }
  return { text: textOf(ENGLISH_TEMPLATE, code, minutes, options), locale: ENGLISH }
}

/** The templates of the languages on offer. */
export function templatesOf({ locales, templates }: TextChoice): ReadonlyMap<string, string> {
  if (!Array.isArray(locales)) return new Map()
  return new Map(locales.map((locale) => [locale, templates[locale] ?? BUNDLED_TEMPLATES[locale] ?? ENGLISH_TEMPLATE]))
}

/**
 * What is wrong with the message options, one sentence each; empty if nothing is. `codeLength` is
 * that of the ordinary code, `hardened` the formats that longer ones can have.
 */
export function smsTextProblems(
  options: SmsTextOptions,
  choice: TextChoice,
  codeLength: number,
  hardened: readonly CodeFormat[],
): string[] {
  const problems = [...nameProblems(options), ...choiceProblems(choice)]
  if (problems.length > 0) return problems
  const ordinary = '0'.repeat(codeLength)
  const texts = [...options.templates].map(([locale, template]) => ({
    name: `The message in "${locale}"`,
    text: textOf(template, ordinary, LONGEST_MINUTES, options),
  }))
  for (const format of hardened) {
    const code = displayCode('0'.repeat(format.length), format)
    texts.push({
      name: `The English message with a long code${format.alphabet === 'digits' ? ' of digits' : ''}`,
      text: textOf(ENGLISH_TEMPLATE, code, LONGEST_MINUTES, options),
    })
  }
  return texts.flatMap(({ name, text }) => {
    const reason = tooLong(text, options)
    const cure = `Shorten it, messages.applicationName or messages.host${options.androidAppHash === null ? '' : ', or leave out messages.androidAppHash'}.`
    return reason === null ? [] : [`${name} does not fit into one SMS: ${reason} ${cure}`]
  })
}

function textOf(template: string, code: string, minutes: number, options: SmsTextOptions): string {
  const { applicationName: application, host, androidAppHash } = options
  const sentence = filledIn(template, { code, application, minutes })
  // A space would end the code there.
  const last = host === null ? [] : [`@${host} #${code.replaceAll(' ', '')}`]
  const end = [...(androidAppHash === null ? [] : [androidAppHash]), ...last]
  return end.length === 0 ? sentence : `${sentence}\n\n${end.join('\n')}`
}

/** Why a message costs twice, or cannot be read by the phone; `null` if it does neither. */
function tooLong(text: string, { androidAppHash }: SmsTextOptions): string | null {
  const counted = smsSegments(text)
  if (counted.segments > 1) return `it has ${counted.units} ${counted.encoding} units${blame(counted)}.`
  if (androidAppHash !== null && counted.encoding === 'GSM-7' && counted.units > MAX_RETRIEVER_UNITS) {
    return `it has ${counted.units} characters, and Android's SMS Retriever reads ${MAX_RETRIEVER_UNITS}.`
  }
  return null
}

function blame({ encoding, culprits }: SmsSegments): string {
  if (encoding === 'GSM-7') return ', and one message holds 160'
  const listed = culprits.slice(0, 5).map((character) => `"${character}"`)
  return `, and one message holds 70 because of ${listed.join(' ')}, which the GSM alphabet does not have`
}

function nameProblems({ applicationName, host, androidAppHash }: SmsTextOptions): string[] {
  const problems: string[] = []
  if ([applicationName, host ?? '', androidAppHash ?? ''].some((text) => typeof text !== 'string')) {
    return ['messages.applicationName, messages.host and messages.androidAppHash must be texts.']
  }
  const isPlainName = isGsm7(applicationName) && !/[@#\r\n]|:\/\/|www\./i.test(applicationName)
  if (applicationName.trim() === '' || applicationName.length > MAX_APPLICATION_NAME || !isPlainName) {
    problems.push(
      `messages.applicationName must have 1 to ${MAX_APPLICATION_NAME} characters of the GSM alphabet, without line breaks, @, # or links.`,
    )
  }
  if (
    host !== null &&
    (host.length > MAX_HOST || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(host))
  ) {
    problems.push(
      `messages.host must be a lower-case host name of at most ${MAX_HOST} characters, without scheme, port or path.`,
    )
  }
  if (androidAppHash !== null && !/^[A-Za-z0-9+/]{11}$/.test(androidAppHash)) {
    problems.push('messages.androidAppHash must be the 11 characters that identify the Android app.')
  }
  return problems
}

function choiceProblems({ locales, templates }: TextChoice): string[] {
  if (!Array.isArray(locales) || locales.length === 0) {
    return ['messages.locales must list at least one language, such as ["en"].']
  }
  const problems: string[] = []
  for (const locale of locales) {
    if (typeof locale !== 'string' || !/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(locale)) {
      problems.push(
        `messages.locales holds ${JSON.stringify(locale)}, which is no language tag such as "en" or "pt-BR".`,
      )
    } else if (!Object.hasOwn(templates, locale) && !Object.hasOwn(BUNDLED_TEMPLATES, locale)) {
      const bundled = Object.keys(BUNDLED_TEMPLATES).join(', ')
      problems.push(`messages.templates lacks "${locale}"; bundled are ${bundled}.`)
    }
  }
  if (new Set(locales.map((locale) => String(locale).toLowerCase())).size !== locales.length) {
    problems.push('messages.locales names one language twice.')
  }
  for (const [locale, template] of Object.entries(templates)) {
    problems.push(...templateProblems(template).map((problem) => `messages.templates["${locale}"] ${problem}`))
    if (!locales.includes(locale)) problems.push(`messages.templates["${locale}"] is not among messages.locales.`)
  }
  return problems
}
