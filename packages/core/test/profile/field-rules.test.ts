import { describe, expect, it } from 'vitest'
import { defaultProfileSchema } from '../../src/index.ts'

const ADA = { name: 'Ada Lovelace', email: 'ada@example.com' }

/** The stored value of a field of the default profile, or the messages that refuse it. */
function read(field: string, value: unknown): unknown {
  const result = defaultProfileSchema.safeParse({ ...ADA, [field]: value })
  if (result.success) return (result.data as Record<string, unknown>)[field]
  return result.error.issues.map(({ message }) => message)
}

describe('the name of the default profile', () => {
  it('has two characters, or one letter of a script without upper case', () => {
    for (const name of ['Al', 'Ó B', '李', '김', 'ओ', 'श्री', 'ဦး', 'あ', 'ก', 'Ng', 'D’', 'J.']) {
      expect(read('name', name), name).toBe(name)
    }
    for (const name of ['A', 'ß', 'Ж', 'α', '7', '.', '🙂', 'e\u0301', 'A\u200b']) {
      expect(read('name', name), name).toEqual(['must have 2 to 100 characters'])
    }
  })

  it('has a visible character', () => {
    const invisible = [
      '\u3164\u3164',
      '\u2800\u2800',
      '\u115f\u1160',
      '\u200b\u200d',
      '\u00ad\u00ad',
      '\u0301\u0301',
      '  ',
    ]
    for (const name of [...invisible, '']) expect(read('name', name), name).toEqual(['must have a visible character'])
    expect(read('location', '\u3164')).toEqual(['must have a visible character'])
  })

  it('contains no control, direction mark, or line or paragraph separator; joiners are parts of letters', () => {
    for (const mark of '\0\n\t\u0085\u2028\u2029\u061c\u200e\u200f\u202a\u202e\u2066\u2068\u2069\ud800') {
      for (const field of ['name', 'location']) {
        expect(read(field, `Ada${mark}Byron`), mark.codePointAt(0)?.toString(16)).toEqual([
          'must not contain control characters',
        ])
      }
    }
    for (const name of ['می\u200cخواهم', 'क्\u200dष']) expect(read('name', name)).toBe(name)
  })

  it('is required, and must be text', () => {
    expect([undefined, null].map((name) => read('name', name))).toEqual([['is required'], ['is required']])
    expect([5, {}, [], true].map((name) => read('name', name))).toEqual(Array(4).fill(['must be text']))
  })
})

describe('the e-mail address of the default profile', () => {
  it('can have every atom of RFC 5322, a punycode top-level domain, and letters of any script', () => {
    const addresses = [
      'ada@example.com',
      "a.b+c_d-e'f@mail.example.co.in",
      "!#$%&'*+-/=?^_`{|}~@example.com",
      'x@example.museum',
      'x@xn--h2brj9c.xn--h2brj9c',
      'x@example.xn--p1ai',
      'x@1a.2b.example',
      'अजय@डाटा.भारत',
      'ஆட்சி@எடுத்துக்காட்டு.இந்தியா',
      'క్\u200cష@ఉదాహరణ.భారత్',
      'квіточка@пошта.укр',
      '用户@例子.广告',
      `${'x'.repeat(64)}@example.com`,
    ]
    for (const address of addresses) expect(read('email', address), address).toBe(address)
  })

  it('is trimmed', () => {
    expect(read('email', ' \tada@example.com\r\n')).toBe('ada@example.com')
  })

  it('is refused with one message if it is no address', () => {
    const others = [
      '',
      'ada',
      'ada@',
      '@example.com',
      'ada@localhost',
      'ada@example',
      'ada@example.c',
      'ada@example.1',
      'ada@192.0.2.1',
      'ada@[192.0.2.1]',
      'ada@example.com.',
      'ada@.example.com',
      'ada@example..com',
      'ada@-example.com',
      'ada@example-.com',
      '.ada@example.com',
      'ada.@example.com',
      'a..b@example.com',
      'a b@example.com',
      '"a b"@example.com',
      'a@b@example.com',
      'Ada <ada@example.com>',
      'mailto:ada@example.com',
      'ada@exam_ple.com',
      'ada@example.com\nBcc: eve@example.com',
      'ada\u200b@example.com',
      'ada\u200d@example.com',
      '\u202eada@example.com',
      'ada@example.com\0',
      'ada\ud800@example.com',
    ]
    for (const address of others) {
      expect(read('email', address), JSON.stringify(address)).toEqual(['must be an e-mail address'])
    }
  })

  it('has at most 64 bytes before the @ and 254 in all', () => {
    const tooLong = ['must have at most 254 bytes, and at most 64 before the @']
    const domain = `${'x'.repeat(60)}.`.repeat(3)
    expect(read('email', `ada@${domain}${'x'.repeat(63)}.com`)).toMatch(/^ada@/)
    expect(read('email', `ada@${domain}${'x'.repeat(64)}.com`)).toEqual(tooLong)
    expect(read('email', `${'x'.repeat(65)}@example.com`)).toEqual(tooLong)
    expect(read('email', `${'अ'.repeat(22)}@example.com`)).toEqual(tooLong)
  })

  it('is checked in a time that does not explode with its length', () => {
    for (const address of [`${'a.'.repeat(50_000)}@`, `a@${'a-'.repeat(50_000)}`, `a@${'a.'.repeat(50_000)}`]) {
      expect(read('email', address)).toEqual(expect.arrayContaining(['must be an e-mail address']))
    }
  })
})

describe('the birth date of the default profile', () => {
  it('is a past date from 1900 on', () => {
    for (const date of ['1900-01-01', '2000-02-29']) expect(read('birthDate', date)).toBe(date)
    for (const date of ['1899-12-31', '0001-01-01']) {
      expect(read('birthDate', date)).toEqual(['must not be before 1900'])
    }
    expect(read('birthDate', '2999-01-01')).toEqual(['must be in the past'])
  })

  it('is refused with one message if it is no date', () => {
    for (const date of ['2023-02-29', '29.02.2000', 5]) {
      expect(read('birthDate', date)).toEqual(['must be a date, YYYY-MM-DD'])
    }
  })
})
