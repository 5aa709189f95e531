import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PHONE, rejection, SECRET, setup, wrong } from './setup.ts'

/** A code that no clock, id or count prints by chance. */
const CANARY = '739104'

afterEach(() => {
  isBent = false
  vi.restoreAllMocks()
})

let isBent = false

// Nothing in the library lets a code be chosen, so its source of bytes is bent.
vi.mock(import('../src/hashing.ts'), async (original) => {
  const { macKey, ...rest } = await original()
  const bent = async (bytes: Uint8Array<ArrayBuffer>) => {
    const key = await macKey(bytes)
    return {
      sign: async (message: Uint8Array<ArrayBuffer>) => {
        const block = await key.sign(message)
        // The first bytes of the first block of a derivation are the digits of the code.
        if (isBent && new TextDecoder().decode(message).startsWith('1:0')) block.set([...CANARY].map(Number))
        return block
      },
    }
  }
  return { ...rest, macKey: bent }
})

/** Starts a challenge whose code is the canary. */
async function startWithCanary(world: ReturnType<typeof setup>) {
  isBent = true
  return world.auth.start({ phoneNumber: PHONE })
}

describe('secrets', () => {
  it('OTP-13 LOG-1 no code, challenge id, token, secret or whole number leaves by a result, error, event or log', async () => {
    const printed: string[] = []
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        printed.push(String(chunk))
        return true
      })
    }
    const world = setup()
    const { auth, clock, codeFor, events, messages } = world
    const ticket = await startWithCanary(world)
    expect(codeFor()).toBe(CANARY)
    const { challengeId } = ticket
    const results: unknown[] = [{ ...ticket, challengeId: undefined, phoneNumber: undefined }, auth]
    const fail = async (call: Promise<unknown>) => results.push(await rejection(call))
    await fail(auth.start({ phoneNumber: PHONE }))
    await fail(auth.verify({ challengeId, code: wrong(CANARY) }))
    await fail(auth.verify({ phoneNumber: PHONE, code: wrong(CANARY) }))
    await fail(auth.verify({ challengeId, code: `${CANARY} or so` }))
    clock.advance(30)
    await auth.resend({ challengeId })
    await fail(auth.resend({ challengeId }))
    const signedIn = await auth.verify({ challengeId, code: CANARY })
    await fail(auth.verify({ challengeId, code: CANARY }))
    await fail(auth.resend({ challengeId }))
    const { accessToken, refreshToken, user, ...rest } = signedIn
    results.push(rest, await auth.authenticate(accessToken))
    const refreshed = await auth.refresh(refreshToken)
    clock.advance(60)
    await fail(auth.refresh(refreshToken))
    await fail(auth.authenticate(accessToken))
    await fail(auth.logout(accessToken))
    await fail(auth.updateProfile({ userId: user.id, changes: { name: CANARY, colour: CANARY } }))
    expect(messages).toHaveLength(2)
    vi.restoreAllMocks()

    const secrets = {
      code: CANARY,
      'code in groups': '739 104',
      'code with a hyphen': '739-104',
      'challenge id': challengeId,
      'access token': accessToken.split('.')[2] ?? '',
      'refresh token': refreshToken,
      'next refresh token': refreshed.refreshToken,
      secret: SECRET,
      'phone number': PHONE,
    }
    const heard = [printed.join(''), ...[...results, ...events].flatMap(everyForm)].join('\n')
    for (const [name, secret] of Object.entries(secrets)) expect(heard.includes(secret), name).toBe(false)
  })

  it('OTP-13 what a sender throws does not go on, whatever it quotes', async () => {
    const sent: string[] = []
    const { auth, events } = setup({
      smsSender: {
        send: async ({ text }) => {
          sent.push(text)
          throw Object.assign(new Error(`Could not send "${text}"`), { body: text, cause: new Error(text) })
        },
      },
    })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const code = sent[0]?.slice(0, 6) ?? ''
    expect(code).toMatch(/^[0-9]{6}$/)
    for (const form of [error, ...events].flatMap(everyForm)) expect(form).not.toContain(code)
  })

  it('the canary is found where it does leave', async () => {
    const world = setup()
    await startWithCanary(world)
    expect(world.messages.flatMap(everyForm).join('')).toContain(CANARY)
  })
})

/** Everything that could be printed of a value: inspected with hidden members and causes, as JSON and as text. */
function everyForm(value: unknown): string[] {
  const forms = [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
    String(value),
  ]
  return value instanceof Error
    ? [...forms, value.message, value.stack ?? '', ...(value.cause ? everyForm(value.cause) : [])]
    : forms
}
