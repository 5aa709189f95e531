import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { deriveCode, hashCode, readCode } from '../../src/challenge/one-time-code.ts'
import { deriveKeyRing, frame } from '../../src/keys/secret-keys.ts'
import { rejection, SECRET, setup } from '../setup.ts'

const binding = { idHash: 'id', purpose: 'sign_in', sessionId: null } as const

describe('deriveCode', () => {
  it('OTP-1 OTP-10 rejects bytes that would favour some characters, and derives further blocks until the code is complete', async () => {
    const [keys] = await deriveKeyRing([SECRET])
    const blocks = [Uint8Array.of(250, 255, 0, 249), Uint8Array.of(251), Uint8Array.of(12, 7, 108, 1, 2, 3)]
    const signed: Uint8Array[] = []
    const codeDerivation = {
      sign: async (input: Uint8Array<ArrayBuffer>) => {
        signed.push(input)
        return blocks[signed.length - 1] ?? expect.fail('A complete code needs no fourth block.')
      },
    }
    const derived = await deriveCode({ ...keys, codeDerivation }, 'seed', '+1', binding, {
      alphabet: 'digits',
      length: 6,
    })
    expect(derived).toBe('092781')
    expect(signed).toEqual(['0', '1', '2'].map((block) => frame(block, 'seed', '+1', 'id', 'sign_in', '')))
  })

  it('OTP-6 OTP-9 always gives the same code, and another code for another seed, number, purpose, session, challenge or key', async () => {
    const [keys, otherKeys] = await deriveKeyRing([SECRET, `another ${SECRET}`])
    const format = { alphabet: 'digits', length: 10 } as const
    const codes = await Promise.all([
      deriveCode(keys, 'seed', '+1', binding, format),
      deriveCode(keys, 'seed', '+1', binding, format),
      deriveCode(keys, 'seed-2', '+1', binding, format),
      deriveCode(keys, 'seed', '+2', binding, format),
      deriveCode(keys, 'seed', '+1', { ...binding, purpose: 'step_up' }, format),
      deriveCode(keys, 'seed', '+1', { ...binding, sessionId: 'session' }, format),
      deriveCode(keys, 'seed', '+1', { ...binding, idHash: 'id-2' }, format),
      deriveCode(otherKeys as typeof keys, 'seed', '+1', binding, format),
    ])
    expect(codes[1]).toBe(codes[0])
    expect(new Set(codes).size).toBe(7)
  })
})

describe('readCode', () => {
  it('OTP-11 reads digits of any script, typed or pasted: with spaces, hyphens, line breaks, marks and a full stop', () => {
    for (const input of [
      '123456',
      '123 456',
      '123-456',
      ' 123456 ',
      '１２３４５６',
      '١٢٣٤٥٦',
      '१२३४५६',
      '123\u2013456',
      '123\u2212456',
      '123456\n',
      '\t123456\r\n',
      '123\n456',
      '1234\u200b56',
      '\u202a123456\u202c',
      '\u2066123456\u2069.',
      '\ufeff123456\u200e',
      '123456.',
      ' 123 456. ',
      '123456。',
      '१२३४५६।',
      '١٢٣٤٥٦۔',
    ]) {
      expect(readCode(input, 6), JSON.stringify(input)).toBe('123456')
    }
    expect(readCode('\u2066ABCD-EFGH-JKMNP\u2069.', 6)).toBe('ABCDEFGHJKMNP')
    expect(readCode('0000-0000-0oIlo', 6)).toBe('0000000000110')
    expect(readCode('abcd-efgh-jkmnp', 6)).toBe('ABCDEFGHJKMNP')
    for (const input of [
      '1234 5678 9012 3456 7890',
      '12345678901234567890',
      '1234-5678-9012-3456-7890',
      '१२३४ ५६७८ ९०१२ ३४५६ ७८९०',
    ]) {
      expect(readCode(input, 6)).toBe('12345678901234567890')
    }
  })

  it('OTP-11 reads inputs of at most 64 characters', () => {
    expect(readCode('123456'.padEnd(64), 6)).toBe('123456')
    expect(readCode('123456'.padEnd(65), 6)).toBeNull()
  })

  const notCodes: unknown[] = [
    undefined,
    null,
    true,
    false,
    123456,
    0,
    Number.NaN,
    123456n,
    ['123456'],
    [1, 2, 3, 4, 5, 6],
    [],
    {},
    { $ne: '' },
    { code: '123456' },
    { toString: () => '123456' },
    Object.create(null),
    new String('123456'),
    Symbol('123456'),
    () => '123456',
    new Date(0),
    '',
    ' ',
    '      ',
    '12345',
    '1234567',
    '12345a',
    'abcdef',
    '12345\u0000',
    '\u0000123456',
    '123456..',
    '.123456',
    '123456,',
    '+123456',
    '-12345',
    '1.2345',
    '1e5',
    '0x1234',
    '12345.',
    '123,456',
    '123_456',
    '123456;',
    "123456' or '1'='1",
    '<123456>',
    '%31%32%33%34%35%36',
    '\\u0031',
    '__proto__',
    'constructor',
    'toString',
    '12345\u202e6',
    '\u202e654321',
    '12345\ud800',
    '①②③④⑤⑥',
    '一二三四五六',
    '½½½½½½',
    '1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣',
    '123456'.repeat(2000),
    '0123456789ABCD',
    '1234 5678 9012 3456 789',
    '1234 5678 9012 3456 78901',
    '1234 5678 9012 3456 789O',
    '0123456789AB!',
    'U123456789ABC',
    'null',
  ]

  it('OTP-11 refuses 63 other values without a call of a store and without using an attempt', async () => {
    const { auth, codeFor, stores } = setup()
    const { challengeId } = await auth.start({ phoneNumber: '+14155550101' })
    expect(notCodes).toHaveLength(63)
    const asked: string[] = []
    const redeem = stores.otpStore.redeem.bind(stores.otpStore)
    stores.otpStore.redeem = (attempt) => {
      asked.push(attempt.idHash)
      return redeem(attempt)
    }
    for (const code of notCodes) {
      const error = await rejection(auth.verify({ challengeId, code: code as string }))
      expect([error.code, error.field], inspect(code)).toEqual(['invalid_input', 'code'])
    }
    expect(asked).toEqual([])
    const typed = digitsOf(codeFor(), 0x660)
    expect((await auth.verify({ challengeId, code: typed })).user.phoneNumber).toBe('+14155550101')
  })

  it('OTP-11 refuses invalid challenge ids', async () => {
    const { auth } = setup()
    for (const challengeId of [null, 5, {}, [], '', 'x'.repeat(129)]) {
      const error = await rejection(auth.verify({ challengeId: challengeId as string, code: '123456' }))
      expect([error.code, error.field]).toEqual(['invalid_input', 'challengeId'])
    }
  })
})

describe('the stored form of a code', () => {
  it('OTP-10 is a keyed hash: the row contains neither the code nor an unkeyed hash of it', async () => {
    const { auth, stores, codeFor } = setup()
    const { challengeId } = await auth.start({ phoneNumber: '+14155550101' })
    const challenge = await stores.otpStore.findLatest('+14155550101' as never, 'sign_in', null)
    const dump = JSON.stringify(challenge)
    expect(dump).not.toContain(codeFor())
    expect(dump).not.toContain(challengeId)
    const stored = Buffer.from(challenge?.codeHash ?? '', 'base64url')
    const salts = ['', challenge?.seed ?? '', challenge?.idHash ?? '', '+14155550101']
    const hashes = ['md5', 'sha1', 'sha256', 'sha512']
    for (const algorithm of hashes) {
      for (const salt of salts) {
        for (const input of [salt + codeFor(), codeFor() + salt]) {
          const digest = createHash(algorithm).update(input).digest()
          expect(digest.subarray(0, stored.length).equals(stored.subarray(0, digest.length))).toBe(false)
        }
      }
    }
  })

  it('OTP-10 belongs to its challenge: the hash of the same code is different in every challenge', async () => {
    const [keys] = await deriveKeyRing([SECRET])
    const hashes = await Promise.all([
      hashCode(keys, '123456', binding),
      hashCode(keys, '123456', { ...binding, idHash: 'other' }),
      hashCode(keys, '123456', { ...binding, purpose: 'step_up' }),
      hashCode(keys, '123456', { ...binding, sessionId: 'session' }),
    ])
    expect(new Set(hashes).size).toBe(4)
    for (const hash of hashes) expect(Buffer.from(hash, 'base64url')).toHaveLength(32)
  })

  it('OTP-10 signs in no user after the number in the row was tampered with', async () => {
    const { auth, stores, codeFor, events } = setup()
    const { challengeId } = await auth.start({ phoneNumber: '+14155550101' })
    const redeem = stores.otpStore.redeem.bind(stores.otpStore)
    stores.otpStore.redeem = async (attempt) => {
      const outcome = await redeem(attempt)
      if (outcome.outcome !== 'redeemed') return outcome
      return { ...outcome, challenge: { ...outcome.challenge, phoneNumber: '+14155550199' as never } }
    }
    await expect(auth.verify({ challengeId, code: codeFor() })).rejects.toMatchObject({ code: 'challenge_expired' })
    const victim = await stores.userStore.findByPhoneNumber('+14155550199' as never)
    expect(await stores.sessionStore.list(victim?.user.id ?? 0)).toEqual([])
    expect(events.map(({ type }) => type)).toContain('challenge_tampered')
  })

  it('OTP-10 verifies after a rotation of secrets, until the old secret is removed', async () => {
    const old = setup()
    const first = await old.auth.start({ phoneNumber: '+14155550101' })
    const second = await old.auth.start({ phoneNumber: '+14155550102' })
    const code = old.codeFor('+14155550101')
    const rotated = setup({ ...old.options, secret: [randomBytes(32).toString('hex'), SECRET] })
    expect((await rotated.auth.verify({ challengeId: first.challengeId, code })).user.phoneNumber).toBe('+14155550101')
    const dropped = setup({ ...old.options, secret: randomBytes(32).toString('hex') })
    const late = dropped.auth.verify({ challengeId: second.challengeId, code: old.codeFor('+14155550102') })
    await expect(late).rejects.toMatchObject({ code: 'invalid_code' })
    old.clock.advance(60)
    const resent = dropped.auth.resend({ challengeId: second.challengeId })
    await expect(resent).rejects.toMatchObject({ code: 'challenge_expired' })
  })
})

function digitsOf(code: string, zero: number): string {
  return code.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)))
}
