import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { sha256 } from '../../src/crypto/hashing.ts'
import { addressSubject, devicePart, issueDeviceToken, UNKNOWN_SOURCE, userSubject } from '../../src/limits/subjects.ts'

describe('the subjects of budgets', () => {
  it('LIM-4 are an address as a part of its network, and one for all callers without an address', () => {
    expect(addressSubject({ address: '1.2.3.4', prefix: '1.2.3.0/24' })).toBe('1.2.3.0/24|1.2.3.4')
    expect(UNKNOWN_SOURCE).toBe('unknown')
  })

  it('LIM-6 are the signed-in user', () => {
    expect(userSubject(7)).toBe('user:7')
  })
})

describe('a device token', () => {
  it('LIM-5 has 256 random bits, and only its hash names the device', async () => {
    const tokens = [issueDeviceToken(), issueDeviceToken()]
    expect(new Set(tokens).size).toBe(2)
    for (const token of tokens) {
      expect(Buffer.from(token.slice('phd_'.length), 'base64url')).toHaveLength(32)
      expect(await devicePart(token)).toBe(`device:${await sha256(utf8(token))}`)
    }
  })

  const body = 'A'.repeat(43)
  it.each([undefined, null, 5, [`phd_${body}`], '', body, `phd_${body}A`, `phd_${body.slice(1)}`, ` phd_${body}`])(
    'LIM-5 is ignored unless it has the form of one: %j',
    async (token) => {
      expect(await devicePart(token)).toBeNull()
    },
  )
})
