import { describe, expect, it } from 'vitest'
import { languagesOf } from '../../src/requests/languages.ts'
import { PHONE, setup } from '../setup.ts'

const languages = (header: string | null) =>
  languagesOf({ method: 'POST', headers: { get: (name) => (name === 'accept-language' ? header : null) } })

/** The languages of the messages for requests with these headers. */
async function sentTo(...acceptLanguages: (string | null)[]) {
  const { handler, messages } = setup({ messages: { applicationName: 'Acme', locales: ['en', 'pt', 'es', 'hi'] } })
  for (const [index, header] of acceptLanguages.entries()) {
    const headers = new Headers({ 'Content-Type': 'application/json' })
    if (header !== null) headers.set('Accept-Language', header)
    const body = JSON.stringify({ phone_number: `+141555501${String(index).padStart(2, '0')}` })
    const response = await handler(new Request('http://localhost/auth/signup', { method: 'POST', headers, body }))
    expect(response.status, String(header)).toBe(200)
  }
  return messages.map(({ template }) => template.locale)
}

describe('Accept-Language', () => {
  it('selects the best offered language for the message', async () => {
    expect(
      await sentTo('pt-BR,pt;q=0.9,en;q=0.8', 'en;q=0.5, es;q=0.9', 'de, hi-IN', 'es-419;q=0.3, pt;q=0.2', 'EN, es'),
    ).toEqual(['pt', 'es', 'hi', 'es', 'en'])
  })

  it('uses the default language if none of the accepted ones is offered', async () => {
    const headers = [null, '', '*', 'de', 'de;q=1, *;q=0.5', 'es;q=0', 'pt;q=0.0, de', 'es;q=0.000']
    expect(new Set(await sentTo(...headers))).toEqual(new Set(['en']))
  })

  it('HTTP-2 ignores malformed values', async () => {
    const headers = [
      ';',
      ',,,',
      ';q=1',
      'q=1',
      '=',
      '"',
      'es;q="',
      '\\',
      '../../etc/passwd',
      '{code}',
      '__proto__',
      'constructor',
      '-'.repeat(200),
      ';;;;q=;q=;q=',
    ]
    expect((await sentTo(...headers)).filter((locale) => locale !== 'en' && locale !== 'es')).toEqual([])
  })

  it('HTTP-2 ignores a header that is too long', async () => {
    const padded = (length: number) => `es${' '.repeat(length - 4)},x`
    expect(languages(padded(256))).toEqual(['es', 'x'])
    expect(languages(padded(257))).toEqual([])
    expect(await sentTo(`es,${'x-'.repeat(4000)}`, `es,${','.repeat(300)}`)).toEqual(['en', 'en'])
  })

  it('sends a resend in the language of the resend request', async () => {
    const { handler, messages, clock } = setup({ messages: { locales: ['en', 'es'] } })
    const post = (path: string, language: string) =>
      handler(
        new Request(`http://localhost${path}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Accept-Language': language },
          body: JSON.stringify({ phone_number: PHONE }),
        }),
      )
    await post('/auth/login', 'en')
    clock.advance(30)
    await post('/auth/resend', 'es')
    expect(messages.map(({ template }) => template.locale)).toEqual(['en', 'es'])
    expect(messages[1]?.text).toContain('es tu clave')
  })

  it('lists the accepted languages in the order of preference', () => {
    expect(languages('a;q=0.1, b, c;q=0.5, d;q=0, e')).toEqual(['b', 'e', 'c', 'a'])
    expect(languages(null)).toEqual([])
  })
})
