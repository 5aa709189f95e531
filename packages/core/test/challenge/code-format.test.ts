import { describe, expect, it } from 'vitest'
import {
  codeGroups,
  displayCode,
  HARDENED_FORMATS,
  hardenedFormat,
  isHardened,
} from '../../src/challenge/code-format.ts'
import { readCode } from '../../src/challenge/one-time-code.ts'
import { noLimits, setup, startProblems } from '../setup.ts'

const { alphanumeric, digits } = HARDENED_FORMATS
const INDIAN = '+919876543210'
const AMERICAN = '+14155550101'

/** The messages to two numbers after all their guesses are used. */
async function hardenedMessages(hardened?: 'auto' | 'alphanumeric' | 'digits') {
  const world = setup({
    allowedRegions: ['IN', 'US'],
    messages: { applicationName: 'Acme', host: 'app.example.com' },
    limits: { ...noLimits, guessesPerNumber: { '30d': 5 } },
    ...(hardened !== undefined && { code: { hardened } }),
  })
  const started = async (phoneNumber: string) => {
    await world.auth.start({ phoneNumber })
    const { challengeId } = await world.auth.start({ phoneNumber })
    const message = world.messages.findLast(({ to }) => to === phoneNumber)
    if (message === undefined) throw new Error('Nothing was sent.')
    return { challengeId, ...message }
  }
  return { ...world, indian: await started(INDIAN), american: await started(AMERICAN) }
}

describe('the format of a code', () => {
  it('LIM-2 is hardened if it has 64 bits or more', () => {
    expect([alphanumeric, digits].map(isHardened)).toEqual([true, true])
    for (let length = 6; length <= 10; length += 1) expect(isHardened({ alphabet: 'digits', length })).toBe(false)
    expect(isHardened({ alphabet: 'digits', length: 19 })).toBe(false)
    expect(isHardened({ alphabet: 'crockford32', length: 12 })).toBe(false)
  })

  it('shows hardened codes in groups, and ordinary codes without', () => {
    expect(displayCode('0123456789ABC', alphanumeric)).toBe('0123-4567-89ABC')
    expect(displayCode('01234567890123456789', digits)).toBe('0123 4567 8901 2345 6789')
    expect(displayCode('0123456789', { alphabet: 'digits', length: 10 })).toBe('0123456789')
    expect(codeGroups('0123456789ABC', alphanumeric)).toEqual(['0123', '4567', '89ABC'])
    expect(codeGroups('01234567890123456789', digits)).toEqual(['0123', '4567', '8901', '2345', '6789'])
    expect(codeGroups('0123456789', { alphabet: 'digits', length: 10 })).toEqual(['0123456789'])
  })

  it('is digits for Indian numbers, and letters and digits for all others, unless an option chooses one form', () => {
    expect(hardenedFormat('auto', 'IN')).toBe(digits)
    for (const region of ['US', 'PK', 'constructor', undefined])
      expect(hardenedFormat('auto', region)).toBe(alphanumeric)
    for (const region of ['IN', 'US', undefined]) {
      expect(hardenedFormat('digits', region)).toBe(digits)
      expect(hardenedFormat('alphanumeric', region)).toBe(alphanumeric)
    }
  })
})

describe('code.hardened', () => {
  const LETTERS = /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}$/
  const DIGITS = /^[0-9]{4}( [0-9]{4}){4}$/

  it('LIM-2 sends 20 digits to Indian numbers by default, and 13 letters and digits to other numbers', async () => {
    const { indian, american } = await hardenedMessages()
    expect(indian.code).toMatch(DIGITS)
    expect(american.code).toMatch(LETTERS)
  })

  it('LIM-2 sends the chosen form to every number', async () => {
    const ofDigits = await hardenedMessages('digits')
    for (const { code } of [ofDigits.indian, ofDigits.american]) expect(code).toMatch(DIGITS)
    const ofLetters = await hardenedMessages('alphanumeric')
    for (const { code } of [ofLetters.indian, ofLetters.american]) expect(code).toMatch(LETTERS)
  })

  it('LIM-2 OTP-11 accepts a hardened code of digits typed with and without spaces', async () => {
    for (const typed of [(code: string) => code, (code: string) => code.replaceAll(' ', '')]) {
      const { auth, indian } = await hardenedMessages()
      const { user } = await auth.verify({ challengeId: indian.challengeId, code: typed(indian.code) })
      expect(user.phoneNumber).toBe(INDIAN)
    }
  })

  it('OTP-14 omits the spaces of a code of digits in the origin-bound line', async () => {
    const { indian, american } = await hardenedMessages()
    expect(indian.text).toBe(
      `${indian.code} is your Acme code. It expires in 5 min.\n\n@app.example.com #${readCode(indian.code, 6)}`,
    )
    expect(american.text).toContain(`@app.example.com #${american.code}`)
  })

  it('passes the template to the sender: purpose, language, whether the code is hardened, its groups and all values', async () => {
    const { indian, messages } = await hardenedMessages()
    expect(indian.template).toEqual({
      purpose: 'sign_in',
      locale: 'en',
      isHardened: true,
      variables: { code: indian.code, application: 'Acme', minutes: '5' },
      codeGroups: indian.code.split(' '),
    })
    const [ordinary] = messages
    expect(ordinary?.template).toEqual({
      purpose: 'sign_in',
      locale: 'en',
      isHardened: false,
      variables: { code: ordinary?.code, application: 'Acme', minutes: '10' },
      codeGroups: [ordinary?.code],
    })
  })

  it('must be one of three words', () => {
    expect(startProblems({ code: { hardened: 'letters' as never } })).toEqual([
      'code.hardened must be "auto" or "alphanumeric" or "digits".',
    ])
    for (const hardened of ['auto', 'alphanumeric', 'digits'] as const) {
      expect(startProblems({ code: { hardened } })).toEqual([])
    }
  })
})
