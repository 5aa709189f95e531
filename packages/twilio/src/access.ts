import type { SendOptions } from '@phone-auth/core'
import twilio, { type Twilio } from 'twilio'
import { AbortableHttpClient } from './http-client.ts'

/**
 * How Twilio is reached: with an account's auth token or API key, of which a client is made, or
 * with a client of your own. Your own keeps to its own time-outs, and its requests go on when
 * nobody waits for them any more.
 */
export type TwilioAccess =
  | {
      readonly client: Twilio
      readonly accountSid?: never
      readonly authToken?: never
      readonly apiKeySid?: never
      readonly apiKeySecret?: never
      readonly apiUrl?: never
    }
  | ({
      readonly client?: never
      /** `AC` and 32 hexadecimal digits. */
      readonly accountSid: string
      /**
       * Scheme and host in place of Twilio's own, for a mock server or a gateway.
       * @defaultValue Twilio's API
       */
      readonly apiUrl?: string | undefined
    } & (
      | { readonly authToken: string; readonly apiKeySid?: never; readonly apiKeySecret?: never }
      | { readonly authToken?: never; readonly apiKeySid: string; readonly apiKeySecret: string }
    ))

/**
 * Does `work` with a client; where the client was made here, its requests are aborted with the
 * call.
 */
export type Connection = <Result>(options: SendOptions, work: (client: Twilio) => Promise<Result>) => Promise<Result>

/** What is wrong with the access, one sentence each; empty if nothing is. */
export function accessProblems(access: TwilioAccess): string[] {
  const { client, ...credentials } = access
  const given = Object.entries(credentials).filter(([name, value]) => CREDENTIALS.has(name) && value !== undefined)
  if (client !== undefined) {
    const problems: string[] = []
    if (typeof client.messages?.create !== 'function') problems.push('client must be a client of the twilio package.')
    if (given.length > 0)
      problems.push(`client brings its own credentials; leave out ${given.map(([name]) => name).join(', ')}.`)
    // At that level the client prints every request, and so every code.
    if (client.opts?.logLevel === 'debug')
      problems.push('client must not have logLevel "debug", which prints every message.')
    return problems
  }
  const { accountSid, authToken, apiKeySid, apiKeySecret, apiUrl } = access
  const problems: string[] = []
  if (!isSid(accountSid, 'AC')) problems.push('accountSid must be AC and 32 hexadecimal digits.')
  const isKey = apiKeySid !== undefined || apiKeySecret !== undefined
  if (isKey && authToken !== undefined) problems.push('give authToken, or apiKeySid and apiKeySecret, not both.')
  if (isKey && !isSid(apiKeySid, 'SK')) problems.push('apiKeySid must be SK and 32 hexadecimal digits.')
  const [name, secret] = isKey ? ['apiKeySecret', apiKeySecret] : ['authToken', authToken]
  if (typeof secret !== 'string' || secret === '') problems.push(`${name} is required: see the Twilio console.`)
  if (apiUrl !== undefined && !isHttpUrl(apiUrl)) problems.push('apiUrl must be an http(s) URL.')
  return problems
}

const CREDENTIALS: ReadonlySet<string> = new Set(['accountSid', 'authToken', 'apiKeySid', 'apiKeySecret', 'apiUrl'])

/** Whether `value` is a Twilio id of a kind. */
export function isSid(value: unknown, kind: string): boolean {
  return typeof value === 'string' && new RegExp(`^${kind}[0-9a-fA-F]{32}$`).test(value)
}

/** Whether `value` is a URL that can be called. */
export function isHttpUrl(value: unknown): boolean {
  return /^https?:$/.test(URL.parse(String(value))?.protocol ?? '')
}

/** Connects to Twilio; nothing is sent before the first call. */
export function connect(access: TwilioAccess, maxInFlight: number): Connection {
  const { client } = access
  if (client !== undefined) return (_, work) => work(client)
  const { accountSid, apiUrl, authToken, apiKeySid, apiKeySecret } = access
  const httpClient = new AbortableHttpClient(maxInFlight, apiUrl)
  const made = twilio(apiKeySid ?? accountSid, apiKeySecret ?? authToken, { accountSid, httpClient })
  return ({ signal }, work) => httpClient.abortable(signal, () => work(made))
}
