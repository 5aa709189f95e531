import { describe, expect, it } from 'vitest'
import { PHONE, setup, startProblems } from '../setup.ts'

const spanish = (template: string) => startProblems({ messages: { locales: ['es'], templates: { es: template } } })

describe('a custom template', () => {
  it('replaces a bundled text', async () => {
    const { auth, messages, codeFor } = setup({
      messages: {
        applicationName: 'Acme',
        locales: ['en', 'nl'],
        templates: { en: 'Code {code} for {application}', nl: 'Uw code is {code}' },
      },
    })
    await auth.start({ phoneNumber: PHONE })
    expect(messages[0]?.text).toMatch(/^Code [0-9]{6} for Acme$/)
    await auth.start({ phoneNumber: '+14155550102', locale: 'nl' })
    expect(messages[1]?.text).toMatch(/^Uw code is [0-9]{6}$/)
    expect(messages[1]?.template.locale).toBe('nl')
    expect(codeFor()).toBe('Code')
  })

  it('OTP-14 is refused if it needs a second segment, and the reason names the characters that cause it', () => {
    const [reason, ...others] = spanish(
      '{code} es tu código para entrar en {application}. El código caduca en {minutes} minutos, ¿sí?',
    )
    expect(others).toEqual([])
    expect(reason).toContain('The message in "es" does not fit into one SMS')
    expect(reason).toContain('"ó" "í"')
    expect(reason).not.toContain('"¿"')
    expect(spanish(`{code} ${'x'.repeat(160)}`)).toEqual([
      'The message in "es" does not fit into one SMS: it has 167 GSM-7 units, but one SMS has room for 160. Shorten it, messages.applicationName or messages.host.',
    ])
    // The check uses the longest code, the longest lifetime and the line of the host.
    expect(spanish(`{code} ${'x'.repeat(153)}`)).toEqual([])
    const messages = { locales: ['es'], templates: { es: `{code} ${'x'.repeat(153)}` } }
    expect(startProblems({ messages, code: { length: 7 } })).toHaveLength(1)
    expect(startProblems({ messages: { ...messages, host: 'a.example' } })).toHaveLength(1)
  })

  it('OTP-14 must contain the code once', () => {
    for (const template of ['', 'Hello', '{code} {code}', '{Code}', '{ code }', 'code']) {
      expect(spanish(template).join(), template).toContain('messages.templates["es"] must contain {code} exactly once.')
    }
  })

  it('OTP-14 must contain no other placeholder and no stray brace', () => {
    for (const [template, named] of [
      ['{code} {name}', '{name}'],
      ['{code} {}', '{}'],
      ['{{code}}', '{'],
      ['{code', '{code'],
      ['{code} }', '}'],
      ['{code} {toString}', '{toString}'],
      ['{code} {code', '{code'],
    ] as const) {
      expect(spanish(template).join('\n'), template).toContain(
        `contains ${named}, which is not a placeholder. Use only`,
      )
    }
  })

  it('OTP-14 must contain neither the line of a host nor a link', () => {
    for (const template of [
      '{code} @a.example #{code}'.replace(' #{code}', ''),
      '{code} #1',
      '{code} http://a.example',
      '{code} HTTPS://a.example',
      '{code} WWW.a.example',
      '{code} of {application}.com',
      '{code}.example',
      '{code} at a.{application}',
    ]) {
      expect(spanish(template), template).toEqual(['messages.templates["es"] must not contain @, # or a link.'])
    }
  })

  it('OTP-14 must contain neither line breaks nor characters that change the direction of the text', () => {
    for (const character of '\n\r\t\0\u0085\u2028\u2029\u061c\u200e\u200f\u202a\u202e\u2066\u2069') {
      const named = character.codePointAt(0)?.toString(16)
      expect(spanish(`{code} ${character}x`), named).toEqual([
        'messages.templates["es"] must not contain line breaks or other control characters.',
      ])
    }
    // Joiners are parts of letters in Hindi and Persian.
    expect(spanish('{code} \u200c\u200d')).toEqual([])
  })

  it('must be a text', () => {
    for (const template of [null, 5, {}, ['{code}']]) {
      expect(spanish(template as never), String(template)).toContain('messages.templates["es"] must be a string.')
    }
  })
})

describe('messages.locales', () => {
  it('must list at least one language', () => {
    for (const locales of [[], 'en', {}]) {
      expect(startProblems({ messages: { locales } }), JSON.stringify(locales)).toEqual([
        'messages.locales must list at least one language, such as ["en"].',
      ])
    }
  })

  it('must list only language tags', () => {
    for (const locale of ['', 'e', '*', 'en_US', 'en-', '-en', 'x-acme', 5, null, 'en US', '../en']) {
      expect(startProblems({ messages: { locales: ['en', locale] } }).join(), String(locale)).toContain(
        'which is not a language tag',
      )
    }
  })

  it('must list only languages with a template, not names of properties that every object inherits', () => {
    for (const locale of ['nl', 'en-GB', 'EN', 'toString', 'valueOf']) {
      expect(startProblems({ messages: { locales: [locale] } }), locale).toEqual([
        `messages.templates has no "${locale}". Add it, or use a bundled language: en, hi, es, pt, fr, de, ar, id, zh, ja.`,
      ])
    }
  })

  it('must list no language twice, in any case', () => {
    expect(startProblems({ messages: { locales: ['en', 'es', 'en'] } })).toEqual([
      'messages.locales contains the same language twice. Remove one of them.',
    ])
    const templates = { EN: '{code}' }
    expect(startProblems({ messages: { locales: ['en', 'EN'], templates } })).toEqual([
      'messages.locales contains the same language twice. Remove one of them.',
    ])
  })

  it('must list every language that has a custom template', () => {
    expect(startProblems({ messages: { templates: { es: '{code}' } } })).toEqual([
      'messages.templates["es"] has no effect. Add "es" to messages.locales.',
    ])
  })
})
