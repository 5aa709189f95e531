import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { smsSegments } from '../../src/adapters.ts'

describe('smsSegments', () => {
  it('OTP-14 fits 160 GSM-7 characters into one message, and 153 into each of several', () => {
    for (const [length, segments] of [
      [0, 1],
      [1, 1],
      [160, 1],
      [161, 2],
      [306, 2],
      [307, 3],
      [459, 3],
      [460, 4],
    ] as const) {
      expect(smsSegments('x'.repeat(length))).toEqual({
        encoding: 'GSM-7',
        units: length,
        segments,
        nonGsmCharacters: [],
      })
    }
  })

  it('OTP-14 counts the characters of the GSM extension twice', () => {
    for (const character of '\f^{}\\[~]|€') {
      expect(smsSegments(character)).toEqual({ encoding: 'GSM-7', units: 2, segments: 1, nonGsmCharacters: [] })
    }
    expect(smsSegments('€'.repeat(80))).toMatchObject({ units: 160, segments: 1 })
    expect(smsSegments(`x${'€'.repeat(80)}`)).toMatchObject({ units: 161, segments: 2 })
  })

  it('OTP-14 never splits a character of two units between two parts', () => {
    // 152 and half a euro sign would be 153. The whole sign moves to the second part, which then
    // has one unit too few for the rest.
    expect(smsSegments(`${'x'.repeat(152)}€${'x'.repeat(152)}`)).toMatchObject({ units: 306, segments: 3 })
    expect(smsSegments(`${'x'.repeat(151)}€${'x'.repeat(153)}`)).toMatchObject({ units: 306, segments: 2 })
    // 33 pairs are 66 of 67 units.
    expect(smsSegments('😀'.repeat(66))).toMatchObject({ units: 132, segments: 2 })
    expect(smsSegments('😀'.repeat(67))).toMatchObject({ units: 134, segments: 3 })
  })

  it('OTP-14 switches to UCS-2 for one character outside the GSM alphabet: 70 units, and 67 in each of several', () => {
    for (const [length, segments] of [
      [1, 1],
      [70, 1],
      [71, 2],
      [134, 2],
      [135, 3],
    ] as const) {
      const text = `ó${'x'.repeat(length - 1)}`
      expect(smsSegments(text)).toEqual({ encoding: 'UCS-2', units: length, segments, nonGsmCharacters: ['ó'] })
    }
  })

  it('counts an emoji as two units, and characters of the GSM extension as one in UCS-2', () => {
    expect(smsSegments('😀')).toEqual({ encoding: 'UCS-2', units: 2, segments: 1, nonGsmCharacters: ['😀'] })
    expect(smsSegments('ó€{')).toMatchObject({ encoding: 'UCS-2', units: 3 })
    expect(smsSegments('😀'.repeat(35))).toMatchObject({ units: 70, segments: 1 })
    expect(smsSegments('😀'.repeat(36))).toMatchObject({ units: 72, segments: 2 })
  })

  it('lists each character that forces UCS-2 once, in the order of the text', () => {
    expect(smsSegments('Tu código: ação, código 😀 ç').nonGsmCharacters).toEqual(['ó', 'ç', 'ã', '😀'])
    expect(
      smsSegments('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà').nonGsmCharacters,
    ).toEqual([])
    // Look-alikes that are not in the alphabet.
    expect(smsSegments('‘’–…\u00a0çΑ`\t').nonGsmCharacters).toEqual([...'‘’–…\u00a0çΑ`\t'])
  })

  it('never counts fewer segments for a longer text', () => {
    const text = fc.string({ unit: fc.constantFrom('x', '€', 'ó', '😀', '\n', '{'), maxLength: 400 })
    fc.assert(
      fc.property(text, text, (start, rest) => {
        const [shorter, longer] = [smsSegments(start), smsSegments(start + rest)]
        expect(longer.segments).toBeGreaterThanOrEqual(shorter.segments)
        expect(longer.nonGsmCharacters).toEqual(expect.arrayContaining([...shorter.nonGsmCharacters]))
        const capacity = longer.encoding === 'GSM-7' ? 160 : 70
        expect(longer.segments === 1).toBe(longer.units <= capacity)
        expect(longer.encoding === 'GSM-7').toBe(longer.nonGsmCharacters.length === 0)
      }),
      { seed: 14, numRuns: 300 },
    )
  })
})
