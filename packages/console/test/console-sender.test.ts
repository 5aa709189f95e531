import { PhoneAuth, type PhoneNumber } from '@phone-auth/core'
import { memoryStores } from '@phone-auth/core/memory'
import { describe, expect, it, vi } from 'vitest'
import { consoleSender } from '../src/index.ts'

const to = '+14155550123' as PhoneNumber
const message = {
  to,
  code: '123456',
  template: {
    purpose: 'sign_in',
    locale: 'en',
    isHardened: false,
    variables: { code: '123456', application: 'Acme', minutes: '10' },
    codeGroups: ['123456'],
  },
  expiresInSeconds: 600,
  reference: 'of the test',
} as const
const options = { timeoutMs: 1000, signal: new AbortController().signal }

describe('consoleSender', () => {
  it('prints the number and the whole text on one line, with escaped line breaks', async () => {
    const lines: string[] = []
    const sender = consoleSender({ print: (line) => lines.push(line) })
    await sender.send({ ...message, text: '123456 is your Acme code.\r\n\n@a.example #123456' }, options)
    await sender.send({ ...message, text: 'not a line break: \\n' }, options)
    expect(lines).toEqual([
      'SMS to +14155550123: 123456 is your Acme code.\\r\\n\\n@a.example #123456',
      'SMS to +14155550123: not a line break: \\\\n',
    ])
  })

  it('prints to the console by default', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const auth = new PhoneAuth({
      ...memoryStores(),
      smsSender: consoleSender(),
      secret: 'a secret of the tests, 32 bytes long and more',
      allowedRegions: ['US'],
    })
    await auth.start({ phoneNumber: to })
    expect(log.mock.calls).toEqual([
      [expect.stringMatching(/^SMS to \+14155550123: [0-9]{6} is your Phone Auth code\. It expires in 10 min\.$/)],
    ])
    log.mockRestore()
  })

  it('OTP-12 is for development only', () => {
    expect(consoleSender().developmentOnly).toBe('the console sender prints codes instead of sending them.')
  })
})
