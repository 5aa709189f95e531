import type { CodeFormat } from '../challenge/challenge.ts'
import { displayCode } from '../challenge/code-format.ts'
import { applicationNameProblem } from './plain-text.ts'
import { isGsm7, type SmsSegments, smsSegments } from './segments.ts'
import { BUNDLED_TEMPLATES, filledIn, templateProblems } from './templates.ts'

/** The content of a code message besides the code. */
export interface SmsTextOptions {
  /** The name of the application in the message. */
  readonly applicationName: string
  /**
   * The host of the page where users type the code, for the origin-bound last line; `null` omits
   * the line.
   */
  readonly host: string | null
  /**
   * The hash by which Android's SMS Retriever passes the message to the application; `null` omits
   * it.
   */
  readonly androidAppHash: string | null
  /** The template of each offered language, the default language first. */
  readonly templates: ReadonlyMap<string, string>
}

/** The languages and texts that the application chooses. */
export interface TextChoice {
  readonly locales: readonly string[]
  readonly templates: Readonly<Record<string, string>>
}

const ENGLISH = 'en'
const ENGLISH_TEMPLATE = BUNDLED_TEMPLATES[ENGLISH] ?? ''
const ENGLISH_TEMPLATE_WITHOUT_NAME = ENGLISH_TEMPLATE.replace('{application} ', '')

const MAX_HOST = 48

// The longest lifetime that a message states. A hardened code lives five minutes.
const LONGEST_MINUTES = 10

// SMS Retriever reads messages of at most 140 bytes: 140 GSM-7 characters, or 70 of UCS-2, which is
// one segment anyway.
const MAX_RETRIEVER_UNITS = 140

const IN_GROUPS = /[ -]/

// Between letters that are written from right to left, the groups of a code would be displayed in
// the reverse order.
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u

/** A text and its language. */
export interface SmsText {
  readonly text: string
  readonly locale: string
}

/**
 * The text of a code message: a sentence with the code, the hash of an Android app if there is one,
 * and the origin-bound line. With that last line, browsers and phones offer the code only on the
 * page of `host` (WICG origin-bound one-time codes, `@host #code`).
 *
 * If the text would take a second segment, as hardened codes do in some languages, the sentence is
 * in the default language. If that text would too, it is the bundled English one, without the name
 * of the application if that is in another script.
 */
export function smsText(code: string, minutes: number, locale: string, options: SmsTextOptions): SmsText {
  const [standard = ENGLISH] = options.templates.keys()
  for (const candidate of [locale, standard]) {
    const template = options.templates.get(candidate) ?? ENGLISH_TEMPLATE
    const text = textOf(template, code, minutes, options)
    if (tooLong(text, options) === null) return { text, locale: candidate }
  }
  return { text: textOf(lastResort(options), code, minutes, options), locale: ENGLISH }
}

/** The templates of the offered languages. */
export function templatesOf({ locales, templates }: TextChoice): ReadonlyMap<string, string> {
  if (!Array.isArray(locales)) return new Map()
  return new Map(locales.map((locale) => [locale, templates[locale] ?? BUNDLED_TEMPLATES[locale] ?? ENGLISH_TEMPLATE]))
}

/**
 * What is wrong with the message options, one sentence each; empty if they are valid. `codeLength`
 * is the length of ordinary codes, `hardened` the possible formats of hardened ones.
 */
export function smsTextProblems(
  options: SmsTextOptions,
  choice: TextChoice,
  codeLength: number,
  hardened: readonly CodeFormat[],
): string[] {
  const problems = [...nameProblems(options), ...choiceProblems(choice)]
  if (problems.length === 0) problems.push(...scriptProblems(options))
  if (problems.length > 0) return problems
  const ordinary = '0'.repeat(codeLength)
  const texts = [...options.templates].map(([locale, template]) => ({
    name: `The message in "${locale}"`,
    text: textOf(template, ordinary, LONGEST_MINUTES, options),
  }))
  for (const format of hardened) {
    const code = displayCode('0'.repeat(format.length), format)
    texts.push({
      name: `The English message with a hardened code${format.alphabet === 'digits' ? ' of digits' : ''}`,
      text: textOf(lastResort(options), code, LONGEST_MINUTES, options),
    })
  }
  return texts.flatMap(({ name, text }) => {
    const reason = tooLong(text, options)
    const remedy = `Shorten it, messages.applicationName or messages.host${options.androidAppHash === null ? '' : ', or leave out messages.androidAppHash'}.`
    return reason === null ? [] : [`${name} does not fit into one SMS: ${reason} ${remedy}`]
  })
}

// A name in another script would make the English text too long for one SMS.
function lastResort({ applicationName }: SmsTextOptions): string {
  return isGsm7(applicationName) ? ENGLISH_TEMPLATE : ENGLISH_TEMPLATE_WITHOUT_NAME
}

function textOf(template: string, code: string, minutes: number, options: SmsTextOptions): string {
  const { applicationName: application, host, androidAppHash } = options
  const shown = IN_GROUPS.test(code) && RIGHT_TO_LEFT.test(template) ? `\u2066${code}\u2069` : code
  const sentence = filledIn(template, { code: shown, application, minutes })
  // A space would end the code in this line.
  const last = host === null ? [] : [`@${host} #${code.replaceAll(' ', '')}`]
  const end = [...(androidAppHash === null ? [] : [androidAppHash]), ...last]
  return end.length === 0 ? sentence : `${sentence}\n\n${end.join('\n')}`
}

/** Why a message takes two segments, or is too long for SMS Retriever; `null` if it is neither. */
function tooLong(text: string, { androidAppHash }: SmsTextOptions): string | null {
  const counted = smsSegments(text)
  if (counted.segments > 1) return `it has ${counted.units} ${counted.encoding} units, ${capacityOf(counted)}`
  if (androidAppHash !== null && counted.encoding === 'GSM-7' && counted.units > MAX_RETRIEVER_UNITS) {
    return `it has ${counted.units} characters, but Android's SMS Retriever reads at most ${MAX_RETRIEVER_UNITS}.`
  }
  return null
}

function capacityOf({ encoding, nonGsmCharacters }: SmsSegments): string {
  if (encoding === 'GSM-7') return 'but one SMS has room for 160.'
  const listed = nonGsmCharacters.slice(0, 5).map((character) => `"${character}"`)
  return `but one SMS has room for 70, because ${listed.join(' ')} are not in the GSM alphabet.`
}

function nameProblems({ applicationName, host, androidAppHash }: SmsTextOptions): string[] {
  if ([host ?? '', androidAppHash ?? ''].some((text) => typeof text !== 'string')) {
    return ['messages.host and messages.androidAppHash must be strings.']
  }
  const problems: string[] = []
  const nameProblem = applicationNameProblem(applicationName)
  if (nameProblem !== null) problems.push(`messages.applicationName ${nameProblem}`)
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

// In a language with a GSM-7 text, a name in another script would more than halve the room.
function scriptProblems({ applicationName, templates }: SmsTextOptions): string[] {
  if (isGsm7(applicationName)) return []
  const gsm = [...templates].filter(
    ([, template]) => template.includes('{application}') && smsSegments(template).encoding === 'GSM-7',
  )
  return gsm.map(
    ([locale]) =>
      `messages.applicationName has characters outside the basic GSM alphabet, which the message in "${locale}" does not need. Use others, or a custom text without {application} in messages.templates["${locale}"].`,
  )
}

function choiceProblems({ locales, templates }: TextChoice): string[] {
  if (!Array.isArray(locales) || locales.length === 0) {
    return ['messages.locales must list at least one language, such as ["en"].']
  }
  const problems: string[] = []
  for (const locale of locales) {
    if (typeof locale !== 'string' || !/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(locale)) {
      problems.push(
        `messages.locales contains ${JSON.stringify(locale)}, which is not a language tag such as "en" or "pt-BR".`,
      )
    } else if (!Object.hasOwn(templates, locale) && !Object.hasOwn(BUNDLED_TEMPLATES, locale)) {
      const bundled = Object.keys(BUNDLED_TEMPLATES).join(', ')
      problems.push(`messages.templates has no "${locale}". Add it, or use a bundled language: ${bundled}.`)
    }
  }
  if (new Set(locales.map((locale) => String(locale).toLowerCase())).size !== locales.length) {
    problems.push('messages.locales contains the same language twice. Remove one of them.')
  }
  for (const [locale, template] of Object.entries(templates)) {
    problems.push(...templateProblems(template).map((problem) => `messages.templates["${locale}"] ${problem}`))
    if (!locales.includes(locale))
      problems.push(`messages.templates["${locale}"] has no effect. Add "${locale}" to messages.locales.`)
  }
  return problems
}
