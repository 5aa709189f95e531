import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { smsSegments } from '../../src/adapters.ts'
import { type SmsTextOptions, templatesOf, smsText as written } from '../../src/message/sms-text.ts'
import { BUNDLED_TEMPLATES, filledIn } from '../../src/message/templates.ts'
import { noLimits, PHONE, setup, startProblems } from '../setup.ts'

const smsText = (...input: Parameters<typeof written>): string => written(...input).text

const LOCALES = Object.keys(BUNDLED_TEMPLATES)
const HARDENED = 'ABCD-EFGH-JKMNP'
const HARDENED_DIGITS = '1234 5678 9012 3456 7890'

const acme: SmsTextOptions = {
  applicationName: 'Acme',
  host: 'app.example.com',
  androidAppHash: null,
  templates: templatesOf({ locales: LOCALES, templates: {} }),
}

/**
 * Parses the last line of a message by the WICG's origin-bound one-time codes: `@host`, a space,
 * `#code`.
 */
function parseOriginBound(message: string): { host: string; embeddedHost: string | null; code: string } | null {
  const line = message.split(/\r\n|\r|\n/).at(-1) ?? ''
  const match = /^@([^\s@#%/]+) #([^\s]+)(?: @([^\s#%]+))?$/.exec(line)
  if (match === null) return null
  const [, host = '', code = '', embeddedHost = null] = match
  return { host, embeddedHost, code }
}

describe('the message', () => {
  it('OTP-14 contains the code in a sentence, and bound to the host in the last line', async () => {
    const { auth, messages, codeFor } = setup({ messages: { applicationName: 'Acme', host: 'app.example.com' } })
    await auth.start({ phoneNumber: PHONE })
    const text = messages[0]?.text ?? ''
    expect(text).toBe(`${codeFor()} is your Acme code. It expires in 10 min.\n\n@app.example.com #${codeFor()}`)
    expect(parseOriginBound(text)).toEqual({ host: 'app.example.com', embeddedHost: null, code: codeFor() })
  })

  it('OTP-14 is one segment in every bundled language, begins with the code and states the minutes', () => {
    expect(LOCALES).toEqual(['en', 'hi', 'es', 'pt', 'fr', 'de', 'ar', 'id', 'zh', 'ja'])
    for (const locale of LOCALES) {
      for (const minutes of [1, 10]) {
        const text = smsText('739104', minutes, locale, acme)
        expect(smsSegments(text).segments, locale).toBe(1)
        expect(text.startsWith('739104 '), locale).toBe(true)
        expect(text.split('\n')[0], locale).toMatch(new RegExp(`(?<![0-9])${minutes}(?![0-9])`))
        expect(text, locale).toContain('Acme')
        expect(text, locale).not.toMatch(/[{}]/)
        expect(parseOriginBound(text), locale).toEqual({ host: 'app.example.com', embeddedHost: null, code: '739104' })
      }
    }
    const sentences = LOCALES.map((locale) => smsText('739104', 10, locale, { ...acme, host: null }))
    expect(new Set(sentences).size).toBe(LOCALES.length)
  })

  it('OTP-14 uses only GSM-7 in the languages that allow it', () => {
    const encodings = LOCALES.map((locale) => smsSegments(smsText('739104', 10, locale, acme)).encoding)
    const gsm = LOCALES.filter((_, index) => encodings[index] === 'GSM-7')
    expect(gsm).toEqual(['en', 'es', 'pt', 'fr', 'de', 'id'])
  })

  it('OTP-14 is one GSM-7 segment in English with all allowed options', () => {
    const longest = { ...acme, applicationName: 'X'.repeat(30), host: `${'x'.repeat(45)}.co` }
    for (const code of ['1234567890', HARDENED]) {
      const counted = smsSegments(smsText(code, 10, 'en', longest))
      expect(counted).toMatchObject({ encoding: 'GSM-7', segments: 1, nonGsmCharacters: [] })
    }
  })

  it('OTP-14 is in English if a hardened code would take a second segment, otherwise in the chosen language', () => {
    const english = smsText(HARDENED, 5, 'en', acme)
    for (const locale of LOCALES) {
      const text = smsText(HARDENED, 5, locale, acme)
      expect(smsSegments(text).segments, locale).toBe(1)
      expect(parseOriginBound(text)?.code, locale).toBe(HARDENED)
      const isGsm = smsSegments(smsText('739104', 5, locale, acme)).encoding === 'GSM-7'
      expect(text === english, locale).toBe(locale === 'en' || !isGsm)
    }
  })

  it('OTP-14 is one segment in every language for a hardened code of digits, without spaces in the last line', () => {
    for (const locale of LOCALES) {
      const text = smsText(HARDENED_DIGITS, 5, locale, acme)
      expect(smsSegments(text).segments, locale).toBe(1)
      expect(text.startsWith(`${HARDENED_DIGITS} `), locale).toBe(true)
      expect(parseOriginBound(text)?.code, locale).toBe('12345678901234567890')
    }
  })

  it('OTP-14 refuses a name and a host without room for a hardened code of digits, if such codes are sent', () => {
    const long = { applicationName: 'X'.repeat(30), host: `${'x'.repeat(45)}.co` }
    const refused = [
      'The English message with a hardened code of digits does not fit into one SMS: it has 164 GSM-7 units, but one SMS has room for 160. Shorten it, messages.applicationName or messages.host.',
    ]
    expect(startProblems({ messages: long })).toEqual([])
    expect(startProblems({ messages: long, allowedRegions: ['US', 'IN'] })).toEqual(refused)
    expect(startProblems({ messages: long, allowedRegions: ['IN'], code: { hardened: 'alphanumeric' } })).toEqual([])
    expect(startProblems({ messages: long, code: { hardened: 'digits' } })).toEqual(refused)
    const fitting = { ...long, host: long.host.slice(4) }
    expect(startProblems({ messages: fitting, allowedRegions: ['US', 'IN'] })).toEqual([])
    const text = smsText(HARDENED_DIGITS, 10, 'en', { ...acme, ...fitting })
    expect(smsSegments(text)).toMatchObject({ units: 160, segments: 1 })
  })

  it('LIM-2 OTP-14 is in English for a hardened code if the language uses another script', async () => {
    const { auth, messages } = setup({
      limits: { ...noLimits, guessesPerNumber: { '30d': 5 } },
      messages: { applicationName: 'Acme', host: 'app.example.com', locales: ['hi', 'en'] },
    })
    await auth.start({ phoneNumber: PHONE })
    await auth.start({ phoneNumber: PHONE })
    const [ordinary = '', hardened = ''] = messages.map(({ text }) => text)
    expect(ordinary).toContain('आपका')
    expect(hardened).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5} is your Acme code\. It expires in 5 min\.\n/)
    expect(smsSegments(hardened)).toMatchObject({ encoding: 'GSM-7', segments: 1 })
  })

  it('OTP-14 contains the hash of the Android app before the origin-bound line, which is still last', () => {
    const withHash = { ...acme, androidAppHash: 'FA+9qCX9VSu' }
    const text = smsText('739104', 10, 'en', withHash)
    expect(text).toBe('739104 is your Acme code. It expires in 10 min.\n\nFA+9qCX9VSu\n@app.example.com #739104')
    expect(parseOriginBound(text)?.host).toBe('app.example.com')
    expect(
      smsText('739104', 10, 'en', { ...withHash, host: null })
        .split('\n')
        .at(-1),
    ).toBe('FA+9qCX9VSu')
  })

  it('OTP-14 is at most 140 bytes with an Android app, the most that SMS Retriever reads', () => {
    const messages = { androidAppHash: 'FA+9qCX9VSu' }
    // The English message with a hardened code, without name and host: 52 + 2 + 11 + 1 + 3 + 15.
    const fixed = smsText(HARDENED, 10, 'en', { ...acme, applicationName: '', host: '', ...messages }).length
    const host = `${'x'.repeat(37)}.co`
    const name = 'X'.repeat(140 - fixed - host.length)
    expect(startProblems({ messages: { ...messages, applicationName: name, host } })).toEqual([])
    expect(startProblems({ messages: { ...messages, applicationName: `${name}X`, host } })).toEqual([
      "The English message with a hardened code does not fit into one SMS: it has 141 characters, but Android's SMS Retriever reads at most 140. Shorten it, messages.applicationName or messages.host, or leave out messages.androidAppHash.",
    ])
    expect(startProblems({ messages: { applicationName: `${name}X`, host } })).toEqual([])
    for (const androidAppHash of ['', 'short', 'FA+9qCX9VSu=', 'FA+9qCX9VS\n', 'FA 9qCX9VSu']) {
      expect(startProblems({ messages: { androidAppHash } }), androidAppHash).toHaveLength(1)
    }
  })

  it('OTP-14 refuses names and hosts that could be misread', () => {
    const names = [
      '',
      ' ',
      'x'.repeat(31),
      'Acme\n@evil.example #1',
      'Acme #1',
      'a@b',
      'http://evil.example',
      'www.evil.example',
      'www.localhost',
      'Booking.com',
      'ＢＯＯＫＩＮＧ．ＣＯＭ',
      'tel:112',
      'Acme\r',
      'Акме',
      '🔥',
      '{code}',
      '{{code}}',
      '\u202eemcA',
    ]
    for (const applicationName of names)
      expect(startProblems({ messages: { applicationName } }), applicationName).toHaveLength(1)
    const hosts = [
      '',
      'https://a.example',
      'a.example/',
      'a.example:8000',
      'A.example',
      'a.example\n',
      'a b',
      '@a.example',
      '.a',
      'a..b',
      '-a.example',
      `${'x'.repeat(48)}.co`,
    ]
    for (const host of hosts) expect(startProblems({ messages: { host } }), host).toHaveLength(1)
    expect(startProblems({ messages: { applicationName: "Café Ångström's", host: 'localhost' } })).toEqual([])
  })

  it('OTP-14 refuses a name that phones turn into a link, and says what to write', () => {
    expect(startProblems({ messages: { applicationName: 'Booking.com' } })).toEqual([
      'messages.applicationName must not contain @, # or a link. Phones turn a name such as "Booking.com" into a link; write it without the dot.',
    ])
    for (const applicationName of ['Booking', 'Booking com', 'Dr. Max', 'Version 2.0', 'A.B.']) {
      expect(startProblems({ messages: { applicationName } }), applicationName).toEqual([])
    }
  })

  it('OTP-14 accepts a name in any script if every language needs more than the GSM alphabet', async () => {
    const names = ['मेरा ऐप', 'تطبيقي', '我的应用', 'Приложение', 'Ünïcödé 🔥', 'क्\u200dष']
    for (const applicationName of names) {
      expect(startProblems({ messages: { applicationName, locales: ['hi', 'ar', 'zh', 'ja'] } })).toEqual([])
      const reason = (locale: string) =>
        `messages.applicationName has characters outside the basic GSM alphabet, which the message in "${locale}" does not need. Use others, or a custom text without {application} in messages.templates["${locale}"].`
      expect(startProblems({ messages: { applicationName, locales: ['hi', 'en', 'pt'] } })).toEqual([
        reason('en'),
        reason('pt'),
      ])
      const templates = { en: '{code} is your code for My App.' }
      expect(startProblems({ messages: { applicationName, locales: ['hi', 'en'], templates } })).toEqual([])
    }
    for (const applicationName of ['\u3164', '\u200b', 'x\u2028y', '\u2066x\u2069', ' ', 'ब'.repeat(31)]) {
      expect(startProblems({ messages: { applicationName, locales: ['hi'] } }), applicationName).toHaveLength(1)
    }
    const { auth, messages } = setup({ messages: { applicationName: 'मेरा ऐप', locales: ['hi'] } })
    await auth.start({ phoneNumber: PHONE })
    expect(messages[0]?.text).toMatch(/^[0-9]{6} आपका मेरा ऐप कोड है।/)
  })

  it('OTP-14 omits a name in another script from the English text of a hardened code', async () => {
    const { auth, messages } = setup({
      limits: { ...noLimits, guessesPerNumber: { '30d': 5 } },
      messages: { applicationName: 'मेरा ऐप', host: 'app.example.com', locales: ['hi'] },
    })
    for (let count = 0; count < 2; count += 1) await auth.start({ phoneNumber: PHONE })
    const { text = '', code = '' } = messages[1] ?? {}
    expect(text).toBe(`${code} is your code. It expires in 5 min.\n\n@app.example.com #${code}`)
    expect(smsSegments(text)).toMatchObject({ encoding: 'GSM-7', segments: 1 })
  })

  it('OTP-14 isolates the groups of a hardened code between letters that are written from right to left', () => {
    const templates = new Map([
      ['ar', BUNDLED_TEMPLATES.ar ?? ''],
      ['he', '{code} הוא הקוד שלך'],
      ['ur', 'آپ کا کوڈ {code} ہے'],
      ['hi', BUNDLED_TEMPLATES.hi ?? ''],
    ])
    const options = { ...acme, host: null, templates }
    for (const code of [HARDENED, HARDENED_DIGITS]) {
      for (const locale of ['ar', 'he', 'ur']) {
        const text = smsText(code, 5, locale, options)
        expect(text.includes(`\u2066${code}\u2069`), locale).toBe(true)
        expect(smsSegments(text), locale).toMatchObject({ encoding: 'UCS-2', segments: 1 })
        expect(smsText('739104', 5, locale, options), locale).not.toMatch(/[\u2066\u2069]/)
      }
      expect(smsText(code, 5, 'hi', options)).not.toMatch(/[\u2066\u2069]/)
    }
    // The marks are not part of the code in the last line, and count as characters of the message.
    const bound = smsText(HARDENED, 5, 'he', { ...options, host: 'a.example' })
    expect(bound).toBe(`\u2066${HARDENED}\u2069 הוא הקוד שלך\n\n@a.example #${HARDENED}`)
    expect(parseOriginBound(bound)).toEqual({ host: 'a.example', embeddedHost: null, code: HARDENED })
    const room = 70 - smsSegments(bound).units
    const filled = (length: number) =>
      smsText(HARDENED, 5, 'he', { ...options, host: `${'a'.repeat(length + 1)}.example` })
    expect(smsSegments(filled(room))).toMatchObject({ encoding: 'UCS-2', units: 70 })
    expect(filled(room + 1)).toContain('is your Acme code')
  })

  it('OTP-14 names the code in Portuguese', () => {
    expect(smsText('739104', 10, 'pt', { ...acme, host: null })).toBe(
      '739104 é o seu codigo para entrar em Acme. Expira em 10 min.',
    )
  })

  it('OTP-14 inserts a name literally, without patterns or placeholders', () => {
    for (const applicationName of ['$&', '$1', "$'", '$$', '$<code>']) {
      expect(startProblems({ messages: { applicationName } })).toEqual([])
      const text = smsText('739104', 10, 'en', { ...acme, applicationName, host: null })
      expect(text).toBe(`739104 is your ${applicationName} code. It expires in 10 min.`)
    }
    expect(filledIn('{application} {code}', { code: '739104', application: '{code}', minutes: 1 })).toBe(
      '{code} 739104',
    )
  })

  it('OTP-14 fills in every placeholder and nothing else', () => {
    const piece = fc.constantFrom('{code}', '{application}', '{minutes}', ' ', 'x', '$&', 'ó', '{other}', '{', '}')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const values = { code: '739104', application: 'Acme', minutes: 10 }
        const expected = pieces.map((each) => {
          const name = each.slice(1, -1)
          return each.startsWith('{') && Object.hasOwn(values, name)
            ? String(values[name as keyof typeof values])
            : each
        })
        expect(filledIn(pieces.join(''), values)).toBe(expected.join(''))
      }),
      { seed: 14, numRuns: 300 },
    )
  })
})
