import { describe, expect, it } from 'vitest'
import { noLimits, PHONE, randomFrom, rejection, setup, wrong } from '../setup.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/** The most of `instants` that any window of `seconds` contains. */
function most(instants: readonly number[], seconds: number): number {
  let first = 0
  let largest = 0
  for (const [index, instant] of instants.entries()) {
    while ((instants[first] ?? 0) <= instant - seconds) first += 1
    largest = Math.max(largest, index - first + 1)
  }
  return largest
}

const isShort = (code: string) => /^[0-9]{6}$/.test(code)

/** Submits wrong codes for a challenge until it refuses more. Returns how many were compared. */
async function guessAll(verify: (code: string) => Promise<unknown>, right: string): Promise<number> {
  for (let guess = 0; guess < 6; guess += 1) {
    const code = String((Number(right) + guess + 1) % 1_000_000).padStart(6, '0')
    if ((await rejection(verify(code))).code !== 'invalid_code') return guess
  }
  return 6
}

describe('an attacker with a network for each call, over a year', () => {
  // The waits end right before and right after the windows of the limits.
  const WAITS = [1, 29, 30, 60, 120, 300, 599, 600, 601, HOUR - 1, HOUR, HOUR + 1, 6 * HOUR, DAY - 1, DAY, DAY + 1]

  it('LIM-1 LIM-2 LIM-6 meets the limits of guesses and messages in every window, wherever it begins', async () => {
    for (const seed of [1, 2, 3]) {
      const { auth, clock, codeFor, messages } = setup()
      const next = randomFrom(seed)
      const pick = <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)] as Item
      const compared: number[] = []
      const sent: number[] = []
      const startedAt = clock.now().getTime()
      const now = () => (clock.now().getTime() - startedAt) / 1000
      const open: { challengeId: string; code: string }[] = []
      const ip = () => `198.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.1`
      while (now() < 365 * DAY) {
        const before = messages.length
        const started = await auth.start({ phoneNumber: PHONE, ip: ip() }).catch(() => null)
        if (started !== null && isShort(codeFor())) open.push({ challengeId: started.challengeId, code: codeFor() })
        const chosen = open.length > 0 ? pick(open) : null
        if (chosen !== null && next() < 0.3) await auth.resend({ ...chosen, ip: ip() }).catch(() => undefined)
        for (let message = before; message < messages.length; message += 1) sent.push(now())
        if (chosen !== null && next() < 0.7) {
          open.splice(open.indexOf(chosen), 1)
          clock.advance(pick([0, 1, 300, 599]))
          const { challengeId } = chosen
          const count = await guessAll((code) => auth.verify({ challengeId, code, ip: ip() }), chosen.code)
          for (let guess = 0; guess < count; guess += 1) compared.push(now())
        }
        if (open.length > 20) open.shift()
        clock.advance(pick(WAITS))
      }
      expect(sent.length).toBeGreaterThan(1000)
      expect(compared.length).toBeGreaterThan(40)
      expect(most(sent, HOUR)).toBeLessThanOrEqual(5)
      expect(most(sent, DAY)).toBeLessThanOrEqual(10)
      expect(most(compared, HOUR)).toBeLessThanOrEqual(15)
      expect(most(compared, DAY)).toBeLessThanOrEqual(30)
      expect(most(compared, 30 * DAY)).toBeLessThanOrEqual(100)
      // The owner never signs in, so all of them are in a row.
      expect(compared.length).toBeLessThanOrEqual(50)
    }
  })

  it('LIM-4 an address has at most 60 wrong codes in an hour, however starts and guesses are split', async () => {
    for (const guesser of ['203.0.113.7', '192.0.2.9']) {
      const { auth, clock, codeFor } = setup()
      const compared: number[] = []
      const open: { challengeId: string; code: string }[] = []
      for (let step = 0; step < 600; step += 1) {
        const phoneNumber = `+1415555${String(1000 + (step % 9000)).padStart(4, '0')}`
        const started = await auth.start({ phoneNumber, ip: '203.0.113.7' }).catch(() => null)
        if (started !== null) open.push({ challengeId: started.challengeId, code: codeFor(phoneNumber) })
        if (step % 7 === 6) {
          for (const { challengeId, code } of open.splice(0)) {
            const count = await guessAll((guess) => auth.verify({ challengeId, code: guess, ip: guesser }), code)
            for (let guess = 0; guess < count; guess += 1) compared.push(clock.now().getTime() / 1000)
          }
        }
        clock.advance(step % 7 === 6 ? 400 : 20)
      }
      expect(compared.length).toBeGreaterThan(300)
      expect(most(compared, HOUR)).toBeLessThanOrEqual(60)
    }
  })
})

describe('a network with many addresses', () => {
  // Each call comes from another address of the network, for another number.
  const ipOf = (step: number) => `203.0.113.${step % 250}`
  const numberOf = (step: number) => `+1415555${String(1000 + (step % 9000))}`

  it('LIM-4 has at most 200 wrong codes in an hour, over all its addresses', async () => {
    const { auth, clock, codeFor } = setup()
    const compared: number[] = []
    const open: { challengeId: string; code: string }[] = []
    for (let step = 0; step < 1500; step += 1) {
      const phoneNumber = numberOf(step)
      const started = await auth.start({ phoneNumber, ip: ipOf(step) }).catch(() => null)
      if (started !== null) open.push({ challengeId: started.challengeId, code: codeFor(phoneNumber) })
      if (step % 30 === 29) {
        for (const { challengeId, code } of open.splice(0)) {
          const count = await guessAll((guess) => auth.verify({ challengeId, code: guess, ip: ipOf(step) }), code)
          for (let guess = 0; guess < count; guess += 1) compared.push(clock.now().getTime() / 1000)
        }
        clock.advance(500)
      }
    }
    expect(compared.length).toBeGreaterThan(600)
    expect(most(compared, HOUR)).toBeLessThanOrEqual(200)
  })

  it('LIM-8 gains nothing from own sign-ins between the wrong codes', async () => {
    const { auth, clock, codeFor, signIn } = setup({ limits: { ...noLimits, failuresPerAddress: { '1h': 60 } } })
    const ip = '203.0.113.7'
    const compared: number[] = []
    for (let round = 0; round < 1000; round += 1) {
      const victim = numberOf(round)
      const started = await auth.start({ phoneNumber: victim, ip }).catch(() => null)
      if (started !== null) {
        const { challengeId } = started
        for (let guess = 1; guess <= 4; guess += 1) {
          await rejection(auth.verify({ challengeId, code: wrong(codeFor(victim), guess), ip }))
          compared.push(clock.now().getTime() / 1000)
        }
      }
      await signIn('+14155550199')
      clock.advance(20)
    }
    expect(compared.length).toBeGreaterThan(100)
    expect(most(compared, HOUR)).toBeLessThanOrEqual(60)
  })

  it('LIM-1 LIM-6 shares the limits of a number between sign-ins and changes to the number', async () => {
    const { auth, clock, codeFor, messages, signIn } = setup()
    const next = randomFrom(4)
    const compared: number[] = []
    const sent: number[] = []
    let tokens: { accessToken: string; refreshToken: string } = await signIn('+14155550199')
    const seconds = () => clock.now().getTime() / 1000
    for (let step = 0; step < 1000; step += 1) {
      const before = messages.length
      const ip = `198.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.1`
      const isChange = step % 2 === 0
      tokens = await auth.refresh(tokens)
      const { accessToken } = tokens
      const asking = { accessToken, isReauthenticated: true, phoneNumber: PHONE, ip }
      const starting = isChange ? auth.startPhoneChange(asking) : auth.start({ phoneNumber: PHONE, ip })
      const started = await starting.catch(() => null)
      for (const { to } of messages.slice(before)) if (to === PHONE) sent.push(seconds())
      if (started !== null && isShort(codeFor())) {
        const { challengeId } = started
        const verify = (code: string): Promise<unknown> =>
          isChange
            ? auth.verifyPhoneChange({ accessToken, challengeId, code, ip })
            : auth.verify({ challengeId, code, ip })
        const count = await guessAll(verify, codeFor())
        for (let guess = 0; guess < count; guess += 1) compared.push(seconds())
      }
      clock.advance([29, 30, 61, 599, 3599, 3601][Math.floor(next() * 6)] ?? 0)
    }
    expect(compared.length).toBeGreaterThan(20)
    expect(most(sent, HOUR)).toBeLessThanOrEqual(5)
    expect(most(sent, DAY)).toBeLessThanOrEqual(10)
    expect(most(compared, HOUR)).toBeLessThanOrEqual(15)
    expect(compared.length).toBeLessThanOrEqual(50)
  })
})

describe('limits without a window', () => {
  it('are switched off, and neither starts nor wrong codes fail', async () => {
    const none = {}
    const { auth, codeFor } = setup({
      limits: {
        cooldown: [],
        sendsPerNumber: none,
        sendsPerNumberAndNetwork: none,
        startsPerAddress: none,
        startsPerNetwork: none,
        failuresPerAddress: none,
        failuresPerNetwork: none,
      },
    })
    const ip = '203.0.113.7'
    for (let count = 0; count < 20; count += 1) {
      const { challengeId } = await auth.start({ phoneNumber: PHONE, ip })
      if (count === 0) await rejection(auth.verify({ challengeId, code: wrong(codeFor()), ip }))
    }
  })
})

describe('the owner of a number that is attacked for 30 days', () => {
  for (const networks of [2, 5, 50]) {
    it(`LIM-5 signs in every day with six digits at the first try, against ${networks} networks`, async () => {
      const { auth, clock, codeFor } = setup()
      const known = '203.0.113.7'
      const first = await auth.start({ phoneNumber: PHONE, ip: known })
      let { deviceToken } = await auth.verify({ challengeId: first.challengeId, code: codeFor(), ip: known })
      const attack = async (round: number) => {
        const ip = round % 2 === 0 ? `198.51.${round % networks}.1` : `2001:db8:${(round % networks) + 1}::1`
        const started = await auth.start({ phoneNumber: PHONE, ip }).catch(() => null)
        if (started === null || !isShort(codeFor())) return
        const { challengeId } = started
        await guessAll((code) => auth.verify({ challengeId, code, ip }), codeFor())
      }
      const signsIn = async (ip: string, token?: string) => {
        const { challengeId } = await auth.start({ phoneNumber: PHONE, ip, deviceToken: token })
        expect(codeFor()).toMatch(/^[0-9]{6}$/)
        const signedIn = await auth.verify({ challengeId, code: codeFor(), ip, deviceToken: token })
        return signedIn.deviceToken
      }
      for (let round = 0; round < 30 * 24 * 4; round += 1) {
        await attack(round)
        clock.advance(900)
        if (round % 96 === 40) await signsIn(known)
        // The device is in another network every day.
        if (round % 96 === 80) deviceToken = await signsIn(`192.0.2.${round % 200}`, deviceToken)
      }
    })
  }

  it('LIM-5 a device token gives nothing to another number, and a stolen one at most ten guesses', async () => {
    const { auth, clock, codeFor } = setup()
    const first = await auth.start({ phoneNumber: PHONE, ip: '203.0.113.7' })
    const { deviceToken } = await auth.verify({ challengeId: first.challengeId, code: codeFor() })
    let compared = 0
    for (let hour = 0; hour < 100; hour += 1) {
      clock.advance(HOUR)
      const started = await auth.start({ phoneNumber: PHONE, ip: '198.51.100.1', deviceToken }).catch(() => null)
      if (started === null || !isShort(codeFor())) continue
      const { challengeId } = started
      compared += await guessAll((code) => auth.verify({ challengeId, code }), codeFor())
    }
    expect(compared).toBe(10)
  })

  it('LIM-6 a signed-in user requests at most 5 messages an hour, to any numbers', async () => {
    const { auth, signIn, messages } = setup()
    const { accessToken } = await signIn()
    const before = messages.length
    for (let index = 0; index < 40; index += 1) {
      const phoneNumber = `+1415555${2000 + index}`
      await auth.startPhoneChange({ accessToken, phoneNumber, ip: `198.51.${index}.1` }).catch(() => undefined)
    }
    expect(messages.length - before).toBe(5)
  })

  it('OTP-5 by number alone, a stranger neither finds the code of another network first nor uses up its attempts', async () => {
    const { auth, clock, codeFor } = setup()
    await auth.start({ phoneNumber: PHONE, ip: '203.0.113.7' })
    const right = codeFor()
    clock.advance(30)
    await auth.start({ phoneNumber: PHONE, ip: '198.51.100.1' })
    for (let index = 0; index < 50; index += 1) {
      const code = index % 2 === 0 ? '000000' : '000001'
      await rejection(auth.verify({ phoneNumber: PHONE, code, ip: `192.0.${index}.1` }))
    }
    await rejection(auth.resend({ phoneNumber: PHONE, ip: '192.0.2.1' }))
    const code = right
    expect((await auth.verify({ phoneNumber: PHONE, code, ip: '203.0.113.200' })).user.phoneNumber).toBe(PHONE)
  })
})
