import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPhoneAuthError } from '../../src/index.ts'
import { maskPhoneNumber, parsePhoneNumber } from '../../src/phone-number/phone-number.ts'
import { setup } from '../setup.ts'

const rules = (allowedRegions: string[], defaultRegion?: string) => ({
  allowedRegions: new Set(allowedRegions),
  defaultRegion,
})
const INDIA = rules(['IN'], 'IN')

const digits = (text: string, zero: number) => text.replace(/[0-9]/g, (d) => String.fromCodePoint(zero + Number(d)))

/** One Indian number in sixty spellings. */
const NATIONAL = ['98765 43210', '98765-43210', '9876543210', '098765 43210', '09876543210', '(098765) 43210']
const INTERNATIONAL = [
  '+919876543210',
  '+91 98765 43210',
  '+91-98765-43210',
  '+91.98765.43210',
  '(+91) 98765 43210',
  '[+91] 98765 43210',
  '+91 (98765) 43210',
  '0091 98765 43210',
  '00919876543210',
  '+91\u00a098765\u00a043210',
  '+91\u200998765\u200943210',
  '+91\u202f98765\u202f43210',
  '+91\u201098765\u201043210',
  '+91\u201398765\u201343210',
  '+91\u221298765\u221243210',
  '\uff0b919876543210',
  '  +91 98765 43210  ',
  '\u3000+91 98765 43210',
]
const SCRIPTS = { arabic: 0x660, persian: 0x6f0, devanagari: 0x966, bengali: 0x9e6, thai: 0xe50, fullwidth: 0xff10 }
const inScripts = Object.values(SCRIPTS).flatMap((zero) =>
  ['+919876543210', '+91 98765-43210', '00919876543210', '0091 98765 43210', '98765 43210', '(+91) 98765 43210'].map(
    (spelling) => digits(spelling, zero),
  ),
)
const SPELLINGS = [...NATIONAL, ...INTERNATIONAL, ...inScripts]

describe('parsePhoneNumber', () => {
  it('PHN-1 parses 60 spellings of one number to the same number', () => {
    expect(new Set(SPELLINGS).size).toBe(60)
    expect(new Set(SPELLINGS.map((spelling) => parsePhoneNumber(spelling, INDIA)))).toEqual(new Set(['+919876543210']))
  })

  it('PHN-1 gives 60 spellings of one number one budget and one user', async () => {
    const { auth, codeFor, stores, clock } = setup({ allowedRegions: ['IN'], defaultRegion: 'IN' })
    const outcomes: string[] = []
    for (const phoneNumber of SPELLINGS) {
      outcomes.push(
        await auth.start({ phoneNumber }).then(
          () => 'sent',
          (error) => error.code,
        ),
      )
    }
    expect(outcomes).toEqual(['sent', ...Array.from({ length: 59 }, () => 'rate_limited')])
    const users = new Set<unknown>()
    for (const phoneNumber of SPELLINGS) {
      clock.advance(86_400)
      const { challengeId } = await auth.start({ phoneNumber })
      users.add((await auth.verify({ challengeId, code: codeFor('+919876543210') })).user.id)
    }
    expect(users.size).toBe(1)
    expect(await stores.userStore.findByPhoneNumber('+919876543210' as never)).not.toBeNull()
  })

  it('PHN-1 is idempotent', () => {
    const region = fc.constantFrom(
      '+1415555',
      '+1212555',
      '+9198765',
      '+4479111',
      '+5215512',
      '+549112345',
      '+55119876',
    )
    const everywhere = rules(['US', 'IN', 'GB', 'MX', 'AR', 'BR', 'GG', 'JE', 'IM'], 'US')
    fc.assert(
      fc.property(region, fc.stringMatching(/^[0-9]{4,6}$/), (prefix, rest) => {
        const parsed = attempt(() => parsePhoneNumber(prefix + rest, everywhere))
        if (typeof parsed === 'string') expect(parsePhoneNumber(parsed, everywhere)).toBe(parsed)
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  it('PHN-1 parses both forms of Mexican and Argentine numbers to one, and requires the ninth digit in Brazil', () => {
    const parse = (input: string) => attempt(() => parsePhoneNumber(input, rules(['MX', 'AR', 'BR'])))
    expect(parse('+52 55 1234 5678')).toBe('+525512345678')
    expect(parse('+52 1 55 1234 5678')).toBe('+525512345678')
    expect(parse('+54 9 11 2345 6789')).toBe('+5491123456789')
    expect(parse('+54 11 15 2345 6789')).toBe('+5491123456789')
    expect(parse('+55 11 98765 4321')).toBe('+5511987654321')
    expect(parse('+55 11 8765 4321')).toMatchObject({ code: 'invalid_phone_number' })
  })

  it('PHN-2 refuses ambiguous input', () => {
    const ambiguous = [
      '+91-0-98765 43210',
      '++919876543210',
      '+91+9876543210',
      '91 98765 43210 ext. 5',
      '+919876543210;ext=5',
      '+919876543210x5',
      'tel:+919876543210',
      '+1-800-FLOWERS',
      '*31#+919876543210',
      '+91,9876543210',
      '+91/9876543210',
      '+91\u00009876543210',
      '+91\n9876543210',
      '+91\t9876543210',
      '\u202e+919876543210',
      '+91\u200e9876543210',
      '+91\u200b9876543210',
      '+91\ud8009876543210',
      '',
      ' ',
      '+',
      '123',
      '+919876543210'.padEnd(33, ' '),
      '+9198765432101234567890',
      '\u0967'.repeat(500),
    ]
    for (const input of ambiguous) {
      expect(
        attempt(() => parsePhoneNumber(input, INDIA)),
        JSON.stringify(input),
      ).toMatchObject({
        code: 'invalid_phone_number',
        reason: 'malformed',
      })
    }
    for (const input of [undefined, null, 919876543210, ['+919876543210'], { toString: () => '+919876543210' }]) {
      expect(attempt(() => parsePhoneNumber(input, INDIA))).toMatchObject({ code: 'invalid_phone_number' })
    }
  })

  it('PHN-2 returns E.164 or throws a typed error for each of 100 000 strings', () => {
    const piece = fc.constantFrom(
      '+',
      '00',
      '91',
      '9876543210',
      ' ',
      '-',
      '(',
      ')',
      '٩',
      '９',
      'a',
      '\0',
      '\u202e',
      '\ud800',
    )
    const input = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.array(piece, { maxLength: 12 }).map((p) => p.join('')),
    )
    fc.assert(
      fc.property(input, (text) => {
        const result = attempt(() => parsePhoneNumber(text, INDIA))
        return typeof result === 'string' ? /^\+[1-9][0-9]{6,14}$/.test(result) : isPhoneAuthError(result)
      }),
      { seed: 2, numRuns: 100_000 },
    )
  })

  it('PHN-2 calls neither a store nor the sender for a refused number', async () => {
    const { auth, messages } = setup({ otpStore: untouchable(), userStore: untouchable(), sessionStore: untouchable() })
    await expect(auth.start({ phoneNumber: '+1 415 555 01x1' })).rejects.toMatchObject({ code: 'invalid_phone_number' })
    await expect(auth.start({ phoneNumber: '+919876543210' })).rejects.toMatchObject({ code: 'region_not_allowed' })
    await expect(auth.verify({ phoneNumber: 'tel:1', code: '123456' })).rejects.toMatchObject({
      code: 'invalid_phone_number',
    })
    expect(messages).toEqual([])
  })

  it('PHN-3 accepts regions, not calling codes', () => {
    const refused = [
      ['US', '+1 876 555 0123', 'JM'],
      ['US', '+1 473 405 0123', 'GD'],
      ['GB', '+44 7797 712345', 'JE'],
      ['RU', '+7 701 234 5678', 'KZ'],
      ['US', '+91 98765 43210', 'IN'],
    ] as const
    for (const [allowed, input, region] of refused) {
      expect(attempt(() => parsePhoneNumber(input, rules([allowed])))).toMatchObject({
        code: 'region_not_allowed',
        region,
      })
    }
  })

  it('PHN-3 refuses networks that belong to no region', () => {
    for (const input of ['+881612345678', '+882161234567', '+8835100123456', '+870301234567', '+979123456789']) {
      expect(attempt(() => parsePhoneNumber(input, rules(['US', 'GB', 'IN'])))).toMatchObject({
        code: 'region_not_allowed',
        region: undefined,
      })
    }
  })

  it('PHN-3 refuses lines that cannot receive SMS or charge a premium', () => {
    const lines = {
      fixed: '+442071838750',
      premium: '+449098790000',
      freephone: '+448001111111',
      'shared cost': '+448457464646',
      pager: '+447640123456',
      personal: '+447012345678',
      UAN: '+445512345678',
    }
    for (const [line, input] of Object.entries(lines)) {
      expect(
        attempt(() => parsePhoneNumber(input, rules(['GB']))),
        line,
      ).toMatchObject({
        code: 'invalid_phone_number',
        reason: 'not_mobile',
      })
    }
  })
})

describe('maskPhoneNumber', () => {
  it('LOG-1 shows the first and the last four digits of a number, and hides at least four', () => {
    expect(maskPhoneNumber('+14155550123' as never)).toBe('+1******0123')
    expect(maskPhoneNumber('+2901234' as never)).toBe('+2****34')
  })
})

function attempt<Result>(call: () => Result): Result | unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

/** A store with methods that all fail the test. */
function untouchable(): never {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === 'developmentOnly') return undefined
        return () => {
          throw new Error(`The store was called: ${String(name)}.`)
        }
      },
    },
  ) as never
}
