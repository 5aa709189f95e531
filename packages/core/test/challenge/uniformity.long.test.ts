import { describe, expect, it } from 'vitest'
import { HARDENED_FORMATS } from '../../src/challenge/code-format.ts'
import { deriveCode } from '../../src/challenge/one-time-code.ts'
import { deriveKeyRing } from '../../src/keys/secret-keys.ts'
import { SECRET } from '../setup.ts'

const binding = { idHash: 'id', purpose: 'sign_in', sessionId: null } as const
const SIX = { alphabet: 'digits', length: 6 } as const

describe('deriveCode', () => {
  it('OTP-1 is uniform over a million seeds: in every position, in a thousand bins, and in the leading zero', async () => {
    const [keys] = await deriveKeyRing([SECRET])
    const positions = Array.from({ length: 6 }, () => new Uint32Array(10))
    const bins = new Uint32Array(1000)
    const total = 1_000_000
    const batch = 5000
    for (let start = 0; start < total; start += batch) {
      const codes = await Promise.all(
        Array.from({ length: batch }, (_, index) => deriveCode(keys, `seed-${start + index}`, '+1', binding, SIX)),
      )
      for (const code of codes) {
        for (let position = 0; position < 6; position += 1) count(positions[position], Number(code[position]))
        count(bins, Math.floor(Number(code) / 1000))
      }
    }
    // Quantiles of chi-square at 1 - 10^-4, for 9 and for 999 degrees of freedom.
    for (const position of positions) expect(chiSquare(position)).toBeLessThan(33.72)
    expect(chiSquare(bins)).toBeLessThan(1173)
    expect(positions[0]?.[0]).toBeGreaterThan(0.095 * total)
  })

  it('OTP-1 LIM-2 is uniform in every position of hardened codes of both forms', async () => {
    const [keys] = await deriveKeyRing([SECRET])
    // Quantiles of chi-square at 1 - 10^-5, for 31 and for 9 degrees of freedom.
    const forms = [
      { format: HARDENED_FORMATS.alphanumeric, characters: '0123456789ABCDEFGHJKMNPQRSTVWXYZ', quantile: 76.8 },
      { format: HARDENED_FORMATS.digits, characters: '0123456789', quantile: 39.4 },
    ] as const
    for (const { format, characters, quantile } of forms) {
      const codes = await Promise.all(
        Array.from({ length: 20_000 }, (_, index) => deriveCode(keys, `seed-${index}`, '+1', binding, format)),
      )
      expect(new Set(codes).size).toBe(codes.length)
      for (let position = 0; position < format.length; position += 1) {
        const counts = new Uint32Array(characters.length)
        for (const code of codes) count(counts, characters.indexOf(code[position] ?? ''))
        expect(chiSquare(counts), `${format.alphabet} ${position}`).toBeLessThan(quantile)
      }
      expect(codes.every((code) => code.length === format.length)).toBe(true)
    }
  })
})

function count(counts: Uint32Array | undefined, index: number): void {
  if (counts !== undefined) counts[index] = (counts[index] ?? 0) + 1
}

function chiSquare(counts: Uint32Array): number {
  const expected = counts.reduce((total, observed) => total + observed, 0) / counts.length
  return counts.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0)
}
