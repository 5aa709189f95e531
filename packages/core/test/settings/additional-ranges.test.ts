import { describe, expect, it } from 'vitest'
import { codeOf, noLimits, setup, startProblems } from '../setup.ts'

// Neither range is in the phone metadata; the second one is of fixed lines.
const NEW_MOBILE = '+915912345678'
const FIXED_LINE = '+442071838750'

const problems = (additionalRanges: unknown) => startProblems({ allowedRegions: ['IN', 'GB'], additionalRanges })

describe('the option additionalRanges', () => {
  it('PHN-3 accepts numbers that the phone metadata does not accept, in every spelling', async () => {
    const allowedRegions = ['IN', 'GB', 'US']
    const plain = setup({ allowedRegions })
    for (const phoneNumber of [NEW_MOBILE, FIXED_LINE]) {
      expect(await codeOf(plain.auth.start({ phoneNumber }))).toBe('invalid_phone_number')
    }
    const additionalRanges = { IN: [/\+9159[0-9]{8}/], GB: [/\+44207[0-9]{7}/g, /\+44208[0-9]{7}/] }
    const { auth, codeFor } = setup({ allowedRegions, defaultRegion: 'IN', additionalRanges, limits: noLimits })
    for (const spelling of ['+91 59123 45678', '059123 45678', '5912345678', '+91 (0)59123-45678', '0091 5912345678']) {
      const { phoneNumber, challengeId } = await auth.start({ phoneNumber: spelling })
      expect(phoneNumber).toBe(NEW_MOBILE)
      await auth.verify({ challengeId, code: codeFor(NEW_MOBILE) })
    }
    expect((await auth.start({ phoneNumber: '+44 (0)20 7183 8750' })).phoneNumber).toBe(FIXED_LINE)
  })

  it('PHN-3 accepts no number of which a pattern matches only a part, and none that is too long for E.164', async () => {
    const additionalRanges = { IN: [/\+9159|\+9158[0-9]*/] }
    const { auth } = setup({ allowedRegions: ['IN'], additionalRanges })
    for (const phoneNumber of [NEW_MOBILE, '+9159', `+9158${'1'.repeat(12)}`, '+15812345678']) {
      expect(await codeOf(auth.start({ phoneNumber })), phoneNumber).toMatch(
        /^(invalid_phone_number|region_not_allowed)$/,
      )
    }
    expect((await auth.start({ phoneNumber: '+915812345678' })).phoneNumber).toBe('+915812345678')
  })

  it('PHN-2 refuses a number that is valid in two ways because of a range', async () => {
    const { auth } = setup({ allowedRegions: ['GB'], additionalRanges: { GB: [/\+440[0-9]{10}/] } })
    const start = auth.start({ phoneNumber: '+44 (0)7400 123456' })
    await expect(start).rejects.toMatchObject({ code: 'invalid_phone_number', reason: 'ambiguous' })
  })

  it('is refused where it has no effect', () => {
    expect(problems({ IN: [/\+9159[0-9]{8}/] })).toEqual([])
    expect(problems({ US: [/\+1555[0-9]{7}/] })).toEqual([
      'additionalRanges.US has no effect; add "US" to allowedRegions.',
    ])
    const invalid =
      'additionalRanges.IN must be a list of regular expressions that begin with "\\+91"; each is matched against a whole number in E.164.'
    for (const patterns of [[], /\+9159/, [/59[0-9]{8}/], [/^\+9159/], [/\+1415/], ['+9159'], [null], null, 'x']) {
      expect(problems({ IN: patterns }), String(patterns)).toEqual([invalid])
    }
    for (const ranges of [null, 5, 'IN']) {
      expect(problems(ranges)).toEqual(['additionalRanges must be an object with regions as keys.'])
    }
    expect(problems({ toString: [/\+91/] })).toHaveLength(1)
  })
})
