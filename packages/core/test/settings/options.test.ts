import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Duration } from '../../src/index.ts'
import type { Rates } from '../../src/options/limits.ts'
import { setup, startProblems } from '../setup.ts'

const { options } = setup()
const reasons = startProblems

describe('new PhoneAuth', () => {
  it('PHN-3 refuses to start without allowedRegions, and with regions that do not exist', () => {
    expect(reasons({ allowedRegions: [] })).toEqual([expect.stringContaining('allowedRegions is required')])
    expect(reasons({ allowedRegions: undefined })).toEqual([expect.stringContaining('allowedRegions is required')])
    for (const region of ['UK', '*', '+44', 'us', 'USA', '']) {
      expect(reasons({ allowedRegions: [region] }), region).toEqual([expect.stringContaining(`"${region}" is not`)])
    }
    expect(reasons({ allowedRegions: 'US' })).toEqual([expect.stringContaining('allowedRegions must be a list')])
    expect(reasons({ defaultRegion: 'XX' })).toHaveLength(2)
    expect(reasons({ defaultRegion: 'IN' })).toEqual([expect.stringContaining('defaultRegion must be one of')])
  })

  it('refuses options that do not exist, which would have no effect', () => {
    const typos = { allowedRegion: ['US'], session: { cacheage: '1s' }, limits: { sendsPerNumbers: {} } }
    expect(reasons(typos)).toEqual([
      'allowedRegion is not an option; check its spelling.',
      'limits.sendsPerNumbers is not an option; check its spelling.',
      'session.cacheage is not an option; check its spelling.',
    ])
  })

  it('OTP-1 refuses codes of fewer than six digits', () => {
    for (const length of [4, 5, 11, 6.5, '6', Number.NaN]) {
      expect(reasons({ code: { length } }), String(length)).toEqual([
        'code.length must be a whole number from 6 to 10.',
      ])
    }
    expect(reasons({ code: { length: 8 } })).toEqual([])
  })

  it('OTP-2 refuses codes that are valid longer than ten minutes', () => {
    expect(reasons({ code: { ttl: '11m' } })).toHaveLength(1)
    expect(reasons({ code: { ttl: '10m' } })).toEqual([])
  })

  it('OTP-5 refuses to allow all the attempts to clients that know only the number', () => {
    expect(reasons({ code: { maxAttemptsByNumber: 5 } })).toHaveLength(1)
    expect(reasons({ code: { maxAttempts: 1 } })).toEqual([])
  })

  it('LIM-10 refuses contradictory limits, and more guesses than NIST allows', () => {
    expect(reasons({ limits: { sendsPerNumber: { '1h': 5, '24h': 3 } } })).toEqual([
      'limits.sendsPerNumber allows fewer in a longer window than in a shorter one; raise the limit of the longer window.',
    ])
    expect(reasons({ limits: { guessesPerNumber: { '30d': 101 } } })).toHaveLength(1)
    expect(reasons({ limits: { guessesPerNumber: { '29d': 100 } } })).toHaveLength(1)
    expect(reasons({ limits: { guessesPerNumber: { '30d': 100 } } })).toEqual([])
    expect(reasons({ limits: { guessesPerNumber: { '1h': 4, '30d': 100 } } })).toHaveLength(1)
    expect(reasons({ limits: { sendsPerNumber: { '60m': 5, '1h': 5 } } })).toEqual([
      'limits.sendsPerNumber lists the same window twice; remove one of them.',
    ])
    expect(reasons({ limits: { startsPerAddress: { '1h': 0 } } })).toHaveLength(1)
    expect(reasons({ limits: { startsPerAddress: { '1h': 1.5 } } })).toHaveLength(1)
  })

  it('LIM-10 accepts only durations with a unit, and none longer than a year', () => {
    // @ts-expect-error a bare number has no unit
    const bare: Duration = 60_000
    // @ts-expect-error a number in a string has no unit
    const string: Duration = '60000'
    // @ts-expect-error this window of a rate has no unit
    const window: Rates = { 60000: 5 }
    for (const wait of [bare, string, '21900d', '-1s', '1.5m', '1e3s', '0x1s', ' 1s', '1 s', '1w', '', null]) {
      expect(reasons({ limits: { cooldown: [wait] } }), String(wait)).toHaveLength(1)
    }
    expect(reasons({ limits: { sendsPerNumber: window } })).toHaveLength(1)
    expect(reasons({ limits: { sendsPerNumber: { '21900d': 5 } } })).toHaveLength(1)
    expect(reasons({ accessToken: { ttl: '61m' } })).toHaveLength(1)
    expect(reasons({ accessToken: { clockTolerance: '61s' } })).toHaveLength(1)
    expect(reasons({ session: { reuseWindow: '31s' } })).toHaveLength(1)
  })

  it('refuses to start without stores and a sender, or if one lacks a method', () => {
    expect(
      reasons({ otpStore: undefined, userStore: undefined, sessionStore: undefined, smsSender: undefined }),
    ).toEqual([
      'otpStore is required.',
      'userStore is required.',
      'sessionStore is required.',
      'smsSender or codeService is required.',
    ])
    expect(reasons({ userStore: { signIn: async () => null, findById: async () => null } })).toEqual([
      'userStore must implement findByPhoneNumber, saveProfile, setActive, changePhoneNumber, delete.',
    ])
    expect(reasons({ smsSender: 'console' })).toEqual(['smsSender must implement send.'])
  })

  it('refuses unknown values of options', () => {
    expect(reasons({ registration: 'maybe' })).toHaveLength(1)
    expect(reasons({ code: { resend: 'again' } })).toHaveLength(1)
  })

  it('LIM-2 refuses codes that the messages of the sender cannot hold, in any allowed region', () => {
    const upTo = (max: number, ...regions: string[]) => ({
      ...options.smsSender,
      maxCodeLength: (region: string) => (regions.includes(region) ? max : Number.POSITIVE_INFINITY),
    })
    const allowedRegions = ['US', 'IN']
    const smsSender = upTo(15, 'US', 'IN')
    const tooLong =
      "smsSender can send codes of at most 15 characters, but hardened codes have 20; set code.hardened: 'alphanumeric' for codes of 13 characters."
    expect(reasons({ smsSender, allowedRegions })).toEqual([tooLong])
    expect(reasons({ smsSender, allowedRegions, code: { hardened: 'digits' } })).toEqual([tooLong])
    expect(reasons({ smsSender, allowedRegions, code: { hardened: 'alphanumeric' } })).toEqual([])
    expect(reasons({ smsSender, allowedRegions: ['US'] })).toEqual([])
    // India's messages go through another sender.
    expect(reasons({ smsSender: upTo(15, 'US'), allowedRegions })).toEqual([])
    expect(reasons({ smsSender: upTo(12, 'US'), code: { length: 8 } })).toEqual([
      'smsSender can send codes of at most 12 characters, but hardened codes have 13; use a sender that can send codes of 13 characters.',
    ])
    expect(reasons({ smsSender: upTo(7, 'US'), code: { length: 8 } })).toContain(
      'code.length must be at most 7, the longest code that smsSender can send.',
    )
  })

  it('lists every reason at once', () => {
    expect(reasons({ secret: '', allowedRegions: [], code: { length: 4 } })).toHaveLength(3)
  })

  it('OTP-12 no package contains a master code', () => {
    const packages = new URL('../../../', import.meta.url)
    for (const name of ['core', 'kysely', 'sqlite', 'postgres', 'console', 'http', 'twilio']) {
      const root = new URL(`${name}/src/`, packages)
      for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('.ts'),
      )) {
        const code = readFileSync(new URL(path, root), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
        expect(code, path).not.toMatch(/(?<![\w.])[0-9]{6}(?![\w.])/)
      }
    }
  })
})
