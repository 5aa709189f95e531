import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseLocale } from '../../src/message/locale.ts'
import { PHONE, setup } from '../setup.ts'

const OFFERED = ['en', 'pt', 'zh', 'zh-Hant', 'es-419']

describe('the language of a message', () => {
  it('is the first preferred language that is offered, or a shorter form of it (RFC 4647 section 3.4)', () => {
    for (const [preferred, expected] of [
      ['pt', 'pt'],
      ['pt-BR', 'pt'],
      ['PT-br', 'pt'],
      ['zh-Hans-CN', 'zh'],
      ['zh-Hant-TW', 'zh-Hant'],
      ['ZH-HANT', 'zh-Hant'],
      ['es-419', 'es-419'],
      [['de', 'pt-PT', 'zh'], 'pt'],
      [['zh', 'pt'], 'zh'],
      [['*', 'pt'], 'pt'],
    ] as const) {
      expect(chooseLocale(preferred, OFFERED), String(preferred)).toBe(expected)
    }
    expect(chooseLocale('zh-Hant-TW', ['en', 'zh'])).toBe('zh')
  })

  it('is the first offered language when no preferred one is offered', () => {
    for (const preferred of [undefined, [], '', '*', 'de', 'es', 'es-MX', 'ptx', 'en_US', '-', '--', '-pt', 'pt_BR']) {
      expect(chooseLocale(preferred, OFFERED), String(preferred)).toBe('en')
    }
    expect(chooseLocale('de', ['pt', 'en'])).toBe('pt')
  })

  it('is found by removing a single letter together with the subtag after it', () => {
    expect(chooseLocale('zh-a-ext1-Hant', ['en', 'zh-a', 'zh'])).toBe('zh')
    expect(chooseLocale('pt-x-acme', OFFERED)).toBe('pt')
    for (const preferred of ['x-pt', 'i-pt', 'x', 'x-en-pt']) expect(chooseLocale(preferred, ['zh', 'pt'])).toBe('zh')
  })

  it('ignores values that are not strings or are too long for a tag', () => {
    const junk: unknown[] = [
      null,
      5,
      true,
      {},
      [['pt']],
      Symbol('pt'),
      () => 'pt',
      `pt-${'x'.repeat(62)}`,
      'pt'.repeat(1e5),
    ]
    for (const value of junk) {
      expect(chooseLocale(value as string, OFFERED)).toBe('en')
      expect(chooseLocale([value as string, 'pt'], OFFERED)).toBe('pt')
    }
    expect(chooseLocale(`pt-${'x'.repeat(61)}`, OFFERED)).toBe('pt')
  })

  it('is always an offered language', () => {
    const tag = fc.oneof(fc.string({ unit: fc.constantFrom('p', 't', '-', 'x', '*', 'é'), maxLength: 20 }), fc.string())
    fc.assert(
      fc.property(fc.array(tag), (preferred) => OFFERED.includes(String(chooseLocale(preferred, OFFERED)))),
      { seed: 14, numRuns: 500 },
    )
  })

  it('is chosen by start, and again by each resend', async () => {
    const { auth, clock, messages } = setup({ messages: { locales: ['en', 'pt', 'es'] } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE, locale: ['de', 'pt-BR', 'es'] })
    clock.advance(30)
    await auth.resend({ challengeId, locale: 'es' })
    clock.advance(60)
    await auth.resend({ challengeId })
    expect(messages.map(({ template }) => template.locale)).toEqual(['pt', 'es', 'en'])
    expect(messages.map(({ text }) => text.slice(7))).toEqual([
      'é o seu codigo para entrar em Phone Auth. Expira em 10 min.',
      'es tu clave para entrar en Phone Auth. Caduca en 9 min.',
      'is your Phone Auth code. It expires in 8 min.',
    ])
  })

  it('falls back to the default for an invalid value, so that the start succeeds', async () => {
    const { auth, messages } = setup()
    await auth.start({ phoneNumber: PHONE, locale: { evil: true } as never })
    expect(messages[0]?.template.locale).toBe('en')
  })
})
