import { describe, expect, it } from 'vitest'
import { isPhoneAuthError, PhoneAuth } from '../src/index.ts'
import { MAX_SEGMENT, smsText } from '../src/message/sms-text.ts'
import { PHONE, setup } from './setup.ts'

/** Reads the last line of a message as the WICG's origin-bound one-time codes say: `@host`, a space, `#code`. */
function parseOriginBound(message: string): { host: string; embeddedHost: string | null; code: string } | null {
  const line = message.split(/\r\n|\r|\n/).at(-1) ?? ''
  const match = /^@([^\s@#%/]+) #([^\s]+)(?: @([^\s#%]+))?$/.exec(line)
  if (match === null) return null
  const [, host = '', code = '', embeddedHost = null] = match
  return { host, embeddedHost, code }
}

const startsWith = (change: object): readonly string[] => {
  try {
    new PhoneAuth({ ...setup().options, ...change })
    return []
  } catch (error) {
    return isPhoneAuthError(error) && error.code === 'invalid_options' ? error.reasons : ['?']
  }
}

describe('the message', () => {
  it('OTP-14 holds the code in a sentence and bound to the host in the last line', async () => {
    const { auth, messages, codeFor } = setup({ applicationName: 'Acme', host: 'app.example.com' })
    await auth.start({ phoneNumber: PHONE })
    const text = messages[0]?.text ?? ''
    expect(text).toBe(`${codeFor()} is your Acme code. It expires in 10 minutes.\n\n@app.example.com #${codeFor()}`)
    expect(parseOriginBound(text)).toEqual({ host: 'app.example.com', embeddedHost: null, code: codeFor() })
  })

  it('OTP-14 is one segment of GSM-7, whatever the options allow', () => {
    const longest = { applicationName: 'X'.repeat(30), host: `${'x'.repeat(45)}.co` }
    for (const code of ['1234567890', 'XXXX-XXXX-XXXXX']) {
      const text = smsText(code, 10, longest)
      expect(text.length).toBeLessThanOrEqual(MAX_SEGMENT)
      expect(text).toMatch(/^[\n !"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z]*$/)
    }
  })

  it('speaks of one minute in the singular', () => {
    expect(smsText('123456', 1, { applicationName: 'Acme', host: null })).toBe(
      '123456 is your Acme code. It expires in 1 minute.',
    )
  })

  it('OTP-14 refuses names and hosts that could say something else than they seem', () => {
    const names = [
      '',
      ' ',
      'x'.repeat(31),
      'Acme\n@evil.example #1',
      'Acme #1',
      'a@b',
      'http://evil.example',
      'www.evil.example',
      'Acme\r',
      'Акме',
      '🔥',
      '{{code}}',
      '\u202eemcA',
    ]
    for (const applicationName of names) expect(startsWith({ applicationName }), applicationName).toHaveLength(1)
    const hosts = [
      '',
      'https://a.example',
      'a.example/',
      'a.example:8000',
      'A.example',
      'a.example\n',
      'a b',
      '@a.example',
      '.a',
      'a..b',
      '-a.example',
      `${'x'.repeat(48)}.co`,
    ]
    for (const host of hosts) expect(startsWith({ host }), host).toHaveLength(1)
    expect(startsWith({ applicationName: "Café Ångström's", host: 'localhost' })).toEqual([])
  })
})
