import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPhoneAuthError } from '../../src/index.ts'
import { maskPhoneNumber, parsePhoneNumber } from '../../src/phone-number/phone-number.ts'
import { setup } from '../setup.ts'

const rules = (allowedRegions: string[], defaultRegion?: string) => ({
  allowedRegions: new Set(allowedRegions),
  defaultRegion,
  additionalRanges: [],
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

const reasonOf = (input: string, of: ReturnType<typeof rules>) => {
  try {
    return parsePhoneNumber(input, of)
  } catch (error) {
    if (isPhoneAuthError(error)) return error.code === 'invalid_phone_number' ? error.reason : error.code
    throw error
  }
}

describe('parsePhoneNumber', () => {
  it('PHN-2 never makes a number of another person out of a foreign or a second number', () => {
    // A number of the United States, entered in Mexico, where nobody has dialled 1 and ten digits.
    for (const input of ['1 415 555 2671', '1 (818) 555-2671']) {
      expect(reasonOf(input, rules(['MX', 'US'], 'MX')), input).toBe('malformed')
    }
    expect(reasonOf('52 1 55 5555 1234', rules(['MX'], 'MX'))).toBe('+525555551234')
    // A number of Singapore with the international prefix of Australia.
    const three = ['AU', 'SG', 'US']
    expect(reasonOf('0011 65 9223 4567', rules(three))).toBe('malformed')
    expect(reasonOf('0011 65 9223 4567', rules(three, 'AU'))).toBe('+6592234567')
    // Two numbers, of which the second differs in its end.
    for (const input of ['0664 1234567/8', '0664 1234567/89', '0664 1234567 / 890']) {
      expect(reasonOf(input, rules(['AT'], 'AT')), input).toBe('malformed')
    }
    expect(reasonOf('0664/123 45 67', rules(['AT'], 'AT'))).toBe('+436641234567')
    expect(reasonOf('06/12/34/56/78', rules(['FR'], 'FR'))).toBe('+33612345678')
  })

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

  it('PHN-2 refuses input that is not one number', () => {
    const refused = [
      '++919876543210',
      '+91+9876543210',
      '91 98765 43210 ext. 5',
      '+919876543210;ext=5',
      '+919876543210x5',
      'tel:tel:+919876543210',
      'tel:+919876543210;phone-context=example.com',
      'sms:+919876543210',
      '+1-800-FLOWERS',
      '*31#+919876543210',
      '+91,9876543210',
      '+91\u00009876543210',
      '+91\n9876543210',
      '+91\t9876543210',
      '\uff0b\uff0b919876543210',
      '+91\n98765 43210\n+919876543211',
      '+919876543210\u20e3',
      '\u202a\u202c',
      '+91\ud8009876543210',
      '',
      ' ',
      '+',
      '123',
      '+919876543210'.padEnd(33, ' '),
      '+9198765432101234567890',
      '+91 00 98765 43210',
      '\u0967'.repeat(500),
    ]
    for (const input of refused) {
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

  it('PHN-2 accepts numbers as they are copied from a contact, a web page or a drop-down menu', () => {
    const copied = [
      ['\u202a+91 98765 43210\u202c', '+919876543210'],
      ['\u2068+91\u200f 98765\u200b43210\u2069\n', '+919876543210'],
      ['\ufefftel:+91-98765-43210', '+919876543210'],
      ['TEL: +91 98765 43210', '+919876543210'],
      ['\u0085+91 98765 43210\u2029', '+919876543210'],
      ['+49 1512 / 345 6789', '+4915123456789'],
      ['\uff08+81\uff0990\u30fc1234\u30fc5678', '+819012345678'],
      ['+81\uff0e90\uff0e1234\uff0e5678', '+819012345678'],
      ['+44 (0)7400 123456', '+447400123456'],
      ['+4407400123456', '+447400123456'],
      ['+91 098765 43210', '+919876543210'],
      ['+91-0-98765 43210', '+919876543210'],
      ['+234 0802 123 4567', '+2348021234567'],
      ['+36 06 20 123 4567', '+36201234567'],
      ['+7 8 912 345 67 89', '+79123456789'],
      ['+57 0 321 123 4567', '+573211234567'],
      ['+1 1 415 555 0123', '+14155550123'],
    ] as const
    const regions = rules(['IN', 'DE', 'JP', 'GB', 'NG', 'HU', 'RU', 'CO', 'US'])
    for (const [input, number] of copied) expect(parsePhoneNumber(input, regions), JSON.stringify(input)).toBe(number)
  })

  it('PHN-2 keeps a zero that is part of the number, and refuses one that is no trunk prefix', () => {
    const regions = rules(['CI', 'IT', 'ES'])
    expect(parsePhoneNumber('+225 01 23 45 67 89', regions)).toBe('+2250123456789')
    for (const input of ['+39 (0) 312 345 6789', '+34 (0) 612 345 678', '+225 001 23 45 67 89']) {
      expect(attempt(() => parsePhoneNumber(input, regions))).toMatchObject({ code: 'invalid_phone_number' })
    }
  })

  it('PHN-2 reads the international prefixes of the default region, and 00 without one', () => {
    const all = ['AU', 'BR', 'IN', 'JP', 'NG', 'US']
    const cases = [
      [undefined, '0091 98765 43210', '+919876543210'],
      ['IN', '0091 98765 43210', '+919876543210'],
      ['US', '011 91 98765 43210', '+919876543210'],
      ['AU', '0011 91 98765 43210', '+919876543210'],
      ['AU', '0018 91 98765 43210', '+919876543210'],
      ['JP', '010 91 98765 43210', '+919876543210'],
      ['BR', '00 15 91 98765 43210', '+919876543210'],
      ['NG', '009 91 98765 43210', '+919876543210'],
      ['AU', '0011 1 415 555 0123', '+14155550123'],
      // Other prefixes than those of the default region.
      ['US', '0091 98765 43210', 'malformed'],
      ['AU', '0091 98765 43210', 'malformed'],
      ['IN', '011 1 415 555 0123', 'malformed'],
      [undefined, '011 91 98765 43210', 'malformed'],
      // The true reason, also after an international prefix.
      ['IN', '0044 20 7183 8750', 'region_not_allowed'],
      [undefined, '0044 20 7183 8750', 'region_not_allowed'],
      [undefined, '0091 11 2345 6789', 'not_mobile'],
      ['IN', '0091 11 2345 6789', 'not_mobile'],
      ['BR', '0044 7400 123456', 'malformed'],
      // An Indian number with 00, or an American number with the prefix 009 of Nigeria.
      ['NG', '0091 7022 334567', 'ambiguous'],
      ['NG', '009 1 702 233 4567', 'ambiguous'],
      ['NG', '+1 702 233 4567', '+17022334567'],
      ['NG', '+91 70223 34567', '+917022334567'],
    ] as const
    for (const [region, input, expected] of cases) {
      const result = attempt(() => parsePhoneNumber(input, rules(all, region)))
      const { reason, code } = result as { reason?: string; code?: string }
      expect(typeof result === 'string' ? result : (reason ?? code), `${region} ${input}`).toBe(expected)
    }
  })

  it('PHN-2 says how to write an ambiguous number', () => {
    expect(attempt(() => parsePhoneNumber('0091 7022 334567', rules(['NG'], 'NG')))).toMatchObject({
      message:
        'This phone number can be read as two different numbers. Write it with + and its country code, as in +14155550123.',
    })
  })

  it('PHN-2 refuses marks that reorder digits, and the error says to type the number', () => {
    for (const mark of '\u061c\u202b\u202e\u2067') {
      for (const input of [`${mark}+919876543210`, `+91${mark}98765 43210`, `+91 98765 43210${mark}`]) {
        expect(attempt(() => parsePhoneNumber(input, INDIA))).toMatchObject({
          code: 'invalid_phone_number',
          reason: 'reordered',
          message:
            'This phone number contains an invisible character that changes the order of its digits. Type the number instead of pasting it.',
        })
      }
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
      '\u202a',
      '\ufeff',
      '/',
      'tel:',
      '0',
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
    await expect(auth.verify({ phoneNumber: 'fax:1', code: '123456' })).rejects.toMatchObject({
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
