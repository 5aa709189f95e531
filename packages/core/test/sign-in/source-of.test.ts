import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DefaultProfileSchema } from '../../src/index.ts'
import { noLimits, OTHER_PHONE, PHONE, setup } from '../setup.ts'

type World = ReturnType<typeof setup<DefaultProfileSchema>>

const IP = '203.0.113.7'

let logged: string[]
beforeEach(() => {
  logged = []
  vi.spyOn(console, 'warn').mockImplementation((text: string) => logged.push(text))
})
afterEach(() => vi.restoreAllMocks())

const warningsOf = ({ warnings }: Pick<World, 'warnings'>) =>
  warnings.flatMap((event) => (event.type === 'configuration_warning' ? [[event.about, event.explanation]] : []))

describe('a source address', () => {
  it('LIM-4 that is missing is reported once, by event and in the log, with the remedy', async () => {
    for (const ip of [undefined, '', null as never]) {
      logged = []
      const world = setup({ limits: noLimits })
      const { challengeId } = await world.auth.start({ phoneNumber: PHONE, ip })
      await world.auth.start({ phoneNumber: OTHER_PHONE, ip })
      await world.auth.resend({ challengeId, ip })
      await world.auth.verify({ challengeId, code: world.codeFor() ?? '', ip })
      const explanation = expect.stringMatching(
        /^A call has no ip\. .* Pass the client's address as ip with every call/,
      )
      expect(warningsOf(world)).toEqual([['source_address', explanation]])
      expect(logged).toEqual([expect.stringMatching(/^Phone Auth: A call has no ip\./)])
    }
  })

  it('LIM-4 that cannot be read is reported once, without the address', async () => {
    const world = setup({ limits: noLimits })
    for (const ip of [`${IP}, 10.0.0.1`, 'unknown', '<script>', '\nforged', '1.2.3', 5 as never]) {
      await world.auth.start({ phoneNumber: PHONE, ip })
    }
    const explanation = expect.stringMatching(/is not one IP address\. .* the entry of X-Forwarded-For/)
    expect(warningsOf(world)).toEqual([['source_address', explanation]])
    expect(logged).toHaveLength(1)
    expect(logged.join()).not.toMatch(/10\.0\.0\.1|script|forged/)
  })

  it.each([
    ['resend', (auth: World['auth'], challengeId: string) => auth.resend({ challengeId })],
    ['verify', (auth: World['auth'], challengeId: string) => auth.verify({ challengeId, code: '000000' })],
    ['verify by the number', (auth: World['auth']) => auth.verify({ phoneNumber: PHONE, code: '000000' })],
  ])('LIM-4 is reported if only %s lacks it', async (_, call) => {
    const world = setup({ limits: noLimits })
    const { challengeId } = await world.auth.start({ phoneNumber: PHONE, ip: IP })
    expect(warningsOf(world)).toEqual([])
    await call(world.auth, challengeId).catch(() => undefined)
    expect(warningsOf(world)).toHaveLength(1)
  })

  it('LIM-4 that is passed with every call is not reported', async () => {
    const world = setup({ limits: noLimits })
    const { challengeId } = await world.auth.start({ phoneNumber: PHONE, ip: `${IP}:40000` })
    await world.auth.resend({ challengeId, ip: IP })
    await world.auth.verify({ challengeId, code: world.codeFor() ?? '', ip: `[2001:db8::1]:443` })
    expect([warningsOf(world), logged]).toEqual([[], []])
  })

  it('LIM-4 with a port has the limits of its address, not those of unknown sources', async () => {
    const { auth } = setup({ limits: { ...noLimits, startsFromUnknown: { '1h': 1 }, startsPerAddress: { '1h': 3 } } })
    for (let port = 40_000; port < 40_003; port += 1) await auth.start({ phoneNumber: PHONE, ip: `${IP}:${port}` })
    await expect(auth.start({ phoneNumber: PHONE, ip: IP })).rejects.toMatchObject({ code: 'rate_limited' })
    await auth.start({ phoneNumber: PHONE, ip: '[2001:db8::1]:443' })
  })
})
